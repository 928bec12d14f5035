"""Each planted fault of the C library is found within 1,500 examples."""

from pathlib import Path

import pytest

from tests.firmware_bridge.c_mutants import FRAME, SESSION, Mutant, boards_differ, frames_differ

SEED = 1


@pytest.mark.parametrize("mutant", FRAME, ids=lambda mutant: mutant.name)
def test_a_planted_fault_of_the_frame_is_found(mutant: Mutant, tmp_path: Path) -> None:
    assert frames_differ(mutant, tmp_path, SEED) is not None


@pytest.mark.parametrize("mutant", SESSION, ids=lambda mutant: mutant.name)
def test_a_planted_fault_of_the_session_is_found(mutant: Mutant, tmp_path: Path) -> None:
    assert boards_differ(mutant, tmp_path, SEED) is not None
