"""Messages in, batches and commands out: one batch at a time, and nothing promised too early."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.intake import Message
from ingest.ledger import Ledger
from ingest.ledger_rows import LedgerContents
from ingest.line_points import merged
from ingest.pipeline import LINES_MAX, Pipeline
from processing.changes import NodeState
from processing.intervals import IntervalState, Level
from processing.records import NEVER
from processing.settings import Settings
from tests.ingest.node_messages import (
    EPOCH,
    KEY,
    TOWN,
    Node,
    at_ms,
    at_ns,
    commits_in,
    ledger_in,
    pipeline_of,
    read_command,
    rebirths_in,
)
from vocabulary import delivery


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with ledger_in(tmp_path) as made:
        yield made


def take(pipeline: Pipeline, messages: Iterable[Message]) -> None:
    for message in messages:
        pipeline.receive(message)


def begin(ledger: Ledger, node: Node, *, pending_bytes_max: int = 1 << 20) -> Pipeline:
    """A host that has a node's births and has answered them."""
    pipeline = pipeline_of(ledger, pending_bytes_max=pending_bytes_max)
    take(pipeline, node.births("ap-1", "ap-2"))
    pipeline.advance(at_ns(0))
    assert commits_in(pipeline.commands(at_ns(0))) == [("gw-1", node.epoch, 0)]
    return pipeline


def clients(node: Node, offset: int, second: float) -> Message:
    return node.data({"wifi/clients": offset % 9}, offset, second, "ap-1")


def commits_at(pipeline: Pipeline, second: float) -> list[tuple[str, int, int]]:
    pipeline.advance(at_ns(second))
    return commits_in(pipeline.commands(at_ns(second)))


