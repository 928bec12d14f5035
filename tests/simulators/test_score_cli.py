"""The command: reports, refusals, and an interrupted run that keeps what was done."""

import json
from collections.abc import Generator
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulators import score_cli
from simulators.cli import simulate
from simulators.score import Cell, DetectorUnknown, Scored
from simulators.score_suites import cells_of, first_seed
from simulators.seeds import SeedRefused

QUICK = ["score", "--suite", "quick", "--workers", "1", "--detector", "3-miss"]


def test_a_report_is_written_and_its_json_printed(tmp_path: Path) -> None:
    words = [*QUICK, "--json", "--report", str(tmp_path), "--commit", "abc"]
    done = CliRunner().invoke(simulate, words)
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed["complete"]
    assert printed["cells_done"] == printed["cells_planned"] == 3
    assert printed["commit"] == "abc"
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"score.json", "score.md", "delay.png", "calibration.png", "timeline.png"}
    assert json.loads((tmp_path / "score.json").read_text())["seed"] == first_seed()
    assert "3 of 3" in done.stderr.replace("  ", " ")


def test_ctrl_c_leaves_the_report_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = score_cli.played

    def interrupted(
        cells: list[Cell], names: tuple[str, ...], workers: int
    ) -> Generator[Scored, None, None]:
        yield from islice(whole(cells[-1:], names, workers), 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(score_cli, "played", interrupted)
    done = CliRunner().invoke(simulate, [*QUICK, "--report", str(tmp_path)])
    assert done.exit_code == score_cli.INTERRUPTED
    written = json.loads((tmp_path / "score.json").read_text())
    assert (written["complete"], written["cells_done"], written["cells_planned"]) == (False, 1, 3)
    assert "1 of 3 runs (**interrupted**)" in (tmp_path / "score.md").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [(["--seed", "5"], SeedRefused), (["--detector", "theirs"], DetectorUnknown)],
)
def test_refusals(words: list[str], error: type[Exception]) -> None:
    done = CliRunner().invoke(simulate, ["score", *words])
    assert isinstance(done.exception, error)


def test_workers_share_the_cells() -> None:
    cells = cells_of("quick", first_seed())[2:]
    (alone,) = score_cli.played(cells, ("3-miss",), 1)
    (shared,) = score_cli.played(cells, ("3-miss",), 2)
    assert alone.tallies[0].found == shared.tallies[0].found
    assert alone.tallies[0].false_ap_alarms == shared.tallies[0].false_ap_alarms
