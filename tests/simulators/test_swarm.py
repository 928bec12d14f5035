"""The swarm: sixty worlds, the same each time, in which every promise is kept."""

import os
import subprocess
import sys

import pytest

from simulators.swarm import run

CODE = "from simulators.swarm import run; print(*[run(seed).digest for seed in (3, 6)])"


@pytest.mark.parametrize("ten", range(6))
def test_every_promise_is_kept(ten: int) -> None:
    for seed in range(10 * ten, 10 * ten + 10):
        outcome = run(seed)
        again = f"again: lamplighter simulate swarm --seed {seed}"
        assert outcome.is_sound, (again, outcome.invariant, outcome.what, outcome.log)
        for fates in outcome.fates.values():
            assert fates.generated == sum(fates[1:])


def test_the_same_seed_is_the_same_world_event_by_event() -> None:
    one, other = run(6), run(6)
    assert one == other
    assert one.events > 300
    assert run(7).digest != one.digest


def test_not_even_the_hashes_of_this_process_matter() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_length_may_be_asked_for() -> None:
    assert 60 <= run(1, minutes=1).simulated_s < run(1).simulated_s
