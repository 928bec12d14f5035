"""Seeds: tuning and scoring never meet, and nobody scores what was tuned on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.seeds import SCORING_SEEDS, TUNING_SEEDS, SeedRefused, SeedUse, for_scoring, use_of
from vocabulary.exit_codes import ExitCode


def test_the_ranges_do_not_meet() -> None:
    assert TUNING_SEEDS.stop <= SCORING_SEEDS.start


@given(st.integers(-10, SCORING_SEEDS.stop + 10))
def test_a_seed_has_one_use(seed: int) -> None:
    if use_of(seed) is SeedUse.SCORING:
        assert for_scoring(seed) == seed
        return
    with pytest.raises(SeedRefused) as refused:
        for_scoring(seed)
    assert str(seed) in str(refused.value)
    assert refused.value.exit_code is ExitCode.USAGE
    assert str(SCORING_SEEDS.start) in refused.value.remedy
