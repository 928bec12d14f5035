"""The swarm is worth its name: each planted fault is found, and soon."""

from collections.abc import Callable

import pytest

from tests.simulators.mutants import MUTANTS, SEEDS_MAX, Mutant, hunt


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name.replace(" ", "_"))
def test_the_planted_fault_is_found(
    mutant: Mutant,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    found = hunt(mutant, monkeypatch)
    assert found is not None, f"{mutant.name} hides in {SEEDS_MAX} worlds"
    record_property("seeds_needed", found.seed + 1)
    record_property("invariant", found.invariant)
    assert found.invariant != "no exception anywhere", found.what


def test_there_are_enough_of_them() -> None:
    assert len({one.name for one in MUTANTS}) == len(MUTANTS) >= 8
