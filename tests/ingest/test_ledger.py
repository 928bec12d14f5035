"""A batch is there as a whole or not at all, once, whatever is killed, and the host goes on."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import ledger_tables
from ingest.errors import BatchOutOfOrder, LedgerBusy, LedgerForeign, LedgerUnwritable
from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from ingest.ledger_rows import Completeness, DeadLetter, LedgerContents, Received
from processing.offsets import OffsetSet
from tests.ingest.ledger_examples import NOW_MS, TOWN, batch, interval
from vocabulary.exit_codes import ExitCode


def received(epoch: int, *ranges: tuple[int, int]) -> Received:
    return Received("gw-1", epoch, 0, ranges)


def test_a_new_ledger_is_empty(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.load() == LedgerContents(0, None, {})


def test_a_restarted_host_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        assert ledger.store(batch(1, checkpoint=b"one", received=(received(7, (0, 3)),)))
        rows = (received(7, (0, 5), (9, 11)), received(2**53 - 1, (4, 5)))
        assert ledger.store(batch(2, checkpoint=b"two", received=rows))
        assert ledger.store(batch(3))
    with Ledger.open(path) as ledger:
        contents = ledger.load()
    assert (contents.number, contents.checkpoint) == (3, b"two")
    assert contents.prefixes == {("gw-1", 7): 5, ("gw-1", 2**53 - 1): 0}
    assert contents.received["gw-1", 7].intervals() == [(0, 5), (9, 11)]


def test_the_same_batch_again_changes_nothing(tmp_path: Path) -> None:
    made = batch(
        1,
        checkpoint=b"one",
        intervals=(interval(),),
        completeness=(Completeness("gw-1", 7, 5, received=3),),
        dead_letters=(DeadLetter("x", "bad", 400, NOW_MS),),
    )
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        assert ledger.store(made)
        assert not ledger.store(made)
        with LedgerReader(path) as reader:
            assert [row.received for row in reader.completeness()] == [3]
            assert len(reader.dead_letters()) == 1
            assert [tally.count for tally in reader.tallies()] == [1]


def test_a_batch_may_not_be_left_out(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(BatchOutOfOrder) as caught:
            ledger.store(batch(2))
        assert (caught.value.expected, caught.value.found) == (1, 2)
        assert ledger.store(batch(1))


def test_a_fault_in_the_middle_stores_nothing_and_the_batch_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail(*_rows: object) -> None:
        raise full

    made = batch(1, intervals=(interval(),), checkpoint=b"one")
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        with monkeypatch.context() as disk:
            disk.setattr(ledger_tables, "_checkpoint", fail)
            with pytest.raises(LedgerUnwritable) as caught:
                ledger.store(made)
            assert caught.value.exit_code is ExitCode.IO_ERROR
        assert ledger.load() == LedgerContents(0, None, {})
        with LedgerReader(ledger.path) as reader:
            assert reader.outages() == []
        assert ledger.store(made)
        assert ledger.load().checkpoint == b"one"


def test_a_really_full_disk(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        (pages,) = ledger._connection.execute("PRAGMA page_count").fetchone()
        ledger._connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        with pytest.raises(LedgerUnwritable) as caught:
            ledger.store(batch(1, checkpoint=b"x" * 1_000_000))
        assert "full" in str(caught.value)
        ledger._connection.execute("PRAGMA max_page_count = 1000000")
        assert ledger.store(batch(1, checkpoint=b"x" * 1_000_000))


def test_only_one_host(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path), pytest.raises(LedgerBusy):
        Ledger.open(path)
    Ledger.open(path).close()


def test_a_refused_file_gives_the_lease_back(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("not a ledger")
    for _ in range(2):
        with pytest.raises(LedgerForeign):
            Ledger.open(path)
    assert path.read_text() == "not a ledger"


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnwritable) as caught:
        Ledger.open(tmp_path / "nowhere" / "ledger.sqlite")
    assert "no directory" in str(caught.value)


def test_the_sink_thread_stores_while_another_one_asks(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger, LedgerReader(path) as reader:
        rows = [batch(n, intervals=(interval(start_ms=n, node=f"ap-{n}"),)) for n in range(1, 51)]
        sink = threading.Thread(target=lambda: [ledger.store(one) for one in rows])
        sink.start()
        seen = [len(reader.outages()) for _ in range(20)]
        numbers = [ledger.load().number for _ in range(20)]
        sink.join()
        assert seen == sorted(seen)
        assert numbers == sorted(numbers)
        assert len(reader.outages()) == 50


def test_written_after_all_a_dead_letter_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    dead = [DeadLetter(f"line {ix}", "bad", 400, NOW_MS) for ix in range(3)]
    with Ledger.open(path) as ledger, LedgerReader(path) as reader:
        ledger.store(batch(1, dead_letters=tuple(dead)))
        first = reader.dead_letters()[0]
        ledger.remove_dead_letters([first.id])
        assert [row.line for row in reader.dead_letters()] == ["line 1", "line 2"]


def test_the_inventory_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.set_inventory(TOWN)
        ledger.set_inventory(TOWN)
    with LedgerReader(path) as reader:
        assert len(reader.nodes()) == 7


WRITE_FOR_EVER = """
import sys
from pathlib import Path
from ingest.ledger import Ledger
from ingest.ledger_rows import LedgerBatch, Received
ledger = Ledger.open(Path(sys.argv[1]))
number = ledger.load().number
while True:
    number += 1
    rows = tuple(Received(f"gw-{ix}", 1, 0, ((0, number),)) for ix in range(20))
    ledger.store(LedgerBatch(number, number, checkpoint=b"%d" % number * 2000, received=rows))
    print(number, flush=True)
