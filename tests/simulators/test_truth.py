"""The truth ledger: own and service state, incidents, and that nobody under test can read it."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.truth import (
    TrueInterval,
    TrueLevel,
    TruePath,
    TrueState,
    TrueUsage,
    TruthLedger,
    covers,
    joined,
)

HOUSE = Path(__file__).parents[2]
UNDER_TEST = ("vocabulary", "firmware_bridge", "processing", "edge", "ingest", "dashboards")
AP, GATEWAY, BACKHAUL = TrueLevel.AP, TrueLevel.GATEWAY, TrueLevel.BACKHAUL
DOWN, BLIND = TrueState.DOWN, TrueState.UNOBSERVABLE


def ledger(*rows: TrueInterval) -> TruthLedger:
    paths = {"a": TruePath("g", "b", "f"), "c": TruePath("g", "b")}
    return TruthLedger(0, 1_000, paths, rows, {"a": TrueUsage(1, 2, 3)})


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_a_cut_backhaul_takes_the_service_and_not_the_access_point() -> None:
    made = ledger(
        TrueInterval("b", BACKHAUL, DOWN, "cut", "b", 100, 200),
        TrueInterval("a", AP, BLIND, "cut", "b", 100, 200),
    )
    assert made.own_down("a") == []
    assert made.service_down("a") == [(100, 200)]
    assert made.unobservable("a") == [(100, 200)]
    assert made.is_service_down("a", 199)
    assert not made.is_service_down("a", 200)
    assert not made.is_own_down("a", 150)


def test_a_dead_gateway_takes_neither() -> None:
    made = ledger(
        TrueInterval("g", GATEWAY, DOWN, "power", "g", 100, 200),
        TrueInterval("a", AP, BLIND, "power", "g", 100, 200),
    )
    assert made.service_down("a") == made.own_down("a") == []
    assert made.is_own_down("g", 150)


def test_an_incident_names_whom_it_touched() -> None:
    made = ledger(
        TrueInterval("f", TrueLevel.FEEDER, DOWN, "feeder", "f", 100, 200),
        TrueInterval("a", AP, DOWN, "feeder", "f", 100, 200),
        TrueInterval("f", TrueLevel.FEEDER, DOWN, "feeder", "f", 500, 600),
        TrueInterval("c", AP, DOWN, "feeder", "f", 500, 600),
    )
    first, second = made.incidents()
    assert (first.affected, second.affected) == (("a",), ("c",))
    assert first.length_ns == 100


def test_flapping_is_one_incident() -> None:
    made = ledger(
        TrueInterval("a", AP, TrueState.FLAPPING, "flapping", "a", 100, 500),
        *(TrueInterval("a", AP, DOWN, "flapping", "a", at, at + 50) for at in range(100, 500, 100)),
        TrueInterval("a", AP, DOWN, "crash", "a", 700, 800),
    )
    assert [row.cause for row in made.incidents()] == ["flapping", "crash"]
    assert len(made.own_down("a")) == 5


def test_json_gives_it_back() -> None:
    made = ledger(TrueInterval("a", AP, DOWN, "crash", "a", 100, 200))
    assert TruthLedger.from_json(made.to_json()) == made


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))), st.integers(0, 60))
def test_joined_spans_cover_what_the_pieces_did(spans: list[tuple[int, int]], at: int) -> None:
    made = joined(spans)
    assert covers(made, at) == any(start <= at < end for start, end in spans)
    assert all(one[1] < two[0] for one, two in pairwise(made))


@pytest.mark.parametrize("room", UNDER_TEST)
def test_code_under_test_never_sees_it(room: str) -> None:
    for path in (HOUSE / room).rglob("*.py"):
        assert not any(name.split(".")[0] == "simulators" for name in imports_of(path)), path


def test_it_knows_nothing_of_the_code_under_test() -> None:
    for name in ("truth", "scenario", "town", "nature", "effects", "fleet", "people", "chance"):
        rooms = {one.split(".")[0] for one in imports_of(HOUSE / "simulators" / f"{name}.py")}
        assert not rooms & {"edge", "ingest", "processing", "firmware_bridge"}, name
