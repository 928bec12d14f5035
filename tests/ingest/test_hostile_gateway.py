"""Whatever a gateway may send, nothing raises, nothing grows, and the others are served."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.intake import EPOCHS_PER_GATEWAY_MAX, Message
from ingest.node_session import DEVICES_MAX, SERIES_MAX
from ingest.pipeline import Pipeline
from tests.ingest.hostile_bodies import ATTACKS
from tests.ingest.node_messages import (
    EPOCH,
    Node,
    at_ns,
    commits_in,
    ledger_in,
    pipeline_of,
)
from vocabulary import delivery
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.metrics import CATALOGUE
from vocabulary.topics import Verb

U64 = 2**64 - 1
NAMES = st.sampled_from([*CATALOGUE, *vars(delivery).values(), "", "x", "é" * 40]).filter(
    lambda name: isinstance(name, str)
)
EDGES = [0, 1, 2, 255, 256, 2**31 - 1, 2**31, 2**32 - 1, 2**53 - 1, 2**53, 2**63 - 1, 2**63, U64]
LONGS = st.one_of(st.sampled_from(EDGES), st.integers(0, U64), st.integers(0, 40))
TIMES = st.one_of(LONGS, st.integers(at_ns(0) // 1_000_000, at_ns(400) // 1_000_000))
DEVICES = st.sampled_from(["ap-1", "ap-2", "ap-3", "sds-1", "gw-1", "nobody", "é"])

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(0, 2**32 - 1),
    "long": LONGS,
    "float": st.floats(width=32),
    "double": st.floats(),
    "boolean": st.booleans(),
    "string": st.text(max_size=9),
    "bytes": st.binary(max_size=9),
}


@st.composite
def metrics(draw: st.DrawFn) -> pb.Payload.Metric:
    """Any metric that protobuf can carry, mostly under names that mean something."""
    made = pb.Payload.Metric()
    if draw(st.booleans()):
        made.name = draw(NAMES)
    if draw(st.booleans()):
        made.alias = draw(LONGS)
    if draw(st.booleans()):
        made.timestamp = draw(TIMES)
    if draw(st.booleans()):
        made.datatype = draw(st.one_of(st.integers(0, 15), st.sampled_from([2**32 - 1])))
    made.is_historical = draw(st.booleans())
    if draw(st.integers(0, 9)) == 0:
        made.is_null = True
    field = draw(st.sampled_from([*FIELDS, ""]))
    if field:
        setattr(made, f"{field}_value", draw(FIELDS[field]))
    return made


@st.composite
def near_misses(draw: st.DrawFn) -> list[pb.Payload.Metric]:
    """A record nearly as ours, but for one type, number or time."""
    named: list[tuple[str, int, Any]] = [
        (delivery.SPOOL_EPOCH, 4, draw(st.sampled_from([EPOCH, EPOCH, EPOCH, 0, 2**53, U64]))),
        (delivery.SPOOL_OFFSET, 4, draw(st.one_of(st.integers(0, 9), LONGS))),
        (delivery.TIME_BOOT, draw(st.sampled_from([3, 4, 8])), draw(LONGS)),
        (delivery.TIME_MONOTONIC, draw(st.sampled_from([4, 8])), draw(LONGS)),
    ]
    value = draw(st.sampled_from([0, 1, 3, 0.5, 1.0, 40.25, 2**62, 2.0**63]))
    name = draw(st.sampled_from(["wifi/ok", "wifi/clients", "wifi/rx_bytes", "wifi/noise_dbm"]))
    named.append((name, draw(st.sampled_from([3, 4, 8, 10, 11, 13])), value))
    if draw(st.booleans()):
        named.append((delivery.SPOOL_LOST, 4, draw(LONGS)))
    made = []
    for name, datatype, number in named:
        metric = pb.Payload.Metric(name=name, datatype=datatype)
        if isinstance(number, float):
            metric.double_value = number
        else:
            metric.long_value = number
        made.append(metric)
    return made


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A valid payload of hostile values."""
    made = pb.Payload()
    made.metrics.extend(draw(st.one_of(near_misses(), st.lists(metrics(), max_size=6))))
    if draw(st.booleans()):
        made.timestamp = draw(TIMES)
    if draw(st.integers(0, 3)):
        made.seq = draw(LONGS)
    return bytes(made.SerializeToString())


