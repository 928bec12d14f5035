"""Bad input from all sides: each kind is counted, shown and said, and no good neighbour is lost.

One real gateway is told nonsense by its boards and access points. On the city's broker somebody
plays a second gateway and tells the host nonsense.
"""

from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from ingest.intake import Message
from simulators.installation import Installation, Rhythm, town
from simulators.neighbourhood import DISTRICT
from simulators.processes import Program
from simulators.reconciliation import differences
from simulators.stored_readings import by_gateway
from simulators.waiting import until
from tests.ingest.node_messages import START_NS, Node
from vocabulary.inventory import AccessPoint, Gateway, Inventory
from vocabulary.units import NS_PER_S

SEED = 2106
RHYTHM = Rhythm(access_point_s=2.0, gateway_s=2.0, margin_s=0.5)
PLAYED = "gw-played"
STRANGERS = Inventory(
    gateway=(Gateway(PLAYED, "market", DISTRICT),),
    access_point=(AccessPoint("ap-played", "market", PLAYED),),
)
YEAR_2106_MS = 4_294_967_296_000
AT_THE_GATEWAY = {
    "serial_stray",
    "serial_checksum",
    "ap_message_not_json",
    "ap_path_absent",
}
AT_THE_HOST = {
    (PLAYED, "not_protobuf"),
    (PLAYED, "unknown_alias"),
    (PLAYED, "from_the_future"),
    (PLAYED, "value_out_of_range"),
    (PLAYED, "duplicate"),
    ("gw-1", "not_protobuf"),
    ("", "gateway_unknown"),
}


def nonsense_for_the_gateway(city: Installation) -> None:
    """Beside what the street truly says; nothing in it is a reading."""
    street, topic = city.street, city.street.access_points["ap-1-1"].topic
    street.babble(topic, b"\xff\xfe no JSON")
    street.babble(topic, b'{"hello": "no path leads here"}')
    street.garble("air-1-1", b"\x00\x01 stray bytes \xab\xab")
    city.live(3)  # a good reading in between, or both are one run of garbage
    street.garble("air-1-1", b"\xaa\xc0\x01\x02\x03\x04\x05\x06\x00\xab")  # a wrong checksum


class Played:
    """A second gateway, as far as the host can tell."""

    def __init__(self, city: Installation) -> None:
        now_ns = city.street.statuses("ap-1-1")[-1].sent_ns
        self.second = (now_ns - START_NS) / NS_PER_S
        self.node = Node(PLAYED, district=DISTRICT)
        self._mqtt = Client(CallbackAPIVersion.VERSION2, client_id=PLAYED)
        self._mqtt.connect("127.0.0.1", city.city_broker.port)
        self._mqtt.loop_start()

    def say(self, *messages: Message) -> None:
        """Publish each, and wait until the broker has it."""
        for message in messages:
            self._mqtt.publish(message.topic, message.payload, qos=1).wait_for_publish(30)

    def close(self) -> None:
        """Leave the broker."""
        self._mqtt.disconnect()
        self._mqtt.loop_stop()


def nonsense_for_the_host(played: Played) -> None:
    """Good and bad, side by side and within one message."""
    node, second = played.node, played.second
    ap = "ap-played"
    played.say(*node.births(ap, second=second))
    first = node.data({"wifi/clients": 11}, 0, second, ap)
    played.say(first, first)  # the second is the duplicate
    played.say(node.data({"wifi/clients": 12, "wifi/rx_bytes": -1}, 1, second + 1, ap))
    played.say(node.data({"wifi/clients": 99}, 2, second + 2, ap, ts_ms=YEAR_2106_MS))
    played.say(node.data({"wifi/clients": 13}, 3, second + 3, ap))
    played.say(first._replace(payload=b"\xff not protobuf"))
    played.say(
        first._replace(topic=first.topic.replace(f"{PLAYED}/{ap}", f"gw-1/{ap}"), payload=b"\xff")
    )
    played.say(first._replace(topic=first.topic.replace(PLAYED, "gw-nobody-knows")))
    stranger = Node(PLAYED, district=DISTRICT)
    stranger.aliases, stranger.seq = {(ap, "wifi/clients"): 4_000}, node.seq
    played.say(stranger.data({"wifi/clients": 98}, None, second, ap))


def said(program: Program) -> set[tuple[str, str]]:
    """(gateway, reason) of each refusal in a log."""
    return {(row["gateway"], row["reason"]) for row in program.events("refused")}


@pytest.mark.story
def test_each_kind_is_counted_and_said_and_no_neighbour_is_lost(tmp_path: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201 - pytest shows it when the story fails
    inventory = town(gateways=1, aps_each=3, sensors_each=1)
    with Installation(
        inventory, seed=SEED, directory=tmp_path, rhythm=RHYTHM, strangers=STRANGERS
    ) as city:
        city.begin()
        city.live(6)
        played = Played(city)
        try:
            nonsense_for_the_gateway(city)
            nonsense_for_the_host(played)
            city.live(8)
        finally:
            played.close()
        gateway = city.gateways["gw-1"]
        city.street.finish()
        city.drain()

        for reason in AT_THE_GATEWAY:
            assert gateway.metric("lamplighter_refused_total", reason=reason) >= 1, reason
        assert {("gw-1", reason) for reason in AT_THE_GATEWAY} <= said(gateway)
        for owner, reason in AT_THE_HOST:
            count = city.host.metric("lamplighter_host_refused_total", gateway=owner, reason=reason)
            assert count >= 1, (owner, reason)
        assert said(city.host) >= AT_THE_HOST

        gateway.stop()
        until(lambda: not gateway.running, "the gateway ended")
        city.host.stop()
        assert [program.exit_code for program in city.programs] == [0, 0]
        reader = city.reader()
        assert differences(city.street, reader) == []
        rows = reader.query("SELECT clients, rx_bytes FROM wifi_usage WHERE ap = 'ap-played'")
        assert [row["clients"] for row in rows if row["clients"] is not None] == [11, 12, 13]
        assert by_gateway(reader)[PLAYED] == 3
        for program in city.programs:
            assert program.unexpected() == []
