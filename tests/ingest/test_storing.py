"""One batch on its way: first every line is decided, then the ledger has it."""

import random
from collections.abc import Sequence

from ingest.errors import LedgerUnwritable
from ingest.ledger_rows import LedgerBatch
from ingest.pipeline import Batch
from ingest.sink import DeadLine, Retry, Sink, Stop, WriteOutcome
from ingest.storing import RETRY_BASE_S, RETRY_MAX_S, STOP_S, Storing, Trouble, Waiting
from tests.ingest.ledger_examples import NOW_MS

LINES = [f"sensor co2_ppm=400.0 {ix}" for ix in range(4)]
PATH, FULL = "ledger", "disk full"


class ScriptedSink(Sink):
    """A database of which each answer is known beforehand."""

    def __init__(self, *answers: WriteOutcome) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, ...]]()

    def probe(self) -> str:
        """Nobody asks."""
        return "scripted"

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        """The next answer."""
        self.asked.append(tuple(lines))
        return self.answers.pop(0)

    def close(self) -> None:
        """Nothing to let go of."""


class Pages:
    """A ledger that remembers, and whose disk may refuse so many times."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals, self.stored = refusals, list[LedgerBatch]()

    def store(self, batch: LedgerBatch) -> bool:
        """Keep it, or refuse."""
        if self.refusals:
            self.refusals -= 1
            raise LedgerUnwritable(PATH, FULL)
        self.stored.append(batch)
        return True


def storing(sink: ScriptedSink, pages: Pages, lines: Sequence[str] = LINES) -> Storing:
    batch = Batch(list(lines), LedgerBatch(1, NOW_MS))
    return Storing(batch, sink=sink, ledger=pages, rng=random.Random(1))


def test_the_database_first_and_then_the_ledger() -> None:
    sink, pages = ScriptedSink(WriteOutcome(4)), Pages()
    assert storing(sink, pages).attempt() is None
    assert [batch.number for batch in pages.stored] == [1]


def test_without_lines_only_the_ledger_is_asked() -> None:
    sink, pages = ScriptedSink(), Pages()
    assert storing(sink, pages, lines=[]).attempt() is None
    assert sink.asked == []
    assert len(pages.stored) == 1


def test_what_is_open_is_asked_again_and_what_is_stored_is_not() -> None:
    rest = tuple(LINES[2:])
    sink = ScriptedSink(
        WriteOutcome(2, rest=rest, retry=Retry("503", None)),
        WriteOutcome(2),
    )
    pages = Pages()
    one = storing(sink, pages)
    waiting = one.attempt()
    assert waiting is not None
    assert waiting.trouble == Trouble("503", "")
    assert 0 <= waiting.wait_s <= RETRY_BASE_S
    assert pages.stored == []
    assert one.attempt() is None
    assert sink.asked == [tuple(LINES), rest]
    assert one.lines_stored == 4


def test_a_server_that_names_the_wait_is_believed_within_a_bound() -> None:
    for asked_s, waited_s in ((7.0, 7.0), (86_400.0, STOP_S)):
        sink = ScriptedSink(WriteOutcome(rest=tuple(LINES), retry=Retry("429", asked_s)))
        waiting = storing(sink, Pages()).attempt()
        assert waiting == Waiting(Trouble("429", ""), waited_s)


def test_what_needs_a_person_names_the_remedy_and_commits_nothing() -> None:
    sink = ScriptedSink(WriteOutcome(rest=tuple(LINES), stop=Stop("401", "Check the token.")))
    pages = Pages()
    assert storing(sink, pages).attempt() == Waiting(Trouble("401", "Check the token."), STOP_S)
    assert pages.stored == []


def test_dead_lines_reach_the_ledger_with_their_batch() -> None:
    dead = DeadLine(LINES[0], "field type conflict", 400)
    pages = Pages()
    one = storing(ScriptedSink(WriteOutcome(3, (dead,))), pages)
    assert one.attempt() is None
    (letter,) = pages.stored[0].dead_letters
    assert (letter.line, letter.reason, letter.status) == (LINES[0], dead.reason, 400)
    assert one.dead_letters == 1


def test_a_ledger_that_refuses_does_not_send_the_lines_again() -> None:
    sink, pages = ScriptedSink(WriteOutcome(4)), Pages(refusals=1)
    one = storing(sink, pages)
    waiting = one.attempt()
    assert waiting is not None
    assert "disk full" in waiting.trouble.reason
    assert one.attempt() is None
    assert len(sink.asked) == 1


def test_waits_grow_to_their_bound() -> None:
    away = WriteOutcome(rest=tuple(LINES), retry=Retry("refused", None))
    one = storing(ScriptedSink(*[away] * 200), Pages())
    waits = [waiting.wait_s for waiting in (one.attempt() for _ in range(200)) if waiting]
    assert max(waits) <= RETRY_MAX_S
    assert max(waits[20:]) > RETRY_MAX_S / 2
