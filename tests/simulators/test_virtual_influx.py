"""The database that is not there: real sink above, faults below."""

import random

from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from simulators.virtual_influx import VirtualInflux, split_line

LINES = [f"sensor,sensor=a pm={number}.5,ok=true {number}" for number in range(400)]


def sink(database: VirtualInflux) -> InfluxSink:
    return InfluxSink(InfluxSettings("http://virtual:8086"), database)


def test_points_are_merged_and_a_second_write_changes_nothing() -> None:
    database = VirtualInflux(random.Random(1))
    for _again in range(2):
        assert sink(database).write(LINES).settled
    assert len(database.points) == len(LINES)
    assert database.points["sensor,sensor=a", "7"] == {"pm": "7.5", "ok": "true"}


def test_a_line_in_parts() -> None:
    assert split_line("m,a=b x=1i,y=t 12") == ("m,a=b", {"x": "1i", "y": "t"}, "12")


def test_the_poison_dies_alone_whatever_becomes_of_its_mates() -> None:
    for keeps_mates in (False, True):
        database = VirtualInflux(random.Random(1), poison_of=50, keeps_mates=keeps_mates)
        outcome = sink(database).write(LINES)
        assert {one.line for one in outcome.dead} == database.refused_lines != set()
        assert outcome.stored + len(outcome.dead) == len(LINES)
        assert len(database.points) == outcome.stored


def test_an_answer_may_not_come_though_the_write_was_done() -> None:
    database = VirtualInflux(random.Random(1))
    database.faults.mute_after = 1.0
    outcome = sink(database).write(LINES)
    assert outcome.retry is not None
    assert len(database.points) == len(LINES)


def test_errors_store_nothing() -> None:
    database = VirtualInflux(random.Random(1))
    for field in ("is_down", "fails", "mute"):
        setattr(database.faults, field, 1.0)
        outcome = sink(database).write(LINES)
        assert outcome.retry is not None
        assert len(outcome.rest) == len(LINES)
        setattr(database.faults, field, 0.0)
    assert not database.points


def test_the_world_is_asked_around_each_write() -> None:
    database = VirtualInflux(random.Random(1))
    seen: list[str] = []
    database.before = seen.append
    sink(database).write(LINES[:1])
    assert seen == ["write", "written"]
