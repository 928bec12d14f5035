"""The host's line to the broker: paho in a thread of its own, arrivals in a bounded queue.

The network thread stamps, appends and returns; messages at QoS 0 come past paho, many at a time
(``packet_tap.py``). When the queue is full an arrival is dropped and counted: nothing is committed
for it, so its gateway brings it again. Blocking instead would make the broker drop for us, and say
nothing.
"""

import json
import random
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.clock import Clock
from ingest.commands import Publication
from ingest.configuration import BrokerPlace, address
from ingest.message import Message
from ingest.packet_tap import Published, TappedClient
from vocabulary import topics
from vocabulary.topics import StateTopic
from vocabulary.units import NS_PER_MS

DELAY_BASE_S: Final = 1.0
DELAY_MAX_S: Final = 30.0
ARRIVALS_BYTES_MAX: Final = 256 << 20
DOUBLINGS_MAX: Final = 8
_PROTOCOLS: Final = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
STOP_S_MAX: Final = 5.0

Changed = Callable[[str, str], None]


class BrokerConnection:
    """Connects, subscribes, announces the host, and begins again for as long as it runs."""

    def __init__(
        self,
        place: BrokerPlace,
        host_id: str,
        *,
        clock: Clock,
        changed: Changed,
        arrivals_max: int,
        rng: random.Random,
    ) -> None:
        self._place, self._host_id = place, host_id
        self._clock, self._changed, self._rng = clock, changed, rng
        self.arrivals: deque[Message] = deque()
        self._arrivals_max = arrivals_max
        self.taken_bytes = 0
        """Payload bytes that the reader took out so far; it alone adds to this."""
        self._arrived_bytes = 0
        self.news = threading.Event()
        """Set whenever something arrived; the reader clears it."""
        self.dropped = 0
        self.connected = False
        self._state_ms = 0
        self._stop = threading.Event()
        self._client: Client | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self._last_reason = ""
        self._refusal = ""

    @property
    def _state_topic(self) -> str:
        return topics.render(StateTopic(self._host_id))

    def _state(self, *, online: bool, at_ms: int) -> bytes:
        return json.dumps({"online": online, "timestamp": at_ms}).encode()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Say that we leave, then leave."""
        client = self._client
        self._stop.set()  # first: our own farewell comes back to us, and must not be contradicted
        if client is not None and self.connected:
            now_ms = self._clock.now_ns() // NS_PER_MS
            leaving = self._state(online=False, at_ms=now_ms)
            info = client.publish(self._state_topic, leaving, qos=1, retain=True)
            if info.rc == 0:
                info.wait_for_publish(STOP_S_MAX)
        if client is not None:
            client.disconnect()
        if self._thread.is_alive():
            self._thread.join(STOP_S_MAX)

    def publish(self, publication: Publication) -> bool:
        """Send a message; False when it was not sent. Nothing is queued for later."""
        client = self._client
        if client is None or not self.connected:
            return False
        info = client.publish(
            publication.topic, publication.payload, publication.qos, publication.retain
        )
        return info.rc == 0

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._refusal = ""
            try:
                client = self._client = self._new_client()
                place = address(self._place.address, ("mqtt", "mqtts"))
                assert place is not None  # the configuration was checked
                client.connect(place.host, place.port, self._place.keepalive_s)
                client.loop_forever(retry_first_connection=False)
                reason = self._refusal or "the broker closed the connection"
            except OSError as error:  # a missing file of a secret too: said, and tried again
                where = f"{error.filename}: " if error.filename else ""
                reason = where + (error.strerror or str(error))
            except ValueError as error:  # a secret that is no text, a name that no host can have
                reason = f"the configuration cannot be used ({type(error).__name__})"
            failures = 0 if self.connected else min(failures + 1, DOUBLINGS_MAX)
            self._lost(reason)
            bound_s = min(DELAY_MAX_S, DELAY_BASE_S * 2**failures)
            self._stop.wait(self._rng.uniform(0, bound_s))

    def _lost(self, reason: str) -> None:
        self.connected = False
        self.news.set()
        if reason != self._last_reason and not self._stop.is_set():
            self._changed("broker_refused" if self._refusal else "broker_lost", reason)
        self._last_reason = reason

    def _new_client(self) -> Client:
        self._state_ms = self._clock.now_ns() // NS_PER_MS
        client = TappedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._host_id,
            protocol=_PROTOCOLS[self._place.mqtt],
            reconnect_on_failure=False,
        )
        client.spared_topic = self._state_topic
        client.on_published = self._on_published  # type: ignore[method-assign]
        if self._place.username:
            secret = self._place.password_file
            password = Path(secret).read_text("utf-8").strip() if secret else None
            client.username_pw_set(self._place.username, password)
        if self._place.address.startswith("mqtts:"):
            place = self._place
            client.tls_set(
                place.ca_file or None, place.certificate_file or None, place.key_file or None
            )
        gone = self._state(online=False, at_ms=self._state_ms)
        client.will_set(self._state_topic, gone, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._stop.is_set():  # told to leave while it was still on its way in
            client.disconnect()
            return
        if reason.is_failure:
            self._refuse(client, str(reason))
            return
        client.subscribe(topics.host_filters(self._host_id))

    def _refuse(self, client: Client, reason: str) -> None:
        self._refusal = reason
        client.disconnect()

    def _on_subscribe(
        self,
        client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refuse(client, "not all subscriptions were granted")
            return
        self._announce(client)
        self.connected = True
        self._last_reason = ""
        self._changed("broker_up", "")
        self.news.set()

    def _announce(self, client: Client) -> None:
        online = self._state(online=True, at_ms=self._state_ms)
        client.publish(self._state_topic, online, qos=1, retain=True)

    def _on_message(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        if message.topic == self._state_topic:
            if b"false" in message.payload and not self._stop.is_set():
                self._announce(client)  # an old will of ours, spoken late
            return
        self._on_published([Published(message.topic, bytes(message.payload), message.retain)])

    def _on_published(self, published: list[Published]) -> None:
        arrived_ns = self._clock.now_ns()
        room = self._arrivals_max - len(self.arrivals)
        room_bytes = ARRIVALS_BYTES_MAX - (self._arrived_bytes - self.taken_bytes)
        taken: list[Message] = []
        for topic, payload, retain in published:
            if len(taken) >= room or room_bytes < 0:
                self.dropped += 1
                continue
            room_bytes -= len(payload)
            self._arrived_bytes += len(payload)
            taken.append(Message(topic, payload, arrived_ns, retain))
        self.arrivals.extend(taken)
        self.news.set()
