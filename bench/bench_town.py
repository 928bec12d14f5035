"""How much city a second of our time holds: straight columns, and the full path through agents."""

from pathlib import Path
from time import perf_counter
from typing import Final

from bench.figure import Figure
from processing import bind
from processing.state import new_state
from processing.step import step, warm_up
from simulators.arrivals import Arrivals, arrivals
from simulators.full_path import FullPath, scratch_directory
from simulators.scenario import Kind, Length, Link, Scenario, Trouble
from simulators.town import generate
from vocabulary.units import NS_PER_S, S_PER_H

FAMILY = "town"
SEED: Final = 1
FAST_APS: Final = 10_000
FAST_S: Final = 1_800.0
FULL_APS: Final = 1_000
FULL_S: Final = 300.0
FAST_TARGET: Final = 10_000 * 24 / 60.0
"""A day of 10,000 access points in a minute."""
FULL_TARGET: Final = 1_000 / 60.0
"""An hour of 1,000 access points in a minute."""
ORDINARY: Final = Scenario(
    link=Link(loss=0.001),
    trouble=(
        Trouble(Kind.AP_CRASH, per_year=5.0, length=Length("lognormal", 600.0, 1.3, 60.0)),
        Trouble(
            Kind.BACKHAUL_CUT,
            per_year=12.0,
            length=Length("loguniform", min_s=30.0, max_s=21_600.0),
        ),
    ),
)


def _fast(*, usage: bool) -> tuple[float, float, Arrivals]:
    """Access-point-hours a second with the processor and without it, and the run itself."""
    run = arrivals(generate(FAST_APS, SEED), ORDINARY, SEED, FAST_S, usage=usage)
    warm_up(run.city)
    state = new_state(run.city, run.settings, run.start_ns)
    chunks = iter(run)
    first = next(chunks)  # the compiler's
    step(state, run.city, first.readings, first.cues, first.now_ns)
    begun_ns, made_s, begun_s = first.now_ns, 0.0, perf_counter()
    at_s = begun_s
    for chunk in chunks:
        made_s += perf_counter() - at_s
        step(state, run.city, chunk.readings, chunk.cues, chunk.now_ns)
        at_s = perf_counter()
    ap_hours = FAST_APS * (run.now_ns - begun_ns) / NS_PER_S / S_PER_H
    return ap_hours / (at_s - begun_s), ap_hours / made_s, run


def _full() -> float:
    run = arrivals(generate(FULL_APS, SEED), ORDINARY, SEED, FULL_S)
    warm_up(run.city)
    bind.warm_up()
    with scratch_directory() as scratch:
        full = FullPath(run, Path(scratch) / "ledger.sqlite")
        begun_s = perf_counter()
        full.run()
        passed_s = perf_counter() - begun_s
        full.close()
    return FULL_APS * FULL_S / S_PER_H / passed_s


def run() -> list[Figure]:
    """A city without much trouble, as most are on most days."""
    fast, generated, fast_run = _fast(usage=True)
    life_only, _, _ = _fast(usage=False)
    return [
        Figure(
            name="town.fast_ap_hours_per_s",
            value=fast,
            unit="access-point-hours/s",
            better="higher",
            beside={
                "target": FAST_TARGET,
                "without_the_processor": generated,
                "signs_of_life_only": life_only,
            },
        ),
        Figure(
            name="town.full_ap_hours_per_s",
            value=_full(),
            unit="access-point-hours/s",
            better="higher",
            beside={"target": FULL_TARGET},
        ),
        Figure(
            name="town.bytes_per_ap",
            value=fast_run.memory_bytes / FAST_APS,
            unit="bytes",
            better="lower",
        ),
    ]
