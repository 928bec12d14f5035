"""A batch is done when the database and the ledger have it, and not before."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from ingest.ledger_rows import Completeness, LedgerBatch
from ingest.line_file import LineFile
from ingest.line_points import distinct_points
from ingest.pipeline import Batch
from ingest.sink import Sink
from ingest.sink_worker import SinkWorker
from ingest.storing import RETRY_BASE_S, RETRY_MAX_S, Trouble
from tests.ingest.foreign_influx import ForeignInflux
from tests.ingest.ledger_examples import NOW_MS

PATIENCE_S = 20.0
LINES = [f"sensor,sensor=s{ix} co2_ppm=400.0 {NOW_MS + ix}" for ix in range(5)]


class Impatient(random.Random):
    """Chance that always chooses no wait, and remembers what it might have chosen."""

    def __init__(self) -> None:
        super().__init__(1)
        self.bounds: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.bounds.append((a, b))
        return 0.0


class Bench:
    """A worker at its ledger, and everything it said."""

    def __init__(self, directory: Path, sink: Sink) -> None:
        self.sink, self.ledger = sink, Ledger.open(directory / "ledger.sqlite")
        self.rng = Impatient()
        self.said: list[Trouble | None] = []
        self.troubled, self.done = threading.Event(), threading.Event()
        self.worker = SinkWorker(
            sink, self.ledger, rng=self.rng, changed=self._changed, done=self.done.set
        )
        self.worker.start()

    def _changed(self, trouble: Trouble | None) -> None:
        self.said.append(trouble)
        self.troubled.set()

    def numbers(self) -> int:
        return self.ledger.load().number

    def stop(self) -> bool:
        """End the worker, and only then what it uses."""
        ended = self.worker.stop(PATIENCE_S)
        self.sink.close()
        self.ledger.close()
        return ended


@pytest.fixture
def foreign() -> Iterator[ForeignInflux]:
    with ForeignInflux() as server:
        yield server


def bench_with(directory: Path, server: ForeignInflux) -> Bench:
    return Bench(directory, InfluxSink(InfluxSettings(server.url, org="o", timeout_s=5)))


def batch(number: int, lines: list[str] | None = None) -> Batch:
    rows = LedgerBatch(number, NOW_MS, completeness=(Completeness("gw-1", 7, 5, received=1),))
    return Batch(list(LINES) if lines is None else lines, rows)


def test_lines_then_ledger_then_done(tmp_path: Path) -> None:
    path = tmp_path / "points.lp"
    bench = Bench(tmp_path, LineFile(path))
    for number in (1, 2):
        made = batch(number)
        bench.worker.give(made)
        assert bench.worker.wait_done(PATIENCE_S) is made
        assert bench.numbers() == number
    assert len(distinct_points(path)) == len(LINES)
    assert bench.worker.take_done() is None
    assert bench.worker.lines_stored == 2 * len(LINES)
    assert bench.done.is_set()
    assert bench.said == []
    assert bench.stop()


def test_a_batch_without_lines_needs_no_database(tmp_path: Path, foreign: ForeignInflux) -> None:
    bench = bench_with(tmp_path, foreign)
    bench.worker.give(batch(1, []))
    assert bench.worker.wait_done(PATIENCE_S) is not None
    assert foreign.asked == []
    assert bench.stop()


def test_what_passes_is_tried_again_with_jitter_and_said_once(
    tmp_path: Path, foreign: ForeignInflux
) -> None:
    foreign.script.extend([(503, {}, b"")] * 9)
    bench = bench_with(tmp_path, foreign)
    bench.worker.give(batch(1))
    assert bench.worker.wait_done(PATIENCE_S) is not None
    bounds = [min(RETRY_MAX_S, RETRY_BASE_S * 2**ix) for ix in range(9)]
    assert bench.rng.bounds == [(0, bound) for bound in bounds]
    first, last = bench.said
    assert first is not None
    assert first.remedy == ""
    assert last is None
    assert len(foreign.writes()) == 10
    assert bench.stop()


def test_the_server_may_say_when(tmp_path: Path, foreign: ForeignInflux) -> None:
    foreign.script.append((429, {"Retry-After": "0"}, b""))
    bench = bench_with(tmp_path, foreign)
    bench.worker.give(batch(1))
    assert bench.worker.wait_done(PATIENCE_S) is not None
    assert bench.rng.bounds == []
    assert bench.stop()


def test_what_needs_a_person_is_said_and_nothing_is_stored(
    tmp_path: Path, foreign: ForeignInflux
) -> None:
    foreign.script.append((401, {}, b'{"message":"unauthorized access"}'))
    bench = bench_with(tmp_path, foreign)
    bench.worker.give(batch(1))
    assert bench.troubled.wait(PATIENCE_S)
    (trouble,) = bench.said
    assert trouble is not None
    assert trouble.remedy
    assert bench.numbers() == 0
    assert bench.stop()  # at once, though the next attempt is a minute away
    assert bench.worker.take_done() is None
    assert len(foreign.writes()) == 1  # and it did not go round and round


def test_a_dead_letter_reaches_the_ledger_with_the_rest(
    tmp_path: Path, foreign: ForeignInflux
) -> None:
    foreign.refuse("sensor=s3")
    bench = bench_with(tmp_path, foreign)
    bench.worker.give(batch(1))
    assert bench.worker.wait_done(PATIENCE_S) is not None
    with LedgerReader(bench.ledger.path) as reader:
        (letter,) = reader.dead_letters()
        assert [row.received for row in reader.completeness()] == [1]
    assert (letter.line, letter.status, letter.at_ms) == (LINES[3], 400, NOW_MS)
    assert bench.worker.dead_letters == 1
    assert bench.worker.lines_stored == len(LINES) - 1
    assert bench.stop()


def test_dead_letters_survive_a_fault_half_way(tmp_path: Path, foreign: ForeignInflux) -> None:
    foreign.refuse("sensor=s0")
    foreign.script.append((400, {}, b""))  # the whole; then its first half, and so on
    foreign.script.append((400, {}, b""))
    foreign.script.append((400, {}, b""))  # the first line alone
    foreign.script.append((503, {}, b""))
    bench = bench_with(tmp_path, foreign)
    bench.worker.give(batch(1))
    assert bench.worker.wait_done(PATIENCE_S) is not None
    with LedgerReader(bench.ledger.path) as reader:
        assert [letter.line for letter in reader.dead_letters()] == LINES[:1]
    assert bench.stop()


def test_a_full_disk_under_the_ledger_is_waited_out(tmp_path: Path) -> None:
    path = tmp_path / "points.lp"
    bench = Bench(tmp_path, LineFile(path))
    connection = bench.ledger._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    rows = LedgerBatch(1, NOW_MS, checkpoint=b"x" * 100_000)
    bench.worker.give(Batch(list(LINES), rows))
    assert bench.troubled.wait(PATIENCE_S)
    (trouble,) = bench.said[:1]
    assert trouble is not None
    assert "full" in trouble.reason
    with bench.ledger._turn:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert bench.worker.wait_done(PATIENCE_S) is not None
    assert bench.said[-1] is None
    assert path.read_text() == "".join(f"{line}\n" for line in LINES)  # written once
    assert bench.stop()


def test_told_to_stop_it_finishes_what_goes_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, LineFile(tmp_path / "points.lp"))
    made = batch(1)
    bench.worker.give(made)
    assert bench.stop()
    assert bench.worker.take_done() is made
    with Ledger.open(bench.ledger.path) as ledger:
        assert ledger.load().number == 1


def test_idle_it_stops_at_once(tmp_path: Path, foreign: ForeignInflux) -> None:
    assert bench_with(tmp_path, foreign).stop()


def test_a_fault_of_our_own_is_handed_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path, LineFile(tmp_path / "points.lp"))
    bench.worker.give(batch(5))  # out of order: no waiting mends that
    assert bench.worker.wait_done(PATIENCE_S) is None
    assert isinstance(bench.worker.failure, Exception)
    assert bench.done.is_set()
    assert bench.stop()
