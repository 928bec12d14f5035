"""The door opens one room at a time and ends with a code that a script can read."""

import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from lamplighter.cli import INTERRUPTED, TABLE, Entry, fits, make_door, run
from vocabulary.errors import ConfigurationInvalid, Finding, WorldFault
from vocabulary.exit_codes import ExitCode

Body = Callable[[], object]


class DiskFull(WorldFault):
    """Raised by a command on purpose."""

    remedy = "Make room."

    def __str__(self) -> str:
        return "the disk is full"


def table_with(
    body: Body, monkeypatch: pytest.MonkeyPatch, extra: str = "host"
) -> dict[str, Entry]:
    """A table of one command that runs ``body``."""
    planted = types.ModuleType("planted_room")
    planted.__dict__["command"] = click.Command("planted", callback=body)
    monkeypatch.setitem(sys.modules, "planted_room", planted)
    return {"planted": Entry("planted_room:command", extra, "Planted by a test.")}


def raising(error: BaseException) -> Body:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (lambda: None, ExitCode.FINE),
        (lambda: ExitCode.DEGRADED, ExitCode.DEGRADED),
        (lambda: "text is no code", ExitCode.FINE),
        (raising(DiskFull()), ExitCode.IO_ERROR),
        (raising(ConfigurationInvalid([Finding("f", 1, "k", "a", "b")])), ExitCode.CONFIGURATION),
        (raising(click.UsageError("no")), ExitCode.USAGE),
        (raising(click.BadParameter("no")), ExitCode.USAGE),
        (raising(click.FileError("f")), ExitCode.IO_ERROR),
        (raising(KeyboardInterrupt()), INTERRUPTED),
        (raising(click.exceptions.Exit(2)), ExitCode.FATAL_FINDING),
        (raising(ZeroDivisionError()), ExitCode.INTERNAL),
        (raising(ModuleNotFoundError("no", name="numpy")), ExitCode.UNAVAILABLE),
        (raising(ModuleNotFoundError("no", name="edge.nothing")), ExitCode.INTERNAL),
        (raising(ImportError("broken library")), ExitCode.INTERNAL),
    ],
)
def test_every_end_has_its_code(
    body: Body, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["planted"], table=table_with(body, monkeypatch)) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert bool(said.err) == (code not in (ExitCode.FINE, ExitCode.DEGRADED, 2))


def test_an_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["planted"], table=table_with(raising(DiskFull()), monkeypatch))
    assert capsys.readouterr().err == "lamplighter: the disk is full\nwhat to do: Make room.\n"


@pytest.mark.parametrize("words", [["nothing"], [], ["--nothing"], ["inventory", "check"]])
def test_wrong_words_end_with_64_and_not_2(words: list[str]) -> None:
    assert run(words) == ExitCode.USAGE


@pytest.fixture
def room_without_its_package(tmp_path: Path) -> Iterator[Callable[[str], dict[str, Entry]]]:
    """Write a room whose first line imports something; give the table that leads to it."""

    def write(first_line: str) -> dict[str, Entry]:
        (tmp_path / "room_to_open.py").write_text(f"{first_line}\n", "utf-8")
        return {"open": Entry("room_to_open:command", "gateway", "Planted by a test.")}

    sys.path.insert(0, str(tmp_path))
    yield write
    sys.path.remove(str(tmp_path))
    sys.modules.pop("room_to_open", None)


def test_an_absent_package_names_the_extra(
    room_without_its_package: Callable[[str], dict[str, Entry]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = room_without_its_package("import no_such_package.inside")
    assert run(["open", "--help"], table=table) == ExitCode.UNAVAILABLE
    said = capsys.readouterr().err
    assert "needs the package 'no_such_package'" in said
    assert 'pip install "lamplighter[gateway]"' in said


def test_an_absent_file_of_ours_is_our_bug_and_is_not_hidden(
    room_without_its_package: Callable[[str], dict[str, Entry]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = room_without_its_package("import edge.no_such_file")
    assert run(["open"], table=table) == ExitCode.INTERNAL
    assert "edge.no_such_file" in capsys.readouterr().err


def test_a_32_bit_python_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert not fits(2**31 - 1)
    assert run(["--help"], maxsize=2**31 - 1) == ExitCode.UNAVAILABLE
    assert "64-bit" in capsys.readouterr().err


def test_the_help_lists_every_room_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == ExitCode.FINE
    said = capsys.readouterr().out
    for name, entry in TABLE.items():
        assert any(line.split() == [name, *entry.help.split()] for line in said.splitlines())


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == ExitCode.FINE
    assert "version" in capsys.readouterr().out


def every_command() -> list[list[str]]:
    """The words of every command that stands behind the door, groups included."""
    found: list[list[str]] = []

    def walk(command: click.Command, words: list[str]) -> None:
        found.append(words)
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                below = command.get_command(click.Context(command), name)
                assert below is not None
                walk(below, [*words, name])

    walk(make_door(), [])
    return found


def test_every_commands_help_holds_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    without = []
    for words in every_command():
        assert run([*words, "--help"]) == ExitCode.FINE
        if "lamplighter " + " ".join(words) not in capsys.readouterr().out.split("xample", 1)[-1]:
            without.append(" ".join(words))
    assert not without


def test_python_dash_m_is_the_same_door() -> None:
    words = [sys.executable, "-m", "lamplighter", "no-such-room"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == ExitCode.USAGE
    assert "lamplighter" in done.stderr
