"""The Makefile explains itself: each target is listed and says what it does when it runs."""

import re
import subprocess
from typing import Final

import pytest

from tests.house.tree import HOUSE

MAKEFILE: Final = (HOUSE / "Makefile").read_text("utf-8")
TARGETS: Final = re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)


def test_make_alone_lists_every_target() -> None:
    done = subprocess.run(["make"], cwd=HOUSE, check=True, capture_output=True, text=True)  # noqa: S607
    listed = re.findall(r"^  make ([a-z]+) +\S", done.stdout, re.MULTILINE)
    assert listed == TARGETS


def test_every_target_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert phony.group(1).split() == TARGETS


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "help"])
def test_a_target_says_what_it_does(target: str) -> None:
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    assert recipe.group(1).lstrip().startswith(f'@echo "==> {target}:')


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "clean"])
def test_the_promised_targets_exist(target: str) -> None:
    assert target in TARGETS


def test_ci_runs_make_test_and_allows_no_skip() -> None:
    script = HOUSE / ".ci" / "run"
    text = script.read_text("utf-8")
    assert "exec make test" in text
    assert "CI=true" in text
    assert script.stat().st_mode & 0o111
