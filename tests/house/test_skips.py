"""In CI a test that is skipped fails the run; elsewhere it is only named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import HOUSE

SKIPPED = """\
import pytest

@pytest.mark.skip(reason="planted")
def test_skipped() -> None: ...

def test_runs() -> None: ...
"""


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skip_fails_where_ci_runs(ci: str, code: int, tmp_path: Path) -> None:
    planted = tmp_path / "test_planted.py"
    planted.write_text(SKIPPED, "utf-8")
    words = ["-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(planted)]
    done = subprocess.run(
        [sys.executable, *words, f"--rootdir={tmp_path}", "-c", os.devnull],
        cwd=HOUSE,
        env={**os.environ, "CI": ci},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("which CI does not allow" in done.stdout) == bool(ci)
