"""What is played for a score: scenarios with their sizes, and the suites made of them.

Rates are far above those of a real city, so that every class of incident is seen often enough;
lengths are those of the scenario files. ``gate`` holds 100 healthy years of an access point and 300
incidents of each class; ``full`` holds a thousand; ``quick`` shows that everything works.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from simulators.scenario import Kind, Scenario, Sender, load
from simulators.score import Cell
from simulators.seeds import SCORING_SEEDS, for_scoring
from vocabulary.units import S_PER_DAY

TOWN_SEED: Final = 20_270_115
"""The town is the same in every cell; what befalls it is not."""
CAUSES: Final = "causes"


class Recipe(NamedTuple):
    """Scenario files, combined, with some of their rates changed."""

    files: tuple[str, ...]
    per_year: Mapping[Kind, float] = {}
    sender: Sender | None = None
    usage: bool = False
    """Counters too, not only signs of life: three times the cost."""

    def scenario(self) -> Scenario:
        """As it is played."""
        loaded = load(*self.files)
        trouble = tuple(
            msgspec.structs.replace(one, per_year=self.per_year.get(one.kind, one.per_year))
            for one in loaded.trouble
        )
        made = msgspec.structs.replace(loaded, trouble=trouble)
        return made if self.sender is None else msgspec.structs.replace(made, sender=self.sender)


class Serving(NamedTuple):
    """How much of a recipe a suite takes."""

    recipe: str
    cells: int
    ap_count: int
    days: float


_OFTEN: Final = {
    Kind.GATEWAY_POWER: 140.0,
    Kind.GATEWAY_EXIT: 140.0,
    Kind.BACKHAUL_CUT: 2_800.0,
    Kind.FEEDER_OUT: 250.0,
}
"""There are few gateways, backhauls and feeders to a thousand access points."""
_POOR: Final = Sender(duplicate_share=0.05, late_share=0.10, late_max_s=3_600.0)
RECIPES: Final[dict[str, Recipe]] = {
    "s1": Recipe(("s1", "s4")),
    CAUSES: Recipe(("s1", "s4", "s5", "s6", "s7"), _OFTEN),
    "s1a": Recipe(("s1", "s1a", "s4")),
    "s1b": Recipe(("s1", "s1b", "s4"), {Kind.AP_CRASH: 150.0}),
    "s2": Recipe(("s2", "s4")),
    "s2a": Recipe(("s2a", "s4"), {Kind.AP_CRASH: 150.0}),
    "usage": Recipe(("s1b", "s4"), sender=_POOR, usage=True),
    **{
        name: Recipe((name,))
        for name in ("s3", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s17", "s18")
    },
}
_OTHERS: Final = tuple(
    Serving(name, 1, 400, 0.5) for name, recipe in RECIPES.items() if recipe.files == (name,)
)
SUITES: Final[dict[str, tuple[Serving, ...]]] = {
    "quick": (
        Serving(CAUSES, 1, 300, 0.5),
        Serving("s2a", 1, 100, 0.5),
        Serving("usage", 1, 60, 0.25),
    ),
    "gate": (
        Serving(CAUSES, 8, 1_000, 2.0),
        Serving("usage", 1, 300, 1.0),
        Serving("s1a", 2, 1_000, 1.25),
        Serving("s1b", 1, 1_000, 0.75),
        Serving("s2", 4, 1_000, 1.0),
        Serving("s2a", 1, 1_000, 0.75),
        *_OTHERS,
        Serving("s1", 24, 1_000, 1.0),
    ),
    "full": (
        Serving(CAUSES, 28, 1_000, 2.0),
        Serving("usage", 4, 300, 1.0),
        Serving("s1a", 8, 1_000, 1.25),
        Serving("s1b", 4, 1_000, 0.75),
        Serving("s2", 12, 1_000, 1.0),
        Serving("s2a", 4, 1_000, 0.75),
        *_OTHERS,
        *_OTHERS,
        Serving("s1", 80, 1_000, 1.0),
    ),
}


def cells_of(suite: str, seed: int) -> list[Cell]:
    """The cells of a suite, each with a seed of its own counted from ``seed``.

    Raises:
        SeedRefused: some of them would be tuning seeds.
    """
    for_scoring(seed)
    made: list[Cell] = []
    for serving in SUITES[suite]:
        for number in range(serving.cells):
            made.append(
                Cell(
                    serving.recipe,
                    for_scoring(seed + len(made)),
                    serving.ap_count,
                    round(serving.days * S_PER_DAY),
                    timeline=number == 0 and serving.recipe == CAUSES,
                )
            )
    return made


def first_seed() -> int:
    """The seed of a score when nobody asks for another."""
    return SCORING_SEEDS.start
