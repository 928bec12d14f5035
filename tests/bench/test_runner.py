"""Families are found and run alone; one that breaks neither hides the others nor passes."""

from pathlib import Path

import msgspec

from bench import runner
from bench.figure import Figure
from vocabulary.exit_codes import ExitCode


def one(name: str) -> list[Figure]:
    return [Figure(name=name, value=1.0, unit="s", better="lower")]


class PlantedFault(Exception):
    """Raised by a benchmark on purpose."""


def broken() -> list[Figure]:
    raise PlantedFault


def names_in(out: Path) -> set[str]:
    return set(msgspec.json.decode(out.read_bytes()))


def test_every_family_is_measured(tmp_path: Path) -> None:
    out, said = tmp_path / "made" / "report.json", list[str]()
    known = {"a": lambda: one("a.s"), "b": lambda: one("b.s")}
    assert runner.main([], known=known, out=out, say=said.append) == ExitCode.FINE
    assert names_in(out) == {"a.s", "b.s"}
    assert any("a.s" in line for line in said)


def test_one_family_alone(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    known = {"a": lambda: one("a.s"), "b": broken}
    assert runner.main(["a"], known=known, out=out, say=lambda _: None) == ExitCode.FINE
    assert names_in(out) == {"a.s"}


def test_a_broken_family_is_said_and_hides_nobody(tmp_path: Path) -> None:
    out, said = tmp_path / "report.json", list[str]()
    known = {"a": broken, "b": lambda: one("b.s"), "c": lambda: one("b.s")}
    assert runner.main([], known=known, out=out, say=said.append) == ExitCode.INTERNAL
    assert names_in(out) == {"b.s"}
    text = "\n".join(said)
    assert "a failed" in text
    assert "PlantedFault" in text
    assert "measured twice" in text


def test_an_unknown_family_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    said: list[str] = []
    known = {"a": lambda: one("a.s")}
    out = tmp_path / "report.json"
    assert runner.main(["z"], known=known, out=out, say=said.append) == ExitCode.USAGE
    assert "there are: a" in said[0]
    assert not out.exists()


def test_every_file_is_a_family() -> None:
    written = {path.stem.removeprefix("bench_") for path in runner.HERE.glob("bench_*.py")}
    assert set(runner.families()) == written
