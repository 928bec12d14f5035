"""A small score for tests: cells of a plain town, and a finished score of two scenarios."""

from collections.abc import Callable

from simulators.loss_process import LossProcess
from simulators.score import Cell, Run, Score, check, score_cell
from simulators.seeds import SCORING_SEEDS
from tests.simulators.beat_world import Out, Plan, run_of


def cell(duration_s: int, *, scenario: str = "s1", number: int = 0, timeline: bool = False) -> Cell:
    return Cell(scenario, SCORING_SEEDS.start + number, 0, duration_s, timeline)


def world_of(plan: Plan) -> Callable[[Cell], Run]:
    return lambda one: run_of(plan, one.seed, one.duration_s)


def still() -> int:
    """A clock for costs that stands."""
    return 0


def outs_of(levels: tuple[str, ...], count: int, every_s: float) -> tuple[Out, ...]:
    """Outages one after the other, of each level in turn, at no fixed place within a beat."""
    made = []
    for k in range(count):
        start_s = every_s * (k + 1) + k * 0.377 % 10
        number = 1 + k // len(levels) % 2
        made.append(Out(levels[k % len(levels)], number, start_s, start_s + 400.0))
    return tuple(made)


LOSSY = Plan(gateways=3, gateways_per_backhaul=1, process=LossProcess(loss=0.05))


def small_score(names: tuple[str, ...] = ("ours", "3-miss", "nagios-parents", "oracle")) -> Score:
    """Two scenarios, all levels, a timeline."""
    levels = ("ap", "feeder", "gateway", "backhaul")
    plans = {
        "causes": LOSSY._replace(outs=outs_of(levels, 12, 1_200.0)),
        "s1b": LOSSY._replace(outs=outs_of(("ap",), 12, 1_200.0)),
    }
    made = Score("quick", SCORING_SEEDS.start, commit="abc", cells_planned=2)
    for number, (scenario, plan) in enumerate(plans.items()):
        one = cell(18_000, scenario=scenario, number=number, timeline=number == 0)
        made.add(score_cell(one, world_of(plan), check(names), still))
    made.complete = True
    return made
