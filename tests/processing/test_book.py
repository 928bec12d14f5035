"""The calendar is in order, and late records find their place."""

from hypothesis import given
from hypothesis import strategies as st

from processing.book import DUE_HOLD, Book, seen_key
from processing.gateway_gap import GatewayGap
from processing.intervals import Cause, Level, Reason
from processing.settings import Settings
from processing.trouble import Trouble


@given(st.lists(st.integers(0, 50)))
def test_the_calendar_gives_the_earliest_first(times: list[int]) -> None:
    book, taken = Book(), []
    for number, at_ms in enumerate(times):
        book.plan(at_ms, DUE_HOLD, f"a{number}")
    while (due := book.next_due(before_ms=40)) is not None:
        taken.append((due.at_ms, int(due.node[1:])))
    assert taken == sorted((at, n) for n, at in enumerate(times) if at < 40)


def test_a_late_record_finds_its_trouble() -> None:
    book = Book()
    over, lasting = Trouble.since("a0", 1_000, 0), Trouble.since("a0", 9_000, 0)
    over.close(5_000, 0)
    book.past["a0"], book.troubles["a0"] = [over], lasting
    assert book.trouble_at("a0", 500) is None
    assert book.trouble_at("a0", 3_000) is over
    assert book.trouble_at("a0", 7_000) is None
    assert book.trouble_at("a0", 99_000) is lasting
    assert book.trouble_of("a0", 9_000) is lasting
    assert book.trouble_of("a1", 9_000) is None


def test_a_late_heartbeat_finds_its_gap() -> None:
    book, settings = Book(), Settings()
    gap = GatewayGap.since("g0", 10_000, Reason.SILENCE, "", settings)
    book.gaps["g0"] = gap
    assert book.gap_at("g0", 20_000) is gap
    assert book.gap_of("g0", gap.start_ms) is gap
    gap.close(30_000, settings)
    assert book.gap_at("g0", 30_000) is None


def test_an_incident_knows_its_troubles() -> None:
    book = Book()
    trouble = Trouble.since("a0", 0, 0)
    trouble.incident = book.incidents.declare(
        Level.AP, "a0", Cause.ACCESS_POINT, 5_000, 0, ("a0", "a1")
    )
    book.troubles["a0"] = trouble
    book.troubles["a1"] = Trouble.since("a1", 0, 0)
    assert book.in_incident(trouble.incident) == [trouble]
    assert book.in_incident("unknown@0") == []


def test_a_gateway_and_an_access_point_are_told_apart() -> None:
    assert seen_key(Level.AP, "x") != seen_key(Level.GATEWAY, "x")
