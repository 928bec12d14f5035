"""Notices wait in the ledger: each once, an incident's in order, a restart forgets none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import notice_store
from ingest.ledger import Ledger
from ingest.notice_store import NoticeStore
from ingest.notices import Event, Notice
from tests.ingest.test_notices import OPEN


def notice(incident: str, event: Event, made_ms: int) -> Notice:
    return Notice(f"{incident}.{event}.1", incident, event, 1, made_ms, "{}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[NoticeStore]:
    with Ledger.open(tmp_path / "ledger.sqlite"):
        made = NoticeStore(tmp_path / "ledger.sqlite")
        yield made
        made.close()


def test_the_same_notice_again_changes_nothing(store: NoticeStore) -> None:
    one = notice("a", Event.OPENED, 1)
    assert store.put([one, one]) == 1
    assert store.put([one]) == 0
    assert store.counts() == (1, 0)


def test_an_incident_is_told_in_order(store: NoticeStore) -> None:
    rows = [notice("a", Event.OPENED, 1), notice("a", Event.RESOLVED, 2)]
    store.put([*rows, notice("b", Event.OPENED, 1)])
    assert [row.id for row in store.due(5, 9)] == ["a.opened.1", "b.opened.1"]
    store.later("a.opened.1", 50)
    assert [row.id for row in store.due(5, 9)] == ["b.opened.1"]
    store.done("a.opened.1", 60)
    assert [row.id for row in store.due(60, 1)] == ["b.opened.1"]
    assert "a.resolved.1" in [row.id for row in store.due(60, 9)]


def test_what_waits_is_bounded(store: NoticeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_store, "WAITING_MAX", 2)
    assert store.put(notice(str(ix), Event.OPENED, ix) for ix in range(5)) == 2


def test_a_restart_knows_who_was_told(store: NoticeStore) -> None:
    store.put([notice(OPEN.incident, Event.OPENED, 7), notice(OPEN.incident, Event.REMINDER, 9)])
    assert store.told_open([OPEN]) == [(OPEN, 9, 1)]
    store.done(f"{OPEN.incident}.opened.1", 10, given_up=True)
    assert store.counts() == (1, 1)
    assert NoticeStore.told_open(store, []) == []