VERBS = st.sampled_from([Verb.DDATA, Verb.DDATA, Verb.NDATA, *Verb])
ACTS = st.one_of(
    st.tuples(VERBS, DEVICES, bodies()),
    st.tuples(st.just(Verb.DDATA), st.just("ap-1"), bodies()),
    st.tuples(VERBS, DEVICES, st.binary(max_size=60)),
)


class Host:
    """A pipeline whose batches are stored as they come."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline, self.second = pipeline, 0.0
        self.lines: list[str] = []
        self.commits: list[tuple[str, int, int]] = []

    def turn(self, messages: Iterable[Message]) -> None:
        """Take messages, step, store, answer."""
        for message in messages:
            self.pipeline.receive(message)
        self.second += 1.0
        self.pipeline.advance(at_ns(self.second))
        batch = self.pipeline.next_batch(at_ns(self.second))
        if batch is not None:
            self.lines += batch.lines
            self.pipeline.stored(batch)
        self.commits += commits_in(self.pipeline.commands(at_ns(self.second)))


@settings(max_examples=80)
@given(acts=st.lists(ACTS, max_size=25))
def test_no_payload_raises_and_the_neighbour_is_served(
    acts: list[tuple[Verb, str, bytes]],
) -> None:
    good, bad = Node("gw-2"), Node("gw-1")
    host = Host(pipeline_of())
    host.turn([*good.births("ap-3"), *bad.births("ap-1", "ap-2", "sds-1")])
    for ix, (verb, device, body) in enumerate(acts):
        hostile = bad.message(verb, body, host.second, device if verb.is_device else "")
        host.turn([hostile, good.data({"wifi/clients": ix}, ix, host.second, "ap-3")])
    intake = host.pipeline.intake
    assert sum(
        line.startswith("wifi_usage,ap=ap-3") and "clients=" in line for line in host.lines
    ) == len(acts)
    assert [one for one in host.commits if one[0] == "gw-2"][-1] == ("gw-2", EPOCH, len(acts))
    assert all(0 < epoch <= delivery.EPOCH_MAX for _gateway, epoch, _below in host.commits)
    assert len(intake.received) <= EPOCHS_PER_GATEWAY_MAX + 1
    assert not intake.lines
    assert not intake.quarantine


@settings(max_examples=15)
@given(acts=st.lists(ACTS, min_size=1, max_size=12))
def test_what_hostile_payloads_leave_can_be_stored(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[Verb, str, bytes]]
) -> None:
    node = Node()
    with ledger_in(tmp_path_factory.mktemp("ledger")) as ledger:
        pipeline = pipeline_of(ledger)
        for message in node.births("ap-1"):
            pipeline.receive(message)
        for verb, device, body in acts:
            pipeline.receive(node.message(verb, body, 1.0, device if verb.is_device else ""))
        pipeline.advance(at_ns(2))
        batch = pipeline.next_batch(at_ns(2))
        if batch is not None:
            assert ledger.store(batch.ledger)
        again = pipeline_of(ledger, second=3.0)
        again.advance(at_ns(4))
        expected = {key: held.intervals() for key, held in pipeline.intake.received.items()}
        found = {key: held.intervals() for key, held in again.intake.received.items()}
        assert found == {key: ranges for key, ranges in expected.items() if ranges}


@given(st.text(max_size=60), st.binary(max_size=60), st.booleans())
def test_no_topic_raises(topic: str, body: bytes, retain: bool) -> None:
    pipeline = pipeline_of()
    for name in (topic, f"spBv1.0/district-1/{topic}", f"spBv1.0/district-1/DDATA/gw-1/{topic}"):
        pipeline.receive(Message(name, body, at_ns(0), retain))
    pipeline.advance(at_ns(1))


def test_memory_is_bounded_for_a_gateway_that_never_stops() -> None:
    node, host = Node(), Host(pipeline_of())
    for turn in range(60):
        messages = []
        for ix in range(20):
            node.epoch = 1 + turn * 20 + ix
            messages.append(node.birth(host.second, committed=3))
            device = f"stranger-{turn}-{ix}"
            names = [f"odd/{turn}-{ix}-{number}" for number in range(9)]
            messages.append(node.device_birth(device, host.second, names=names))
            messages.append(node.data({"wifi/clients": 1}, 2 * ix, host.second, device))
            messages.append(node.lost(9 * ix, 4, host.second))
        host.turn(messages)
    intake = host.pipeline.intake
    (session,) = intake.sessions.values()
    assert len(session._series) <= SERIES_MAX
    assert len(session.devices) <= DEVICES_MAX
    assert len(intake.received) <= EPOCHS_PER_GATEWAY_MAX
    assert len(intake.all_counts()) < 40
    commits = host.pipeline._commits
    assert len(commits._said) <= EPOCHS_PER_GATEWAY_MAX + 1
    assert not intake.touched
    assert not intake.completeness
    assert host.pipeline.pending_bytes == 0


@pytest.mark.parametrize(("body", "verb", "reason"), ATTACKS)
@pytest.mark.parametrize("way", ["one by one", "many at a time"])
def test_each_attack_is_counted_under_its_reason_and_costs_the_neighbour_nothing(
    body: Callable[[], bytes], verb: Verb, reason: str, way: str
) -> None:
    good, bad, pipeline = Node("gw-2"), Node("gw-1"), pipeline_of()
    pipeline.receive_all([*good.births("ap-3"), *bad.births("ap-1")])
    wire = body()
    turn = [
        good.data({"wifi/clients": 1}, 0, 1.0, "ap-3"),
        bad.message(verb, wire, 1.0),
        good.data({"wifi/clients": 2}, 1, 1.0, "ap-3"),
    ]
    if way == "many at a time":
        pipeline.receive_all(turn)
    else:
        for message in turn:
            pipeline.receive(message)
    counts = pipeline.intake.all_counts()
    assert counts["gw-1", reason] >= 1
    assert [who for who, _reason in counts if who not in ("gw-1", "")] == []
    pipeline.advance(at_ns(2))
    batch = pipeline.next_batch(at_ns(2))
    assert batch is not None
    assert sum("clients=" in line and "ap=ap-3" in line for line in batch.lines) == 2
    assert all(len(one.reason) < 40 for one in batch.ledger.quarantined)
    (session,) = [one for gateway, one in pipeline.intake.sessions.items() if gateway == "gw-1"]
    assert all(len(one.name) < 2_000 for one in session.series.values())


def test_an_attack_that_goes_on_is_no_longer_read() -> None:
    for body, verb, _reason in ATTACKS:
        pipeline, bad, wire = pipeline_of(), Node(), body()
        for _ in range(60):
            pipeline.receive(bad.message(verb, wire, 1.0))
        counts = pipeline.intake.counts
        if len(wire) > 100_000:  # the small ones harm nobody sixty times
            assert counts["gw-1", "quarantine_begun"] == 1, body
            assert counts["gw-1", "in_quarantine"] > 0, body


def test_a_thousand_births_a_second_are_read_for_two_seconds() -> None:
    good, bad = Node("gw-2"), Node("gw-1")
    host = Host(pipeline_of())
    host.turn([*good.births("ap-3")])
    for second in range(10):
        births = [bad.birth(host.second + ix / 1_000) for ix in range(1_000)]
        host.turn([*births, good.data({"wifi/clients": 1}, second, host.second, "ap-3")])
    counts = host.pipeline.intake.counts
    assert counts["gw-1", "quarantine_begun"] == 1
    assert 7_900 < counts["gw-1", "in_quarantine"] < 9_500
    assert host.commits[-1][:1] == ("gw-2",)
    assert host.commits[-1] == ("gw-2", EPOCH, 10)
    assert [one.state for one in host.pipeline.beliefs.all(at_ns(11))] == ["quarantined", "born"]


def test_what_an_innocent_gateway_kept_is_taken_after_its_quarantine() -> None:
    node, host = Node("gw-2"), Host(pipeline_of())
    host.turn(node.births("ap-3"))
    host.turn([node.message(Verb.NDATA, b"\xff", host.second) for _ in range(60)])
    host.turn([node.data({"wifi/clients": 1}, 0, host.second, "ap-3")])
    assert host.commits[-1] == ("gw-2", EPOCH, 0)
    host.second += 61
    host.turn(node.births("ap-3", second=host.second))
    host.turn([node.data({"wifi/clients": 1}, 0, host.second, "ap-3")])
    assert host.commits[-1] == ("gw-2", EPOCH, 1)


def test_nobody_speaks_for_another_gateways_device() -> None:
    bad, host = Node("gw-1"), Host(pipeline_of())
    host.turn(bad.births("ap-1", "ap-3"))
    host.turn([bad.data({"wifi/clients": 9}, 0, host.second, "ap-3")])
    assert host.pipeline.intake.counts["gw-1", "device_unknown"] == 1
    assert not [line for line in host.lines if "ap=ap-3" in line and "clients" in line]