"""


def test_killed_at_any_moment_state_and_offsets_agree(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    for life in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_FOR_EVER, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as writer:
            assert writer.stdout is not None
            for _ in range(3 + 7 * life):
                told = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            told = max([told, *map(int, writer.stdout.read().split(b"\n")[:-1])])
        with Ledger.open(path) as ledger:
            contents = ledger.load()
        assert contents.number >= told  # what was reported stored is there
        assert contents.checkpoint == b"%d" % contents.number * 2000
        assert set(contents.prefixes.values()) == {contents.number}


@given(
    steps=st.lists(
        st.tuples(
            st.dictionaries(
                st.tuples(st.sampled_from(["gw-1", "gw-2"]), st.integers(1, 2)),
                st.lists(st.integers(0, 30), max_size=5),
                max_size=3,
            ),
            st.one_of(st.none(), st.binary(max_size=8)),
            st.sampled_from(["on", "repeat", "reopen"]),
        ),
        max_size=12,
    )
)
def test_any_history_loads_as_it_was_stored(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[dict[tuple[str, int], list[int]], bytes | None, str]],
) -> None:
    path = tmp_path_factory.mktemp("history") / "ledger.sqlite"
    expected: dict[tuple[str, int], OffsetSet] = {}
    checkpoint: bytes | None = None
    ledger = Ledger.open(path)
    for number, (arrived, state, then) in enumerate(steps, start=1):
        for key, offsets in arrived.items():
            for offset in offsets:
                expected.setdefault(key, OffsetSet()).add(offset)
        touched = tuple(Received.of(key, expected[key]) for key in arrived if key in expected)
        checkpoint = checkpoint if state is None else state
        made = batch(number, checkpoint=state, received=touched)
        assert ledger.store(made)
        if then == "repeat":
            assert not ledger.store(made)
        if then == "reopen":
            ledger.close()
            ledger = Ledger.open(path)
        contents = ledger.load()
        assert (contents.number, contents.checkpoint) == (number, checkpoint)
        assert {key: held.intervals() for key, held in contents.received.items()} == {
            key: held.intervals() for key, held in expected.items()
        }
    ledger.close()
