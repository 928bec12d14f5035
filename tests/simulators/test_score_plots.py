"""The pictures: drawn without a screen, small, and only where there is something to show."""

import subprocess
import sys
from pathlib import Path

from simulators import score_plots
from simulators.score import Score
from tests.simulators.score_cases import small_score

BYTES_MAX = 200_000


def test_three_pictures(tmp_path: Path) -> None:
    paths = score_plots.write(small_score(), tmp_path / "new")
    assert [path.name for path in paths] == ["delay.png", "calibration.png", "timeline.png"]
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size < BYTES_MAX


def test_nothing_done_draws_nothing(tmp_path: Path) -> None:
    assert score_plots.write(Score("gate", 1), tmp_path) == []


def test_matplotlib_waits_until_something_is_drawn() -> None:
    code = "import sys, simulators.score_cli; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
