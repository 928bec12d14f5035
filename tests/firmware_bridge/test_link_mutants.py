"""Each planted fault of the session is found; without it, its proof holds."""

import pytest

from tests.firmware_bridge.link_mutants import MUTANTS, Mutant, a_command_after_a_restart, times


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_fault_of_the_session_is_found(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant.plant(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        mutant.proof()


def test_the_proofs_hold_without_a_fault() -> None:
    times()
    a_command_after_a_restart()
