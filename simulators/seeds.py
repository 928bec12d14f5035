"""Seeds for tuning and seeds for scoring: two ranges that never meet.

A parameter may be chosen by looking at runs of tuning seeds only. The score takes scoring seeds
only, so a figure in a report was never looked at while somebody turned a knob.
"""

from enum import StrEnum
from typing import Final

from vocabulary.errors import CallerFault

TUNING_SEEDS: Final = range(1_000_000)
SCORING_SEEDS: Final = range(1_000_000, 2_000_000)


class SeedUse(StrEnum):
    """What a seed may be used for."""

    TUNING = "tuning"
    SCORING = "scoring"
    NEITHER = "neither"


class SeedRefused(CallerFault):
    """Somebody wants to score what they tuned on."""

    remedy = (
        f"Score with a seed from {SCORING_SEEDS.start} to {SCORING_SEEDS.stop - 1}; "
        "lower ones are for tuning."
    )

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.seed = seed

    def __str__(self) -> str:
        return f"seed {self.seed} is for {use_of(self.seed).value}, not for scoring"


def use_of(seed: int) -> SeedUse:
    """What this seed may be used for."""
    if seed in TUNING_SEEDS:
        return SeedUse.TUNING
    return SeedUse.SCORING if seed in SCORING_SEEDS else SeedUse.NEITHER


def for_scoring(seed: int) -> int:
    """The seed itself.

    Raises:
        SeedRefused: it is not a scoring seed.
    """
    if use_of(seed) is not SeedUse.SCORING:
        raise SeedRefused(seed)
    return seed
