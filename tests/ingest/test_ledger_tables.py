"""Revisions are added and never written over; counts add up; floods of bad input are capped."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ingest import ledger_tables
from ingest.ledger_file import open_writer
from ingest.ledger_rows import Completeness, DeadLetter, Quarantined, nodes_of
from processing.intervals import IntervalState, Status
from tests.ingest.ledger_examples import NOW_MS, TOWN, batch, incident, interval


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_writer(tmp_path / "ledger.sqlite")
    yield connection
    connection.close()


def rows(tables: sqlite3.Connection, sql: str) -> list[tuple[object, ...]]:
    return tables.execute(sql).fetchall()


def test_every_revision_is_kept_and_the_last_counts(tables: sqlite3.Connection) -> None:
    first = interval()
    ended = interval(version=2, end_ms=NOW_MS + 60_000)
    final = interval(version=3, end_ms=NOW_MS + 60_000, status=Status.FINAL)
    ledger_tables.store(tables, batch(1, intervals=(first, ended)))
    ledger_tables.store(tables, batch(2, intervals=(final,)))
    assert rows(tables, "SELECT version, end_ms, recorded_ms FROM interval ORDER BY version") == [
        (1, None, NOW_MS + 1_000),
        (2, NOW_MS + 60_000, NOW_MS + 1_000),
        (3, NOW_MS + 60_000, NOW_MS + 2_000),
    ]
    assert rows(tables, "SELECT version, status FROM interval_now") == [(3, "final")]


def test_a_withdrawn_interval_is_history_only(tables: sqlite3.Connection) -> None:
    gone = interval(version=2, end_ms=NOW_MS, state=IntervalState.WITHDRAWN)
    ledger_tables.store(tables, batch(1, intervals=(interval(), gone)))
    assert rows(tables, "SELECT count(*) FROM interval") == [(2,)]
    assert rows(tables, "SELECT * FROM interval_now") == []


def test_the_same_words_again_are_no_news(tables: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        ledger_tables.store(tables, batch(number, intervals=(interval(),), incidents=(incident(),)))
    assert rows(tables, "SELECT count(*) FROM interval") == [(1,)]
    assert rows(tables, "SELECT count(*) FROM incident") == [(1,)]


def test_other_words_under_a_version_that_is_taken_become_the_next(
    tables: sqlite3.Connection,
) -> None:
    ledger_tables.store(
        tables, batch(1, intervals=(interval(), interval(version=2, end_ms=NOW_MS)))
    )
    other = interval(version=1, end_ms=NOW_MS + 7)
    for number in (2, 3):
        ledger_tables.store(tables, batch(number, intervals=(other,)))
    assert rows(tables, "SELECT version, end_ms FROM interval ORDER BY version") == [
        (1, None),
        (2, NOW_MS),
        (3, NOW_MS + 7),
    ]


def test_a_version_may_be_missing_before_another(tables: sqlite3.Connection) -> None:
    ledger_tables.store(tables, batch(1, intervals=(interval(version=4),)))
    ledger_tables.store(tables, batch(2, intervals=(interval(version=2, end_ms=NOW_MS + 9),)))
    assert rows(tables, "SELECT version FROM interval_now") == [(4,)]


def test_a_merged_incident_gives_way_to_the_one_it_joined(tables: sqlite3.Connection) -> None:
    other = incident(incident="feeder-9@1", node="feeder-9", members=("ap-1", "ap-2"))
    merged = incident(version=2, merged_into="feeder-9@1")
    ledger_tables.store(tables, batch(1, incidents=(incident(), other, merged)))
    assert rows(tables, "SELECT incident, members FROM incident_now") == [
        ("feeder-9@1", '["ap-1","ap-2"]')
    ]


def test_what_a_batch_adds_is_added(tables: sqlite3.Connection) -> None:
    once = Completeness("gw-1", 7, 500_000, expected=9, received=5, late=2, lost=1, shed=3)
    for number in (1, 2):
        ledger_tables.store(tables, batch(number, completeness=(once, once)))
    assert rows(tables, "SELECT * FROM completeness") == [
        ("gw-1", 7, 500_000, 36, 20, 8, 0, 0, 4, 0, 12)
    ]


def test_two_checkpoints_are_kept(tables: sqlite3.Connection) -> None:
    for number in range(1, 6):
        ledger_tables.store(tables, batch(number, checkpoint=bytes([number])))
    ledger_tables.store(tables, batch(6))
    assert rows(tables, "SELECT * FROM checkpoint ORDER BY batch") == [(4, b"\4"), (5, b"\5")]


def test_floods_are_capped_and_still_counted(
    tables: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_tables, "QUARANTINE_ROWS_MAX", 5)
    monkeypatch.setattr(ledger_tables, "DEAD_LETTER_ROWS_MAX", 5)
    refused = Quarantined("gw-1", "not_protobuf", NOW_MS, 80)
    dead = DeadLetter("beat x=1.5 1", "field type conflict", 400, NOW_MS, "gw-1", 7, 12)
    for number in (1, 2, 3):
        made = batch(number, quarantined=(refused,) * 4, dead_letters=(dead,) * 3)
        ledger_tables.store(tables, made)
    assert rows(tables, "SELECT count(*) FROM quarantine") == [(5,)]
    assert rows(tables, "SELECT count(*) FROM dead_letter") == [(5,)]
    assert rows(tables, "SELECT * FROM tally ORDER BY kind") == [
        ("dead_letter", "gw-1", "400", 9),
        ("quarantine", "gw-1", "not_protobuf", 12),
    ]


def test_quarantine_has_no_room_for_bytes() -> None:
    kinds = {field.name: field.type for field in msgspec.structs.fields(Quarantined)}
    assert bytes not in kinds.values()


def test_nodes_of_yesterday_stay_as_not_listed(tables: sqlite3.Connection) -> None:
    ledger_tables.replace_nodes(tables, nodes_of(TOWN))
    smaller = msgspec.structs.replace(TOWN, access_point=TOWN.access_point[:1])
    for _ in range(2):
        ledger_tables.replace_nodes(tables, nodes_of(smaller))
    assert rows(tables, "SELECT node, listed FROM node WHERE level = 'ap' ORDER BY node") == [
        ("ap-1", 1),
        ("ap-2", 0),
    ]
