"""From single events to what is told: the rare turns that whole stories seldom take."""

import numpy as np

from processing.book import Book
from processing.chronicle import Chronicle
from processing.intervals import Cause
from processing.records import EVENT_DTYPE, ApState, EventKind, Records
from processing.settings import Settings
from tests.processing.street import city_of

CITY = city_of([("a0", "g0", "pole"), ("a1", "g0", "pole")])
SETTINGS = Settings()
S = 1_000_000_000


def events(*rows: tuple[int, int, EventKind, int, int]) -> Records:
    """(second, node, kind, event second or -1, missed) with the last proof of life at 0."""
    made = np.zeros(len(rows), dtype=EVENT_DTYPE)
    for at, (second, node, kind, ts, missed) in enumerate(rows):
        ts_ms = 1_000 * ts if ts >= 0 else -1
        made[at] = (second * S, ts_ms, 0, 0, 0, node, missed, kind)
    return made


def chronicle(book: Book | None = None) -> Chronicle:
    shown = np.full(CITY.ap_count, ApState.UP, dtype=np.int8)
    return Chronicle(book or Book(), shown, CITY, SETTINGS)


def test_every_kind_of_event_is_understood() -> None:
    assert set(chronicle()._on_event) == set(EventKind)


def test_down_waits_for_a_suspected_sibling_one_beat_at_most() -> None:
    book = Book()
    told = chronicle(book)
    told.tell(
        events(
            (11, 0, EventKind.SUSPECT, -1, 1),
            (12, 1, EventKind.SUSPECT, -1, 1),
            (31, 0, EventKind.DOWN, -1, 3),
        )
    )
    assert book.held == ["a0"]
    told.pass_time(40 * S)
    assert [change.state for change in told.changes] == ["suspect", "suspect"]
    told.pass_time(42 * S)
    assert told.changes[-1].state == "down"
    assert told.changes[-1].cause is Cause.FEEDER
    told.tell(events((45, 1, EventKind.DOWN, -1, 3)))
    assert len(book.incidents.known) == 1


def test_a_held_outage_that_ends_is_still_told() -> None:
    book = Book()
    told = chronicle(book)
    told.tell(
        events(
            (11, 0, EventKind.SUSPECT, -1, 1),
            (12, 1, EventKind.SUSPECT, -1, 1),
            (31, 0, EventKind.DOWN, -1, 3),
            (36, 0, EventKind.ALIVE, 40, 3),
        )
    )
    assert [c.state for c in told.changes if c.node == "a0"] == ["suspect", "down", "up"]
    assert [row.end_ms for row in told.intervals] == [None, 35_000]
    assert book.held == []


def test_the_sibling_that_lives_ends_the_wait() -> None:
    told = chronicle()
    told.tell(
        events(
            (11, 0, EventKind.SUSPECT, -1, 1),
            (12, 1, EventKind.SUSPECT, -1, 1),
            (31, 0, EventKind.DOWN, -1, 3),
            (33, 1, EventKind.ALIVE, 33, 0),
        )
    )
    assert told.changes[-1].cause is Cause.ACCESS_POINT
    assert told.changes[-1].at_ns == 33 * S


def test_late_beats_of_a_time_nobody_doubted_are_counted() -> None:
    book = Book()
    told = chronicle(book)
    told.tell(events((50, 0, EventKind.LATE_FAIL, 20, 0), (50, 0, EventKind.LATE_OK, 30, 0)))
    assert book.unplaced_beats == 2
    assert told.changes == []
    assert told.intervals == []


def test_a_late_heartbeat_without_a_gap_is_nothing() -> None:
    book = Book()
    told = chronicle(book)
    told.tell(events((50, 2, EventKind.LATE_HEARTBEAT, 20, 0)))
    assert book.gaps == {}


def test_late_records_that_never_rest_are_judged_all_the_same() -> None:
    book = Book()
    told = chronicle(book)
    told.tell(events((20, 0, EventKind.BLIND_HOST, -1, 0)))
    for second in range(21, 95, 3):
        told.tell(events((second, 0, EventKind.LATE_OK, second - 20, 0)))
    revised = [row for row in told.intervals if row.status == "amended"]
    assert revised
    assert revised[0].start_ms < 95_000
