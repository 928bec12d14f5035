"""Two ways through the host, one answer: many at a time, and one by one."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import fast_lane
from ingest.fast_lane import is_long, runs_of
from ingest.intake import Intake, Message
from processing.city import City
from tests.ingest.node_messages import TOWN, Node, born, fresh
from tests.ingest.odd_stream import OddStream, kinds
from vocabulary import topics
from vocabulary.topics import Topic, Verb


@pytest.fixture(autouse=True)
def every_run_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_lane, "RUN_BYTES_MIN", 0)


def seen(intake: Intake) -> dict[str, Any]:
    """Everything that anybody could ask an intake, its rows taken."""
    readings, cues = intake.rows.take()
    return {
        "readings": [column.tolist() for column in readings],
        "types": [column.dtype for column in readings],
        "cues": [column.tolist() for column in cues],
        "lines": intake.lines,
        "quarantine": intake.quarantine,
        "counts": intake.all_counts(),
        "completeness": intake.completeness,
        "received": {key: one.intervals() for key, one in intake.received.items()},
        "touched": intake.touched,
        "born": intake.born,
        "count": intake.readings,
        "sessions": {gateway: vars(one) for gateway, one in intake.sessions.items()},
    }


def compared(messages: list[Message], cuts: Random) -> Intake:
    city = City.of(TOWN)
    slow, fast = Intake(TOWN, city, {}), Intake(TOWN, city, {})
    rest = messages
    while rest:
        count = cuts.randint(1, 60)
        now, rest = rest[:count], rest[count:]
        for message in now:
            slow.receive(message)
        fast.receive_all(now)
        theirs, ours = seen(slow), seen(fast)
        for what, was in theirs.items():
            assert ours[what] == was, what
        now_ns = now[-1].arrival_ns
        assert fast.rebirths(now_ns) == slow.rebirths(now_ns)
    return fast


@given(st.integers(0, 2**32))
def test_the_two_ways_answer_alike(seed: int) -> None:
    compared(OddStream(seed).take(150), Random(seed))


def test_a_long_stream_has_everything_in_it() -> None:
    stream = OddStream(7)
    messages = stream.take(4_000)
    intake = compared(messages, Random(7))
    assert {Verb.NBIRTH, Verb.DBIRTH, Verb.NDATA, Verb.DDATA, Verb.NDEATH} <= kinds(messages)
    reasons = {reason for _gateway, reason in intake.all_counts()}
    wanted = {
        "not_protobuf",
        "duplicate",
        "device_unknown",
        "unknown_alias",
        "alias_of_another_device",
        "data_before_birth",
        "null_value",
        "value_out_of_range",
        "value_of_another_type",
        "from_the_future",
        "metric_unknown",
        "offset_impossible",
        "lost_impossible",
        "declared_lost",
        "resend_awaited",
        "retained",
        "gateway_unknown",
        "seq_gap",
        "freed_earlier",
    }
    assert not wanted - reasons
    assert intake.readings > 2_000


def plain_count(intake: Intake, messages: list[Message]) -> int:
    waiting = [(topic_of(message), message) for message in messages]
    return sum(one is not None for one in intake._fast.read(waiting, intake.sessions).plain)


def topic_of(message: Message) -> Topic:
    topic = topics.parse(message.topic)
    assert isinstance(topic, Topic)
    return topic


def test_ordinary_data_is_plain_and_odd_data_is_not() -> None:
    node = Node()
    intake = born(node)
    good = node.data({"wifi/clients": 3, "wifi/ok": True}, 0, 5.0, "ap-1")
    empty = node.data({"wifi/clients": None}, 1, 5.0, "ap-1")
    high = node.data({"wifi/clients": -3, "wifi/ok": True}, 2, 5.0, "ap-1")
    strange = node.data({"wifi/clients": 3}, 3, 5.0, "ap-2")._replace(topic=good.topic)
    cut = good._replace(payload=good.payload[:-1])
    for message, count in ((good, 1), (empty, 1), (high, 0), (strange, 0), (cut, 0)):
        assert plain_count(intake, [message]) == count
    assert plain_count(intake, [good, high, empty, cut, good]) == 3
    assert plain_count(fresh(), [good]) == 0


def test_a_birth_between_data_changes_what_follows() -> None:
    node = Node()
    first = [*node.births("ap-1"), node.data({"wifi/clients": 3}, 0, 5.0, "ap-1")]
    node.aliases = {key: alias + 50 for key, alias in node.aliases.items()}
    then = [*node.births("ap-1", second=6.0), node.data({"wifi/clients": 4}, 1, 7.0, "ap-1")]
    intake = compared([*first, *then], Random(1))
    assert intake.readings == 2
    assert not intake.counts


def test_runs_end_at_anything_but_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_lane, "RUN_BYTES_MAX", 3)
    monkeypatch.setattr(fast_lane, "RUN_BYTES_MIN", 3)
    messages = [
        (Topic("d", verb, "g"), Message("", bytes(size), 0))
        for verb, size in (
            (Verb.NBIRTH, 9),
            (Verb.NDATA, 1),
            (Verb.DDATA, 1),
            (Verb.NDEATH, 1),
            (Verb.NDATA, 4),
            (Verb.NDATA, 1),
        )
    ]
    runs = list(runs_of(messages))
    assert [len(run) for run in runs] == [1, 2, 1, 1, 1]
    assert [one for run in runs for one in run] == messages
    assert [is_long(run) for run in runs] == [False, False, False, True, False]
    assert not is_long([])


def test_topics_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_lane, "ADDRESSES_MAX", 3)
    node = Node()
    intake = born(node)
    for ix in range(10):
        message = node.data({"wifi/clients": 3}, ix, 5.0, f"ap-{ix}")
        intake.receive_all([message])
    assert len(intake._fast._senders) <= 3


def test_readings_of_both_ways_stay_in_order() -> None:
    node = Node()
    intake = born(node)
    records = [
        node.data(
            {"wifi/clients": ix, **({"wifi/tx_bytes": -1} if ix % 3 == 2 else {})}, ix, 5.0, "ap-1"
        )
        for ix in range(9)
    ]
    intake.receive_all([*records[:4], records[1], *records[4:]])
    readings, _cues = intake.rows.take()
    assert readings.exact.tolist() == list(range(9))
    assert readings.exact.dtype == np.int64
