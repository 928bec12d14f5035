"""Suites: every recipe loads, seeds are for scoring and never shared, gate is large enough."""

import pytest

from simulators.loss_process import YEAR_S
from simulators.score_suites import CAUSES, RECIPES, SUITES, cells_of, first_seed
from simulators.seeds import SCORING_SEEDS, SeedRefused, SeedUse, use_of


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_made_of_files_that_exist(name: str) -> None:
    scenario = RECIPES[name].scenario()
    wanted = RECIPES[name].per_year
    rates = {one.kind: one.per_year for one in scenario.trouble}
    assert {kind: rates[kind] for kind in wanted} == dict(wanted)


@pytest.mark.parametrize("suite", SUITES)
def test_no_two_cells_share_a_seed(suite: str) -> None:
    cells = cells_of(suite, first_seed())
    seeds = [cell.seed for cell in cells]
    assert len(set(seeds)) == len(seeds)
    assert all(use_of(seed) is SeedUse.SCORING for seed in seeds)
    assert {cell.scenario for cell in cells} <= set(RECIPES)
    assert sum(cell.timeline for cell in cells) == 1


def test_a_suite_does_not_run_over_the_end_of_the_seeds() -> None:
    with pytest.raises(SeedRefused):
        cells_of("gate", SCORING_SEEDS.stop - 3)
    with pytest.raises(SeedRefused):
        cells_of("quick", 1)


def test_gate_is_large_enough() -> None:
    """A hundred years of an access point without trouble of its own, and every class."""
    cells = cells_of("gate", first_seed())
    years = (
        sum(cell.ap_count * cell.duration_s for cell in cells if cell.scenario != CAUSES) / YEAR_S
    )
    all_years = sum(cell.ap_count * cell.duration_s for cell in cells) / YEAR_S
    assert years > 85
    assert all_years > 125
