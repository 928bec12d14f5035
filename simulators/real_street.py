"""A street in real time: access points publish to a real broker, boards speak over real ptys.

It runs on a thread of its own until it is finished and keeps, of everything it said, what was
truly said. Each board counts, so that every reading of it is another one.
"""

import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from edge.clock import SystemClock
from simulators.access_point import SimulatedAccessPoint, Status
from simulators.pty_port import PtyPort
from simulators.sds011_board import Sds011Board, Sent
from simulators.servers import LOOPBACK
from simulators.waiting import until
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_S

PUBLISHED_S_MAX: Final = 30.0
TENTHS_MAX: Final = 9_000
PM10_AHEAD_TENTHS: Final = 5_000


class Darkness(NamedTuple):
    """One planted outage: from the cut to the first word afterwards."""

    ap_id: str
    start_ns: int
    end_ns: int


def counting() -> Callable[[int], tuple[int, int]]:
    """Particle readings in tenths that rise by one each time."""
    number = itertools.count(1)

    def values(_now_ns: int) -> tuple[int, int]:
        tenths = next(number) % TENTHS_MAX
        return tenths, tenths + PM10_AHEAD_TENTHS

    return values


class RealStreet:
    """The access points and boards of an inventory. ``ports`` are there before it starts."""

    def __init__(self, inventory: Inventory, *, seed: int, beat_s: float, directory: Path) -> None:
        self._clock = SystemClock()
        now_ns = self._clock.now().wall_ns
        self.access_points = {
            ap.ap_id: SimulatedAccessPoint(ap.ap_id, seed=seed, beat_s=beat_s, start_ns=now_ns)
            for ap in inventory.access_point
        }
        self.ports = {row.sensor_id: PtyPort(directory / row.sensor_id) for row in inventory.sensor}
        self._readings = {sensor_id: counting() for sensor_id in self.ports}
        self.boards: dict[str, Sds011Board] = {}
        self._mqtt = Client(CallbackAPIVersion.VERSION2, client_id="street")
        self._unconfirmed: deque[MQTTMessageInfo] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="street", daemon=True)
        self._failure: BaseException | None = None
        self._cut_ns: dict[str, int] = {}
        self._dark: list[tuple[str, int, int]] = []
        self.end_ns: int | None = None

    def start(self, broker_port: int) -> None:
        """Wait until every port is open, then begin to speak."""
        until(lambda: all(port.opened for port in self.ports.values()), "every port is open")
        self._mqtt.connect(LOOPBACK, broker_port)
        self._mqtt.loop_start()
        now_ns = self._clock.now().wall_ns
        for ix, (sensor_id, values) in enumerate(self._readings.items()):
            self.boards[sensor_id] = Sds011Board(now_ns + ix * NS_PER_S // 8, values)
        self._thread.start()

    def walk(self, seconds: float) -> None:
        """Let it go on for a while; raises what went wrong in it."""
        self._stop.wait(seconds)
        if self._failure is not None:
            raise self._failure

    def cut(self, ap_id: str) -> None:
        """Take the power of an access point away."""
        with self._lock:
            now_ns = self._clock.now().wall_ns
            self.access_points[ap_id].power(on=False, now_ns=now_ns)
            self._cut_ns[ap_id] = now_ns

    def restore(self, ap_id: str) -> None:
        """Give it back; the access point speaks again when it has started."""
        with self._lock:
            ap = self.access_points[ap_id]
            ap.power(on=True, now_ns=self._clock.now().wall_ns)
            self._dark.append((ap_id, self._cut_ns.pop(ap_id), len(ap.sent)))

    def garble(self, sensor_id: str, noise: bytes) -> None:
        """Put foreign bytes on a board's line, between two of its readings."""
        with self._lock:
            self.ports[sensor_id].write(noise)

    def babble(self, topic: str, payload: bytes) -> None:
        """Publish what no access point of ours would say."""
        with self._lock:
            self._unconfirmed.append(self._mqtt.publish(topic, payload, qos=1))

    def finish(self) -> None:
        """Fall silent; returns when everything said has been delivered to broker and ports."""
        self._stop.set()
        self._thread.join()
        self.end_ns = self._clock.now().wall_ns
        if self._failure is not None:
            raise self._failure
        for info in self._unconfirmed:
            info.wait_for_publish(PUBLISHED_S_MAX)
            assert info.is_published(), "the local broker did not confirm a message"

    def close(self) -> None:
        """Finish if need be, leave the broker, pull the plugs."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._mqtt.disconnect()
        self._mqtt.loop_stop()
        for port in self.ports.values():
            port.unplug()

    def statuses(self, ap_id: str) -> Sequence[Status]:
        """What an access point said, oldest first."""
        return self.access_points[ap_id].sent

    def readings(self, sensor_id: str) -> Sequence[Sent]:
        """What a board said, oldest first."""
        return list(self.boards[sensor_id].sent)

    @property
    def unheard_bytes(self) -> int:
        """What boards said to nobody: no gateway can have it."""
        return sum(port.unheard_bytes + port.dropped_bytes for port in self.ports.values())

    @property
    def darkness(self) -> list[Darkness]:
        """The planted outages that are over."""
        return [
            Darkness(ap_id, start_ns, self.access_points[ap_id].sent[said].sent_ns)
            for ap_id, start_ns, said in self._dark
            if len(self.access_points[ap_id].sent) > said
        ]

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                with self._lock:
                    next_ns = self._turn(self._clock.now().wall_ns)
                wait_s = (next_ns - self._clock.now().wall_ns) / NS_PER_S
                self._stop.wait(max(0.0, wait_s))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever walks or finishes
            self._failure = error
            self._stop.set()

    def _turn(self, now_ns: int) -> int:
        """Say what is due; gives when to come again."""
        due_ns = now_ns + NS_PER_S
        for ap in self.access_points.values():
            message = ap.advance(now_ns)
            if message is not None:
                self._unconfirmed.append(self._mqtt.publish(ap.topic, message, qos=1))
            due_ns = min(due_ns, ap.next_ns)
        for sensor_id, board in self.boards.items():
            port = self.ports[sensor_id]
            board.receive(port.read(), now_ns)
            wire = board.advance(now_ns)
            port.write(wire) if wire else port.flush()
            due_ns = min(due_ns, board.next_ns)
        while self._unconfirmed and self._unconfirmed[0].is_published():
            self._unconfirmed.popleft()
        return due_ns
