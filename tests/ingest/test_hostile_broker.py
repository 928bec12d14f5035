"""A hostile gateway on a real broker: the host stays small, and the others are served."""

import threading
from functools import partial
from pathlib import Path

from ingest.commands import Publication
from ingest.packet_tap import PACKET_BYTES_MAX, READ_BYTES
from simulators.servers import Mosquitto
from tests.ingest.hostile_bodies import ATTACKS
from tests.ingest.mqtt_peer import Heard, Peer
from tests.ingest.node_messages import EPOCH, Node, commits_in
from tests.ingest.test_host_process import COMMANDS, Host, say

GROWTH_BYTES_MAX = 256 << 20
FLOOD = 2_500
GOOD = 5
"""Records of the neighbour; a commit for each, and there is one a second."""


def committed_to(heard: list[Heard], gateway: str, below: int) -> bool:
    told = [Publication(one.topic, one.payload) for one in heard if "/NCMD/" in one.topic]
    return (gateway, EPOCH, below) in commits_in(told)


def peak_bytes() -> int:
    """The most memory this process had since ``forget_peak``."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    msg = "no VmHWM in /proc/self/status"
    raise AssertionError(msg)


def forget_peak() -> int:
    """From now on; gives what it is now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def test_the_others_are_served_while_one_attacks(broker: Mosquitto, tmp_path: Path) -> None:
    good, bad = Node("gw-2"), Node("gw-1")
    with (
        Peer(broker.port, "gw-2-line", COMMANDS) as line,
        Peer(broker.port, "gw-1-line", "nothing") as attacker,
        Host(tmp_path, broker.url, "host-hostile") as host,
    ):
        host.until_said("broker_up")
        say(line, *good.births("ap-3"))
        line.until(lambda heard: committed_to(heard, "gw-2", 0))
        before_bytes = forget_peak()
        bodies = [(verb, body()) for body, verb, _reason in ATTACKS]
        birth = bad.birth(1.0)

        def attack() -> None:
            for turn in range(2):
                for verb, wire in bodies:
                    message = bad.message(verb, wire, 1.0)
                    attacker.say(message.topic, message.payload, qos=turn % 2)
            for _ in range(FLOOD):
                attacker.say(birth.topic, birth.payload, qos=0)

        flood = threading.Thread(target=attack)
        flood.start()
        for ix in range(GOOD):
            say(line, good.data({"wifi/clients": ix}, ix, 1.0 + ix / 10, "ap-3"))
            line.until(partial(committed_to, gateway="gw-2", below=ix + 1))
        flood.join()
        say(line, good.data({"wifi/clients": 1}, GOOD, 9.0, "ap-3"))
        line.until(lambda heard: committed_to(heard, "gw-2", GOOD + 1))
        assert peak_bytes() - before_bytes < GROWTH_BYTES_MAX
        shown = host.process.snapshot()
        states = {
            one.gateway: one.state
            for one in host.process.pipeline.beliefs.all(host.process.clock.now_ns())
        }
    assert states == {"gw-1": "quarantined", "gw-2": "born"}
    assert shown.gauges["gateways_quarantined"] == 1
    assert shown.refused["gw-1", "too_long"] >= 2
    assert shown.refused["gw-1", "in_quarantine"] > FLOOD / 2
    assert not [reason for who, reason in shown.refused if who == "gw-2"]
    assert PACKET_BYTES_MAX + READ_BYTES < GROWTH_BYTES_MAX
    said = [row for row in host.log if row["event"] == "refused"]
    assert any(row["reason"] == "quarantine_begun" and row["gateway"] == "gw-1" for row in said)
