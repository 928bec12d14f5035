"""The table: every assertion of the standard with its id, our words for it, and its check."""

import csv
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from importlib import resources
from types import ModuleType
from typing import Final, NamedTuple

from simulators.conformance import (
    births,
    broker_duties,
    commands,
    host_state,
    marks,
    observed,
    primary_host,
    sequence,
    structured_values,
    topic_names,
    values,
    wills,
)
from simulators.conformance.evidence import Evidence
from simulators.conformance.looks import Check, Look

TABLE: Final = "assertions.csv"
_MODULES: Final[dict[str, ModuleType]] = {
    module.__name__.rsplit(".", 1)[-1]: module
    for module in (
        births,
        broker_duties,
        commands,
        host_state,
        marks,
        observed,
        primary_host,
        sequence,
        structured_values,
        topic_names,
        values,
        wills,
    )
}


class Level(StrEnum):
    """How strongly the standard says it."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Subject(StrEnum):
    """Whom it binds."""

    EDGE = "edge"
    HOST = "host"
    BOTH = "both"
    BROKER = "broker"


class Assertion(NamedTuple):
    """One row. ``check`` is ``file:function words``; empty where nothing here can show it."""

    id: str
    level: Level
    subject: Subject
    check: str
    needs: str
    words: str
    note: str


def _rows() -> Iterator[Assertion]:
    text = (resources.files(__package__) / TABLE).read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield Assertion(
            row["id"],
            Level(row["level"]),
            Subject(row["subject"]),
            row["check"],
            row["needs"],
            row["words"],
            row["note"],
        )


ASSERTIONS: Final = tuple(_rows())


def check_of(assertion: Assertion) -> Check | None:
    """The function that looks; None where there is none."""
    if not assertion.check:
        return None
    place, *words = assertion.check.split()
    file, _, name = place.partition(":")
    function: Callable[..., Iterator[Look]] = getattr(_MODULES[file], name)
    return partial(_run, function, tuple(words))


def _run(
    function: Callable[..., Iterator[Look]], words: tuple[str, ...], seen: Evidence
) -> Iterator[Look]:
    return function(seen, *words)
