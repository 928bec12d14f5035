"""Completeness as a series that only rises."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ingest.accounts import COUNTED, INTERVAL_NS, Accounts, totals_of
from ingest.ledger_rows import Completeness
from ingest.line_points import parse
from ingest.points import Tags
from tests.ingest.ledger_examples import TOWN

TAGS = Tags(TOWN)


def row(gateway: str = "gw-1", hour: int = 0, **counts: int) -> Completeness:
    return Completeness(gateway, 7, hour, **counts)


def test_hours_and_batches_add_up() -> None:
    accounts = Accounts(totals_of([row(received=5, expected=5)]), 0)
    accounts.add([row(hour=1, received=3, expected=4, lost=1), row(hour=2, duplicate=2)])
    held = accounts.of("gw-1")
    assert (held["received"], held["expected"], held["lost"], held["duplicate"]) == (8, 9, 1, 2)


def test_once_a_minute_and_only_what_changed() -> None:
    accounts = Accounts({}, 0)
    accounts.add([row(received=1, expected=1)])
    assert accounts.lines(TAGS, INTERVAL_NS - 1) == []
    (line,) = accounts.lines(TAGS, INTERVAL_NS)
    point = parse(line)
    assert point.key.measurement == "completeness"
    assert dict(point.key.tags)["gateway"] == "gw-1"
    assert point.fields["received"] == 1
    assert set(point.fields) == set(COUNTED)
    assert accounts.lines(TAGS, 2 * INTERVAL_NS) == []


def test_what_was_there_at_the_start_is_said_once() -> None:
    accounts = Accounts(totals_of([row(received=2)]), 0)
    assert len(accounts.lines(TAGS, INTERVAL_NS)) == 1


def test_a_gateway_that_left_the_inventory_makes_no_point() -> None:
    accounts = Accounts({}, 0)
    accounts.add([row(gateway="gw-gone", received=1)])
    assert accounts.lines(TAGS, INTERVAL_NS) == []


COUNTS = st.fixed_dictionaries({"received": st.integers(0, 50), "duplicate": st.integers(0, 50)})


@given(st.lists(COUNTS, max_size=8))
def test_the_cut_into_batches_does_not_matter(parts: Sequence[dict[str, int]]) -> None:
    rows = [row(received=one["received"], duplicate=one["duplicate"]) for one in parts]
    at_once, bit_by_bit = Accounts({}, 0), Accounts({}, 0)
    at_once.add(rows)
    for one in rows:
        bit_by_bit.add([one])
    assert at_once.of("gw-1") == bit_by_bit.of("gw-1")
