"""Answers of the ledger, as a person or a page would ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from ingest.errors import LedgerMissing
from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from ingest.ledger_rows import Completeness, DeadLetter, Quarantined, Received
from processing.intervals import IntervalState, Level
from tests.ingest.ledger_examples import NOW_MS, TOWN, batch, incident, interval


class Desk(NamedTuple):
    ledger: Ledger
    reader: LedgerReader


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger, LedgerReader(path) as reader:
        ledger.set_inventory(TOWN)
        yield Desk(ledger, reader)


def test_outages_are_those_that_overlap_as_we_think_now(desk: Desk) -> None:
    hour_ms = 3_600_000
    ended = interval(node="ap-2", end_ms=NOW_MS + hour_ms)
    later = interval(start_ms=NOW_MS + 3 * hour_ms)
    blind = interval(node="gw-1", level=Level.GATEWAY, state=IntervalState.UNOBSERVED)
    desk.ledger.store(batch(1, intervals=(ended, later, blind)))
    found = desk.reader.outages()
    assert [(row.node, row.end_ms) for row in found] == [("ap-2", ended.end_ms), ("ap-1", None)]
    (row,) = desk.reader.outages(NOW_MS, NOW_MS + 1)
    assert (row.node, row.site, row.area) == ("ap-2", "park", "north")
    assert row.name == 'Parque "Sur" حديقة'
    assert desk.reader.outages(NOW_MS + hour_ms, NOW_MS + 2 * hour_ms) == []  # ends are open
    assert [one.node for one in desk.reader.outages(NOW_MS + 9 * hour_ms)] == ["ap-1"]
    both = desk.reader.outages(NOW_MS, NOW_MS + 1, states=("down", "unobserved"))
    assert {one.node for one in both} == {"ap-2", "gw-1"}
    assert len(desk.reader.outages(rows_max=1)) == 1


def test_an_outage_of_a_node_without_a_place_is_still_shown(desk: Desk) -> None:
    desk.ledger.store(batch(1, intervals=(interval(level=Level.FEEDER, node="feeder-9"),)))
    (row,) = desk.reader.outages()
    assert (row.node, row.site, row.name) == ("feeder-9", "", "")


def test_revisions_tell_the_whole_story(desk: Desk) -> None:
    story = [interval(), interval(version=2, end_ms=NOW_MS + 5), interval(start_ms=NOW_MS - 9)]
    desk.ledger.store(batch(1, intervals=tuple(story)))
    assert desk.reader.revisions("ap", "ap-1") == [story[2], story[0], story[1]]
    assert desk.reader.revisions("gateway", "ap-1") == []


def test_incidents_come_with_their_members(desk: Desk) -> None:
    grown = incident(version=2, members=("ap-1", "ap-2"))
    desk.ledger.store(batch(1, incidents=(incident(), grown)))
    (row,) = desk.reader.incidents(NOW_MS, NOW_MS + 1)
    assert (row.version, row.members, row.recorded_ms) == (2, ("ap-1", "ap-2"), NOW_MS + 1_000)
    assert desk.reader.incidents(NOW_MS - 10, NOW_MS) == []


def test_hours_and_accounts(desk: Desk) -> None:
    hours = (
        Completeness("gw-1", 7, 500_000, expected=10, received=6, late=1, lost=1),
        Completeness("gw-1", 7, 500_001, expected=2, received=4, duplicate=3, skipped=5),
    )
    held = (Received("gw-1", 7, 0, ((0, 11), (12, 13))), Received("gw-2", 1, 0, ()))
    desk.ledger.store(batch(1, completeness=hours, received=held))
    assert desk.reader.completeness() == list(hours)
    assert desk.reader.completeness(500_001, 500_002) == [hours[1]]
    first, second = desk.reader.accounts()
    assert (first.committed, first.expected, first.received, first.lost) == (11, 12, 10, 1)
    assert first.pending == 1
    assert first.expected == first.received + first.lost + first.pending
    assert (second.gateway, second.committed, second.expected) == ("gw-2", 0, 0)


def test_refused_things_are_listed_and_counted(desk: Desk) -> None:
    refused = Quarantined("gw-1", "from_the_future", NOW_MS, 80, 7, 12)
    dead = DeadLetter("beat x=1.5 1", "field type conflict", 400, NOW_MS)
    desk.ledger.store(batch(1, quarantined=(refused,), dead_letters=(dead,)))
    (row,) = desk.reader.quarantine()
    assert (row.reason, row.epoch, row.offset) == ("from_the_future", 7, 12)
    (letter,) = desk.reader.dead_letters()
    assert (letter.line, letter.status, letter.offset) == ("beat x=1.5 1", 400, None)
    assert {(one.kind, one.count) for one in desk.reader.tallies()} == {
        ("dead_letter", 1),
        ("quarantine", 1),
    }


def test_every_answer_goes_to_json_as_it_is(desk: Desk) -> None:
    desk.ledger.store(batch(1, intervals=(interval(),), incidents=(incident(),)))
    (outage,) = msgspec.json.decode(msgspec.json.encode(desk.reader.outages()))
    assert outage["state"] == "down"
    assert outage["end_ms"] is None
    (one,) = msgspec.json.decode(msgspec.json.encode(desk.reader.incidents()))
    assert one["members"] == ["ap-1"]
    nodes = msgspec.json.decode(msgspec.json.encode(desk.reader.nodes()))
    assert all(node["listed"] is True for node in nodes)


def test_no_ledger_no_answer(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing):
        LedgerReader(tmp_path / "ledger.sqlite")


def test_a_ledger_is_read_after_its_host_was_killed_or_stopped(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.store(batch(1, intervals=(interval(),)))
    with LedgerReader(path) as reader:
        assert len(reader.outages()) == 1
