"""Dead letters: seen, tried again, and gone once they are stored."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ingest.dead_letter_cli import ReplayHalted, dead_letter, replay
from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.ledger import Ledger
from ingest.ledger_reader import DeadLetterRow, LedgerReader
from ingest.ledger_rows import DeadLetter
from simulators.servers import InfluxDb
from tests.ingest.ledger_examples import NOW_MS, batch

GOOD = f"sensor,sensor=a co2_ppm=400 {NOW_MS}"
BAD = f'sensor,sensor=a co2_ppm="much" {NOW_MS}'


def ledger_with(path: Path, lines: Sequence[str]) -> list[DeadLetterRow]:
    letters = tuple(DeadLetter(line, "field type conflict", 400, NOW_MS) for line in lines)
    with Ledger.open(path) as ledger:
        ledger.store(batch(1, dead_letters=letters))
    with LedgerReader(path) as reader:
        return reader.dead_letters()


def test_they_are_listed_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger_with(path, [BAD])
    shown = CliRunner().invoke(dead_letter, ["list", "--ledger", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "field type conflict" in shown.output
    assert BAD in shown.output
    as_json = CliRunner().invoke(dead_letter, ["list", "--ledger", str(path), "--json"])
    (row,) = msgspec.json.decode(as_json.output)
    assert row["status"] == 400


def test_none_is_said(tmp_path: Path) -> None:
    ledger_with(tmp_path / "ledger.sqlite", [])
    shown = CliRunner().invoke(dead_letter, ["list", "--ledger", str(tmp_path / "ledger.sqlite")])
    assert shown.output == "no dead letters\n"


def test_what_is_stored_leaves_and_what_is_refused_stays(tmp_path: Path, influx: InfluxDb) -> None:
    settings = InfluxSettings(influx.url, database="letters")
    path = tmp_path / "ledger.sqlite"
    letters = ledger_with(path, [GOOD, BAD])
    sink = InfluxSink(settings)
    with Ledger.open(path) as ledger:
        result = replay(sink, ledger, letters)
    sink.close()
    assert (result.stored, result.still_refused) == (1, 1)
    with LedgerReader(path) as reader:
        assert [row.line for row in reader.dead_letters()] == [BAD]
    reader_of_points = InfluxReader(settings)
    assert reader_of_points.query("SELECT co2_ppm FROM sensor")[0]["co2_ppm"] == 400
    reader_of_points.close()


def test_a_database_that_is_away_removes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    letters = ledger_with(path, [GOOD])
    sink = InfluxSink(InfluxSettings("http://127.0.0.1:9", timeout_s=1.0))
    with Ledger.open(path) as ledger, pytest.raises(ReplayHalted):
        replay(sink, ledger, letters)
    sink.close()
    with LedgerReader(path) as reader:
        assert len(reader.dead_letters()) == 1
