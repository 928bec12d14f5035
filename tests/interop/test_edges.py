"""Edges that we did not write, towards our host: their values arrive, their faults are known."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from ingest.line_points import PointKey, Value, distinct_points
from simulators.servers import Mosquitto
from tests.ingest.mqtt_peer import Heard, Peer
from tests.ingest.test_host_process import Host
from tests.interop.program import NODE, PYSPARKPLUG, WRAPPER, Program, Runtime
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.payload import Datatype

NUMBERS = (3, 4, 5)
TOPIC = "spBv1.0/district-1/{}/gw-1"


class Fault(NamedTuple):
    """Something odd that a peer does, and how it shows in what was heard."""

    what: str
    shows: Callable[[list[Heard]], bool]


class Edge(NamedTuple):
    """A peer, and what is known to be odd about it."""

    name: str
    runtime: Runtime
    script: str
    faults: tuple[Fault, ...]
    refused: frozenset[str] = frozenset()
    """What our host counts in a session of this peer that no one disturbs."""
    stopped: frozenset[str] = frozenset()
    """What it counts beside that after a clean stop."""
    will_qos: int = 0
    uptime: bool = True
    """It can send a UInt32."""


def bd_seq(payload: pb.Payload) -> int:
    return next(one.long_value for one in payload.metrics if one.name == "bdSeq")


def deaths_do_not_match(heard: list[Heard]) -> bool:
    return bd_seq(payloads(heard, "NDEATH")[-1]) != bd_seq(payloads(heard, "NBIRTH")[-1])


def no_rebirth(heard: list[Heard]) -> bool:
    births = payloads(heard, "NBIRTH")
    return not any(one.name == "Node Control/Rebirth" for one in births[-1].metrics)


def names_in_data(heard: list[Heard]) -> bool:
    return all(one.name and one.datatype for one in payloads(heard, "DDATA")[-1].metrics)


def prefixed_births(heard: list[Heard]) -> bool:
    birth, data = payloads(heard, "DBIRTH")[-1], payloads(heard, "DDATA")[-1]
    return all(one.name.startswith("DATA/") for one in birth.metrics) and not any(
        one.name.startswith("DATA/") for one in data.metrics
    )


def device_death_without_seq(heard: list[Heard]) -> bool:
    death = payloads(heard, "DDEATH")[-1]
    return not death.HasField("seq") and bd_seq(death) >= 0


def session_number_without_time(heard: list[Heard]) -> bool:
    found = [one for one in payloads(heard, "NBIRTH")[-1].metrics if one.name == "bdSeq"]
    return found[0].datatype == Datatype.UINT64 and not found[0].HasField("timestamp")


def wide_uint32(heard: list[Heard]) -> bool:
    found = [one for one in payloads(heard, "DDATA")[-1].metrics if one.name == "wifi/uptime_s"]
    return found[0].datatype == Datatype.UINT32 and found[0].HasField("long_value")


NO_REBIRTH = Fault("no Node Control/Rebirth in its birth", no_rebirth)
NAMES = Fault("names and datatypes in every data message", names_in_data)
EDGES = (
    Edge(
        "pysparkplug",
        PYSPARKPLUG,
        "pysparkplug_edge.py",
        (
            Fault("the death of a clean stop has the next session's number", deaths_do_not_match),
            NO_REBIRTH,
            NAMES,
        ),
        stopped=frozenset({"death_of_another_session"}),
    ),
    Edge(
        "mqtt-spb-wrapper",
        WRAPPER,
        "mqtt_spb_wrapper_edge.py",
        (
            Fault("each payload of a death draws a number of its own", deaths_do_not_match),
            Fault("births say DATA/name, data says name", prefixed_births),
            Fault("a device's death has bdSeq and no seq", device_death_without_seq),
            NAMES,
        ),
        # node and device have a connection each: their common seq arrives out of order
        refused=frozenset({"seq_gap", "seq_reordered"}),
        stopped=frozenset({"seq_absent", "death_of_another_session"}),
        will_qos=1,
        uptime=False,
    ),
    Edge(
        "sparkplug-client",
        NODE,
        "sparkplug_client_edge.js",
        (
            Fault("bdSeq is a UInt64 without a time", session_number_without_time),
            Fault("a UInt32 stands in long_value", wide_uint32),
            NO_REBIRTH,
            NAMES,
        ),
    ),
)
every_edge = pytest.mark.parametrize("edge", EDGES, ids=lambda one: one.name)


def of_device(points: dict[PointKey, dict[str, Value]], measurement: str) -> list[dict[str, Value]]:
    return [
        fields
        for key, fields in points.items()
        if key.measurement == measurement and ("ap", "ap-1") in key.tags
    ]


def column(rows: Iterable[dict[str, Value]], field: str) -> Counter[Value]:
    return Counter(row[field] for row in rows if field in row)


def is_whole(path: Path, edge: Edge) -> bool:
    """Whether everything that was ordered stands in the database."""
    points = distinct_points(path) if path.exists() else {}
    usage, checks = of_device(points, "wifi_usage"), of_device(points, "wifi_check")
    node = [fields for key, fields in points.items() if key.measurement == "gateway"]
    wanted = [
        (usage, "clients", NUMBERS),
        (usage, "rx_bytes", [1_000 * number for number in NUMBERS]),
        (checks, "rtt_ms", [number / 4 for number in NUMBERS]),
        (node, "cpu_pct", [float(number) for number in NUMBERS]),
    ]
    if edge.uptime:
        wanted.append((usage, "uptime_s", [4_000_000_000 + number for number in NUMBERS]))
    return all(set(values) <= set(column(rows, field)) for rows, field, values in wanted)


def payloads(heard: list[Heard], verb: str) -> list[pb.Payload]:
    return [
        pb.Payload.FromString(one.payload)
        for one in heard
        if one.topic.startswith(TOPIC.format(verb))
    ]


def reasons(host: Host) -> set[str]:
    return {reason for (_gateway, reason) in host.process.pipeline.intake.all_counts()}


@every_edge
def test_what_it_says_is_stored(edge: Edge, broker: Mosquitto, tmp_path: Path) -> None:
    with Peer(broker.port, "listener", "spBv1.0/#") as peer, Host(tmp_path, broker.url) as host:
        host.until_said("broker_up")
        with Program(edge.runtime, edge.script, str(broker.port)) as program:
            assert program.answer() == "born"
            for number in NUMBERS:
                assert program.order(f"data {number}") == "data"
            host.until_stored(lambda path: is_whole(path, edge))
            assert reasons(host) <= edge.refused
            assert program.order("stop") == "stop"
            peer.until(lambda heard: bool(payloads(heard, "NDEATH")))
        host.until_true(lambda: edge.stopped <= reasons(host))
        assert reasons(host) <= edge.refused | edge.stopped
    missing = [fault.what for fault in edge.faults if not fault.shows(peer.heard)]
    assert not missing, "it does so no more; what we do about it can go"


@every_edge
def test_its_will_is_heard_when_it_is_killed(edge: Edge, broker: Mosquitto) -> None:
    with (
        Peer(broker.port, "listener", "spBv1.0/+/NDEATH/#") as peer,
        Program(edge.runtime, edge.script, str(broker.port)) as program,
    ):
        assert program.answer() == "born"
        program.kill()
        peer.until(lambda heard: bool(payloads(heard, "NDEATH")))
    assert {one.qos for one in peer.heard} == {edge.will_qos}
    assert not any(one.retain for one in peer.heard)


@every_edge
def test_a_host_that_comes_late_asks_for_its_births(
    edge: Edge, broker: Mosquitto, tmp_path: Path
) -> None:
    with (
        Peer(broker.port, "listener", "spBv1.0/+/NCMD/#") as peer,
        Program(edge.runtime, edge.script, str(broker.port)) as program,
    ):
        assert program.answer() == "born"
        with Host(tmp_path, broker.url) as host:
            host.until_said("broker_up")
            assert program.order("data 3") == "data"
            peer.until(lambda heard: bool(payloads(heard, "NCMD")))
            asked = {one.name for one in payloads(peer.heard, "NCMD")[0].metrics}
            assert asked == {"Node Control/Rebirth"}
            host.until_true(lambda: "rebirth_asked" in reasons(host))
