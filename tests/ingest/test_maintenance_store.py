"""Announcements are kept, checked against the inventory, and never written over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.ledger import Ledger
from ingest.maintenance import LENGTH_MS_MAX, Window
from ingest.maintenance_store import MaintenanceStore, WorkUnfit
from simulators.installation import town


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MaintenanceStore]:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.set_inventory(town(gateways=1, aps_each=1, sensors_each=0))
        made = MaintenanceStore(path)
        yield made
        made.close()


GOOD = Window(0, "site", "market", 10, 20, ' مدّ الأسلاك "اليوم" ', 5)


def test_added_listed_and_taken_back(store: MaintenanceStore) -> None:
    made = store.add(GOOD)
    assert made.id == 1
    assert made.reason == 'مدّ الأسلاك "اليوم"'
    assert store.all() == [made]
    assert store.remove(1, 15).span == (10, 15)
    assert store.remove(1, 17).removed_ms == 15
    (row,) = store.all()
    assert not row.stands


@pytest.mark.parametrize(
    ("level", "node", "start", "end", "reason"),
    [
        ("street", "market", 1, 2, "x"),
        ("site", "nowhere", 1, 2, "x"),
        ("site", "market", 2, 2, "x"),
        ("site", "market", 1, 2 + LENGTH_MS_MAX, "x"),
        ("site", "market", 1, 2, "  "),
    ],
)
def test_what_cannot_be_is_refused(
    store: MaintenanceStore, level: str, node: str, start: int, end: int, reason: str
) -> None:
    with pytest.raises(WorkUnfit):
        store.add(Window(0, level, node, start, end, reason, 0))
    assert store.all() == []


def test_a_number_that_is_none(store: MaintenanceStore) -> None:
    with pytest.raises(WorkUnfit, match="number 7"):
        store.remove(7, 1)
