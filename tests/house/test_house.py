"""Every file is named for one concept, opens with it, is short, and has its test."""

import ast
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import HOUSE, PYTHON, ROOM_FILES, ROOMS, name_of

DRAWERS: Final = {
    "utils",
    "util",
    "helpers",
    "common",
    "misc",
    "base",
    "core",
    "stuff",
    "tools",
}
LINES_MAX: Final = 400
LONG: Final[dict[str, int]] = {}
"""A ratchet: a file, its lines, and the reason beside it. Numbers only shrink."""
WITHOUT_MIRROR: Final = {"__init__.py", "__main__.py", "ids.py", "columns.py", "errors.py"}
README_LINES_MAX: Final = 24

every_file = pytest.mark.parametrize("path", PYTHON, ids=name_of)
every_room_file = pytest.mark.parametrize("path", ROOM_FILES, ids=name_of)
every_room = pytest.mark.parametrize("room", ROOMS)


@every_file
def test_no_drawers(path: Path) -> None:
    assert path.stem not in DRAWERS
    assert not DRAWERS & set(path.relative_to(HOUSE).parts)


@every_file
def test_opens_with_its_concept(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@every_file
def test_worth_a_second_thought(path: Path) -> None:
    line_count = len(path.read_text(encoding="utf-8").splitlines())
    assert line_count <= LONG.get(name_of(path), LINES_MAX)


@every_room_file
def test_has_its_mirror(path: Path) -> None:
    mirror = HOUSE / "tests" / path.relative_to(HOUSE).with_name(f"test_{path.name}")
    assert path.name in WITHOUT_MIRROR or mirror.exists(), f"absent: {name_of(mirror)}"


def test_the_ratchet_only_turns_one_way() -> None:
    for name, allowed in LONG.items():
        line_count = len((HOUSE / name).read_text(encoding="utf-8").splitlines())
        assert LINES_MAX < line_count == allowed, f"{name}: write {line_count}, or take it out"


@every_room
def test_a_room_fits_one_screen(room: str) -> None:
    lines = (HOUSE / room / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {room}: ")
    assert len(lines) <= README_LINES_MAX
    body = "\n".join(lines)
    for part in ("Here:", "Never here:", "Read first:", "Try:"):
        assert part in body


@pytest.mark.parametrize(
    "path", [path for path in PYTHON if name_of(path).startswith("tests/")], ids=name_of
)
def test_a_test_neither_waits_nor_reads_the_clock(path: Path) -> None:
    called = {
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    }
    assert not called & {"time.sleep", "time.time", "time.monotonic", "time.perf_counter"}
