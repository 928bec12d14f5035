"""What a page tells a reader to type, open or follow exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from lamplighter.cli import make_door
from tests.house.tree import HOUSE, PAGES, ROOMS, name_of

FENCE: Final = re.compile(r"^```(?:console|sh)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUOTED: Final = re.compile(r"`(lamplighter|make|pytest) ([^`\n]+)`")
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FILE_IN_PROSE: Final = re.compile(r"`([\w./-]+\.(?:py|toml|md|proto|txt|json))`")
TARGETS: Final = set(
    re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text("utf-8"), re.MULTILINE)
)
MADE: Final = {"bench-out/report.json"}
EXAMPLES: Final = {"utils.py"}
"""Names that a page mentions as what must not be there."""
DECISIONS: Final = sorted((HOUSE / "docs" / "decisions").glob("[0-9]*.md"))

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
every_decision = pytest.mark.parametrize("page", DECISIONS, ids=name_of)


def commands_of(page: Path) -> Iterator[list[str]]:
    """Every command that the page shows, as words; what follows a pipe or && is one of its own."""
    text = page.read_text("utf-8")
    lines = [
        line.removeprefix("$ ")
        for block in FENCE.findall(text)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    lines += [" ".join(found) for found in QUOTED.findall(text)]
    for line in lines:
        for part in re.split(r"\s(?:\||&&)\s", line):
            yield shlex.split(part, comments=True)


def check_lamplighter(words: list[str]) -> None:
    command: click.Command = make_door()
    context = click.Context(command)
    for word in words:
        if word.startswith("-"):
            known = {one for param in command.get_params(context) for one in param.opts}
            assert word.split("=")[0] in known, f"{command.name} has no option {word}"
        elif isinstance(command, click.Group):
            below = command.get_command(context, word)
            assert below is not None, f"{command.name} has no command {word}"
            command, context = below, click.Context(below, info_name=word)
        elif "/" in word:
            assert (HOUSE / word).exists() or word.startswith("/"), word


def check_make(words: list[str]) -> None:
    for word in words:
        name, is_setting, value = word.partition("=")
        if is_setting:
            assert f"{name} ?=" in (HOUSE / "Makefile").read_text("utf-8") or name == "ALL", word
            if name == "ARGS" and "demo" in words:
                check_lamplighter(["demo", *shlex.split(value)])
        else:
            assert name in TARGETS, f"make has no target {word}"


@every_page
def test_a_command_on_a_page_exists(page: Path) -> None:
    for program, *words in commands_of(page):
        if program == "lamplighter":
            check_lamplighter(words)
        elif program == "make":
            check_make(words)
        elif program.endswith("pytest"):
            assert all((HOUSE / word).exists() for word in words if not word.startswith("-"))


@every_page
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{name_of(page)}: {target}"


@every_page
def test_a_file_that_is_named_exists(page: Path) -> None:
    for named in FILE_IN_PROSE.findall(page.read_text("utf-8")):
        places = [page.parent / named, HOUSE / named, *(HOUSE / room / named for room in ROOMS)]
        found = named in MADE | EXAMPLES or any(place.exists() for place in places)
        assert found or "<" in named, f"{name_of(page)}: {named}"


@every_decision
def test_a_decision_admits_its_drawbacks(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Drawbacks",
        "Alternatives",
    ]
    drawbacks = text.split("## Drawbacks\n")[1].split("## ")[0]
    assert drawbacks.count("\n- ") >= 2
    assert text.startswith(f"# {page.name[:4]}: ")


def test_decisions_are_numbered_and_listed() -> None:
    listed = (HOUSE / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for page in DECISIONS:
        assert f"[{page.name[:4]}]({page.name})" in listed


def test_the_front_page_stays_short() -> None:
    assert len((HOUSE / "README.md").read_text("utf-8").splitlines()) <= 120
