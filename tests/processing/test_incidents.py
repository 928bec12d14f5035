"""The life of an incident, version by version."""

from processing.incidents import IncidentBook, incident_id
from processing.intervals import Cause, Level


def opened(book: IncidentBook, node: str = "a0", start_ms: int = 1_000) -> str:
    return book.declare(Level.AP, node, Cause.ACCESS_POINT, start_ms, 31_000, (node,))


def test_the_id_is_made_of_node_and_start() -> None:
    assert opened(IncidentBook()) == incident_id("a0", 1_000) == "a0@1000"


def test_every_change_is_a_version_and_no_change_is_none() -> None:
    book = IncidentBook()
    made = opened(book)
    book.attach(made, "a1")
    book.attach(made, "a1")
    book.blame(made, Level.FEEDER, "pole", Cause.FEEDER)
    book.blame(made, Level.FEEDER, "pole", Cause.FEEDER)
    book.retime(made, 1_000, 9_000)
    book.retime(made, 1_000, 9_000)
    rows = book.take()
    assert [row.version for row in rows] == [1, 2, 3, 4]
    assert rows[-1].members == ("a0", "a1")
    assert (rows[-1].cause, rows[-1].end_ms) == (Cause.FEEDER, 9_000)
    assert {row.incident for row in rows} == {made}
    assert book.take() == []


def test_declared_again_it_only_gains_members() -> None:
    book = IncidentBook()
    opened(book)
    again = book.declare(Level.AP, "a0", Cause.ACCESS_POINT, 1_000, 99_000, ("a0", "a1"))
    assert book.known[again].members == ("a0", "a1")
    assert book.known[again].declared_ms == 31_000


def test_a_merged_incident_gives_its_members_away() -> None:
    book = IncidentBook()
    first, second = opened(book), opened(book, "a1", 2_000)
    book.merge(second, first)
    book.merge(first, first)
    assert book.known[first].members == ("a0", "a1")
    gone = book.take()[-1]
    assert (gone.incident, gone.version, gone.merged_into) == (second, 2, first)
    assert second not in book.known


def test_what_is_forgotten_is_gone() -> None:
    book = IncidentBook()
    book.forget(opened(book))
    book.forget("never@0")
    assert book.known == {}
