"""Finds the families, runs them one after another, and lets none hide the others.

A family is a file ``bench/bench_<family>.py`` with ``FAMILY: str`` and ``run() -> list[Figure]``.
"""

import importlib
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.figure import Figure, checked
from bench.report import flat_map, table
from vocabulary.exit_codes import ExitCode

HERE: Final = Path(__file__).parent
OUT: Final = Path("bench-out") / "report.json"
Run = Callable[[], list[Figure]]


class Outcome(NamedTuple):
    """What a run of families came to: the figures, and each failed family with its trace."""

    figures: list[Figure]
    failed: dict[str, str]


def _opening(module: str, family: str) -> Run:
    """The family's ``run``, imported when it is its turn: a broken file fails alone."""

    def run() -> list[Figure]:
        found = importlib.import_module(module)
        assert family == found.FAMILY, f"{module} holds `{found.FAMILY}`"
        figures: list[Figure] = found.run()
        return figures

    return run


def families(directory: Path = HERE) -> dict[str, Run]:
    """Every family by name, in alphabetical order."""
    names = sorted(path.stem.removeprefix("bench_") for path in directory.glob("bench_*.py"))
    return {name: _opening(f"{directory.name}.bench_{name}", name) for name in names}


def measure(runs: Mapping[str, Run], say: Callable[[str], None]) -> Outcome:
    """Run each; one that raises is noted and the next one goes on."""
    outcome = Outcome([], {})
    for family, run in runs.items():
        say(f"measuring {family} ...")
        try:
            made = checked(family, run(), (figure.name for figure in outcome.figures))
        except Exception:  # noqa: BLE001  (whatever a benchmark does, the others are measured)
            outcome.failed[family] = traceback.format_exc()
            say(f"  {family} FAILED")
        else:
            outcome.figures.extend(made)
    return outcome


def main(
    wanted: Sequence[str],
    *,
    known: Mapping[str, Run] | None = None,
    out: Path = OUT,
    say: Callable[[str], None] = print,
) -> ExitCode:
    """Measure the wanted families (none named: all), print a table, write the report."""
    known = families() if known is None else known
    strangers = [name for name in wanted if name not in known]
    if strangers:
        say(f"no such family: {', '.join(strangers)}; there are: {', '.join(known)}")
        return ExitCode.USAGE
    outcome = measure({name: known[name] for name in wanted or known}, say)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(flat_map(outcome.figures))
    say("")
    say(table(outcome.figures))
    say(f"\n{len(outcome.figures)} figures in {out}")
    for family, trace in outcome.failed.items():
        say(f"\n{family} failed:\n{trace}")
    return ExitCode.INTERNAL if outcome.failed else ExitCode.FINE