def test_a_batch_waits_for_its_time_and_for_the_one_before(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    pipeline.receive(clients(node, 0, 0.2))
    pipeline.advance(at_ns(0.3))
    assert pipeline.next_batch(at_ns(0.99)) is None
    first = pipeline.next_batch(at_ns(1))
    assert first is not None
    assert pipeline.is_storing
    pipeline.receive(clients(node, 1, 1.2))
    pipeline.advance(at_ns(5))
    assert pipeline.next_batch(at_ns(5)) is None
    pipeline.stored(first)
    second = pipeline.next_batch(at_ns(5))
    assert second is not None
    assert second.ledger.number == first.ledger.number + 1
    assert [len(one.ledger.received) for one in (first, second)] == [1, 1]


def test_nothing_new_makes_no_batch(ledger: Ledger) -> None:
    pipeline = begin(ledger, Node())
    batch = pipeline.next_batch(at_ns(9))
    if batch is not None:  # the state of the nodes that answered their birth
        pipeline.stored(batch)
    pipeline.advance(at_ns(10))
    assert pipeline.next_batch(at_ns(20)) is None


def test_at_the_end_a_batch_does_not_wait_and_says_the_true_time(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    pipeline.receive(clients(node, 0, 0.2))
    pipeline.advance(at_ns(0.3))
    batch = pipeline.next_batch(at_ns(0.3), at_once=True)
    assert batch is not None
    assert batch.ledger.now_ms == at_ms(0.3)


def test_a_large_batch_does_not_wait(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    for offset in range(LINES_MAX):
        pipeline.receive(
            node.data({"wifi/clients": 1}, offset, 0.1, "ap-1", ts_ms=at_ms(0) + offset)
        )
    pipeline.advance(at_ns(0.2))
    batch = pipeline.next_batch(at_ns(0.2))
    assert batch is not None
    assert len(batch.lines) >= LINES_MAX


def test_a_commit_follows_the_ledger_and_never_leads(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    take(pipeline, [clients(node, 0, 2.0), clients(node, 1, 2.0), clients(node, 3, 2.0)])
    assert commits_at(pipeline, 2.0) == []
    batch = pipeline.next_batch(at_ns(2))
    assert batch is not None
    pipeline.receive(clients(node, 2, 3.0))  # closes the hole, but is not in the batch
    assert commits_at(pipeline, 3.0) == []
    ledger.store(batch.ledger)
    pipeline.stored(batch)
    assert commits_at(pipeline, 4.0) == [("gw-1", EPOCH, 2)]
    batch = pipeline.next_batch(at_ns(4))
    assert batch is not None
    ledger.store(batch.ledger)
    pipeline.stored(batch)
    assert commits_at(pipeline, 4.5) == []  # at most one a second
    assert commits_at(pipeline, 5.0) == [("gw-1", EPOCH, 4)]


def test_a_commit_is_repeated_every_ten_seconds_while_the_node_speaks(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    batch = pipeline.next_batch(at_ns(1))
    if batch is not None:
        pipeline.stored(batch)
    pipeline.receive(clients(node, 0, 1.0))
    told = []
    for second in range(1, 60):
        if second < 32:
            pipeline.receive(node.data({}, None, float(second)))
        if commits_at(pipeline, float(second)):
            told.append(second)
        batch = pipeline.next_batch(at_ns(second))
        if batch is not None:
            pipeline.stored(batch)
    assert told == [3, 13, 23, 33]  # then it is silent


def test_a_birth_is_answered_from_the_ledger_after_a_restart(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    take(pipeline, [clients(node, 0, 1.0), clients(node, 1, 1.0)])
    pipeline.advance(at_ns(1))
    batch = pipeline.next_batch(at_ns(1))
    assert batch is not None
    ledger.store(batch.ledger)
    again = pipeline_of(ledger, second=2.0)
    take(again, node.births("ap-1", second=2.0))
    assert commits_at(again, 2.0) == [("gw-1", EPOCH, 2)]
    node.epoch = 99
    take(again, node.births("ap-1", second=3.0))
    assert commits_at(again, 3.0) == [("gw-1", 99, 0)]


def test_after_a_restart_an_unknown_session_is_asked_for_and_nothing_taken(ledger: Ledger) -> None:
    node = Node()
    births = node.births("ap-1")
    pipeline = pipeline_of(ledger)
    message = clients(node, 0, 1.0)
    pipeline.receive(message)
    pipeline.advance(at_ns(1))
    assert rebirths_in(pipeline.commands(at_ns(1))) == ["gw-1"]
    assert pipeline.intake.received == {}
    take(pipeline, [*births, message])
    pipeline.advance(at_ns(2))
    batch = pipeline.next_batch(at_ns(2))
    assert batch is not None
    assert [row.prefix_end for row in batch.ledger.received] == [1]


@given(st.lists(st.tuples(st.sampled_from("rrrbsa"), st.integers(0, 30)), max_size=60))
def test_whatever_the_order_no_commit_exceeds_the_stored_prefix(
    steps: list[tuple[str, int]],
) -> None:
    node, second, stored = Node(), 0.0, 0
    pipeline = Pipeline(
        TOWN,
        Settings(pause_ms=0),
        contents=LedgerContents(0, None, {}),
        commit_s=1.0,
        pending_bytes_max=1 << 20,
        now_ns=at_ns(0),
    )
    take(pipeline, node.births("ap-1"))
    batch = None
    for what, offset in steps:
        second += 0.5
        if what == "r":
            pipeline.receive(clients(node, offset, second))
        elif what == "b":
            take(pipeline, node.births("ap-1", second=second))
        elif what == "s" and batch is not None:
            stored = max([stored, *(row.prefix_end for row in batch.ledger.received)])
            pipeline.stored(batch)
            batch = None
        pipeline.advance(at_ns(second))
        batch = batch or pipeline.next_batch(at_ns(second))
        for _gateway, epoch, below in commits_in(pipeline.commands(at_ns(second))):
            assert (epoch, below) == (EPOCH, stored)


# --- shedding --------------------------------------------------------------------------------


def test_beyond_the_bound_arrivals_are_shed_and_later_accepted(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node, pending_bytes_max=2_000)
    pending = []
    for offset in range(60):
        pipeline.receive(clients(node, offset, 1 + offset))
        pipeline.advance(at_ns(1 + offset))
        batch = pipeline.next_batch(at_ns(1 + offset))
        pending += [batch] if batch is not None else []  # the database is away: one is in flight
    assert pipeline.shed > 20
    assert pipeline.pending_bytes < 3_000
    ((lo, hi),) = pipeline.intake.received[KEY].intervals()
    assert (lo, hi + pipeline.shed) == (0, 60)
    (batch,) = pending
    pipeline.stored(batch)
    batch = pipeline.next_batch(at_ns(70))
    assert batch is not None
    pipeline.stored(batch)
    assert pipeline.pending_bytes == 0
    assert commits_at(pipeline, 71.0) == [("gw-1", EPOCH, hi)]
    take(pipeline, [clients(node, offset, 71.0) for offset in range(hi, 60)])
    assert pipeline.intake.received[KEY].intervals() == [(0, 60)]


def lively(pipeline: Pipeline, node: Node, seconds: range, *, stores: bool) -> list[IntervalState]:
    """Beats of a gateway and its access point; gives the states of rows that were written."""
    states = []
    for second in seconds:
        if second % 5 == 0:
            pipeline.receive(node.data({"gateway/uplink_ok": True}, None, float(second)))
        if second % 10 == 0:
            pipeline.receive(node.data({"wifi/ok": True}, None, float(second), "ap-1"))
        pipeline.advance(at_ns(second))
        states += [row.state for row in pipeline._intervals]
        batch = pipeline.next_batch(at_ns(second)) if stores else None
        if batch is not None:
            pipeline.stored(batch)
        pipeline.commands(at_ns(second))
    return states


def test_while_it_sheds_the_host_calls_nobody_dark(ledger: Ledger) -> None:
    node = Node()
    pipeline = pipeline_of(ledger, pending_bytes_max=4_000, settings=Settings(pause_ms=0))
    take(pipeline, node.births("ap-1"))
    lively(pipeline, node, range(1, 20), stores=True)
    lively(pipeline, node, range(20, 300), stores=False)
    assert pipeline.shed > 0
    states = lively(pipeline, node, range(300, 420), stores=True)
    assert IntervalState.DOWN not in states
    assert pipeline.nodes[Level.AP, "ap-1"].state is NodeState.UP
    assert pipeline.nodes[Level.GATEWAY, "gw-1"].state is NodeState.UP


def test_without_its_broker_the_host_calls_nobody_dark(ledger: Ledger) -> None:
    node = Node()
    pipeline = pipeline_of(ledger, settings=Settings(pause_ms=0))
    take(pipeline, node.births("ap-1"))
    lively(pipeline, node, range(1, 20), stores=True)
    pipeline.hearing(at_ns(20), on=False)
    for second in range(20, 200):
        pipeline.advance(at_ns(second))
    rows = list(pipeline._intervals)
    assert [row.state for row in rows if row.node in ("ap-1", "gw-1")] == [IntervalState.UNOBSERVED]
    pipeline.hearing(at_ns(200), on=True)
    pipeline.hearing(at_ns(201), on=True)  # saying it twice changes nothing
    assert IntervalState.DOWN not in lively(pipeline, node, range(202, 260), stores=True)
    assert pipeline.nodes[Level.AP, "ap-1"].state is NodeState.UP


def test_a_host_that_died_deaf_hears_again(ledger: Ledger) -> None:
    node = Node()
    pipeline = pipeline_of(ledger, settings=Settings(pause_ms=0))
    take(pipeline, node.births("ap-1"))
    lively(pipeline, node, range(1, 20), stores=False)
    pipeline.hearing(at_ns(20), on=False)
    pipeline.advance(at_ns(21))
    batch = pipeline.next_batch(at_ns(21))
    assert batch is not None
    ledger.store(batch.ledger)
    again = pipeline_of(ledger, second=22.0)
    again.hearing(at_ns(22), on=True)
    again.advance(at_ns(23))
    assert again.state.clock["deaf_ns"][0] == NEVER


# --- what it stores --------------------------------------------------------------------------


def test_an_outage_stands_in_the_ledger_and_in_the_series(ledger: Ledger) -> None:
    node, offset = Node(), 0
    pipeline = begin(ledger, node)
    lines = []
    for second in range(0, 120, 5):
        values: dict[str, bool] = {"gateway/uplink_ok": True}
        pipeline.receive(node.data(dict(values), offset, float(second)))
        offset += 1
        if second % 10 == 0:
            values = {"wifi/ok": not 30 <= second < 80}
            pipeline.receive(node.data(dict(values), offset, float(second), "ap-1"))
            offset += 1
        pipeline.advance(at_ns(second))
        batch = pipeline.next_batch(at_ns(second))
        if batch is not None:
            lines += batch.lines
            ledger.store(batch.ledger)
            pipeline.stored(batch)
    points = merged(lines)
    outages = [
        (dict(key.tags).get("ap"), fields["state"], key.ts_ms, fields.get("duration_ms"))
        for key, fields in points.items()
        if key.measurement == "outage"
    ]
    assert ("ap-1", "down", at_ms(25), 50_000) in outages
    states = {key.ts_ms: held for key, held in points.items() if key.measurement == "node_state"}
    assert {"state": "down"} in states.values()
    assert pipeline.nodes[Level.AP, "ap-1"].state is NodeState.UP


def test_a_state_that_cannot_be_read_does_not_stop_the_host(ledger: Ledger) -> None:
    node = Node()
    pipeline = begin(ledger, node)
    take(pipeline, [clients(node, 0, 1.0)])
    pipeline.advance(at_ns(1))
    batch = pipeline.next_batch(at_ns(1))
    assert batch is not None
    ledger.store(msgspec.structs.replace(batch.ledger, checkpoint=b"of another version"))
    again = pipeline_of(ledger, second=2.0)
    assert again.checkpoint_refused
    assert again.intake.received[KEY].intervals() == [(0, 1)]  # what is stored stays stored
    again.advance(at_ns(3))
    assert pipeline.checkpoint_refused == ""


def test_a_check_is_asked_of_a_living_gateway_and_no_more_than_can_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.pipeline.ASKED_MAX", 2)
    pipeline = pipeline_of()
    assert not pipeline.ask_check("gw-1", "ap-1", at_ns(0))
    for message in Node().births("ap-1"):
        pipeline.receive(message)
    asked = [pipeline.ask_check("gw-1", device, at_ns(1)) for device in ("ap-1", "", "ap-2")]
    assert asked == [True, True, False]
    told = [read_command(one) for one in pipeline.commands(at_ns(1))]
    assert [names for _gateway, names in told if delivery.CHECK_NOW in names] == [
        {delivery.CHECK_NOW: "ap-1"},
        {delivery.CHECK_NOW: ""},
    ]
