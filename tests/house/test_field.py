"""Every code that a technician may meet has a page, which begins with what not to do."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import HOUSE, ROOM_FILES, name_of

FIELD: Final = HOUSE / "docs" / "field"
CODE: Final = re.compile(r"\bE-[A-Z0-9]+-\d{2}\b")
PAGES: Final = sorted(FIELD.glob("E-*.md"))
USED: Final = sorted(
    {
        code
        for path in ROOM_FILES
        if name_of(path).startswith(("edge/", "ingest/", "vocabulary/"))
        for code in CODE.findall(path.read_text("utf-8"))
    }
)


def faults(text: str, code: str) -> list[str]:
    """What a page lacks."""
    lines = [line for line in text.splitlines() if line]
    found = []
    if not lines or not lines[0].startswith(f"# {code}: "):
        found.append("its first line is not its code and title")
    if len(lines) < 2 or not lines[1].startswith("**Do not** "):
        found.append("it does not begin with what not to do")
    if not any(line.startswith("1. ") for line in lines):
        found.append("it has no steps")
    return found


@pytest.mark.parametrize("code", USED)
def test_a_code_that_we_say_has_a_page(code: str) -> None:
    assert (FIELD / f"{code}.md").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_begins_with_what_not_to_do(page: Path) -> None:
    assert faults(page.read_text("utf-8"), page.stem) == []
    assert page.stem in USED, "nobody says this code: take the page out"
    assert f"[{page.stem}]({page.name})" in (FIELD / "README.md").read_text("utf-8")


def test_a_page_without_its_warning_is_seen() -> None:
    text = PAGES[0].read_text("utf-8")
    assert faults(text.replace("**Do not**", "Do"), PAGES[0].stem)
    assert faults(text, "E-XX-01")
    assert faults("", PAGES[0].stem)
