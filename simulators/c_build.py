"""Compiles our C sources for this machine, each set once in a process, into a folder of its own.

gcc must be there; whoever calls asks ``missing`` first, and says what to install.
"""

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

WARNINGS: Final = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
)


@cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="lamplighter-c-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def missing(*programs: str) -> list[str]:
    """Which of these are not installed."""
    return [program for program in programs if shutil.which(program) is None]


def build(compiler: str, sources: Sequence[Path], *options: str, name: str) -> Path:
    """Compile and link; the result's path. Our own sources: a warning is an error of ours."""
    target = _folder() / name
    words = [compiler, *WARNINGS, *options, *map(str, sources), "-o", str(target)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
    return target
