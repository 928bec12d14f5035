"""The words of an outcome hold together."""

import pytest

from ingest.influx import InfluxSink
from ingest.line_file import LineFile
from ingest.sink import DeadLine, Retry, Sink, Stop, WriteOutcome


def test_a_settled_batch_has_nothing_left() -> None:
    assert WriteOutcome(3, (DeadLine("x", "bad", 400),)).settled
    assert not WriteOutcome(rest=("a",), retry=Retry("away")).settled
    assert not WriteOutcome(rest=("a",), stop=Stop("no rights", "grant them")).settled


def test_lines_left_without_a_reason_are_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        WriteOutcome(rest=("a",))


def test_retry_and_stop_exclude_each_other() -> None:
    with pytest.raises(AssertionError):
        WriteOutcome(retry=Retry("away"), stop=Stop("no rights", "grant them"))


def test_both_sinks_are_sinks() -> None:
    made: list[type[Sink]] = [InfluxSink, LineFile]  # mypy reads this line, at run time it is easy
    assert len(made) == 2
