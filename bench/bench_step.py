"""What a reading, a sweep and an access point cost the processor, at 100,000 access points."""

from statistics import median
from time import perf_counter_ns
from typing import Final

import numpy as np

from bench.figure import Figure
from processing.city import City
from processing.columns import NO_CUES, NO_READINGS, Readings
from processing.records import AP_DTYPE
from processing.settings import Settings
from processing.state import new_state
from processing.step import step, warm_up
from tests.processing import naive
from vocabulary.inventory import AccessPoint, Gateway, Inventory
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS, NS_PER_S

FAMILY = "step"
AP_COUNT: Final = 100_000
APS_PER_GATEWAY: Final = 20
BEAT_COUNT: Final = 5
BEAT_NS: Final = 10 * NS_PER_S
TWIN_BEAT_COUNT: Final = 2_000
METRICS: Final = ("wifi/ok", "wifi/clients", "wifi/rx_bytes", "wifi/tx_bytes")
BUDGET_NS_PER_READING: Final = 200.0
BUDGET_BYTES_PER_AP: Final = 256.0
BUDGET_SWEEP_NS_PER_AP: Final = 5.0


def _city() -> City:
    gateway_count = AP_COUNT // APS_PER_GATEWAY
    return City.of(
        Inventory(
            gateway=tuple(Gateway(f"g{ix}", "site", "city") for ix in range(gateway_count)),
            access_point=tuple(
                AccessPoint(f"a{ix}", "site", f"g{ix // APS_PER_GATEWAY}") for ix in range(AP_COUNT)
            ),
        )
    )


def _beats(chance: np.random.Generator) -> list[Readings]:
    """One round of statuses after the other, every access point at its own moment, unsorted ids."""
    order = np.repeat(chance.permutation(AP_COUNT).astype(np.int32), len(METRICS))
    moment_ns = np.repeat(np.sort(chance.integers(0, BEAT_NS, AP_COUNT)), len(METRICS))
    codes = np.array([code_of(name) for name in METRICS], dtype=np.int16)
    n = order.size
    return [
        Readings(
            ts_ns=moment_ns + beat * BEAT_NS,
            arrival_ns=moment_ns + beat * BEAT_NS,
            node_ix=order,
            metric=np.tile(codes, AP_COUNT),
            value=np.ones(n),
            exact=np.full(n, beat + 1, dtype=np.int64),
            boot=np.ones(n, dtype=np.int32),
            mono_ms=(moment_ns + beat * BEAT_NS) // NS_PER_MS,
            historical=np.zeros(n, dtype=np.bool_),
        )
        for beat in range(BEAT_COUNT)
    ]


def _twin_ns_per_status() -> float:
    statuses = [naive.Status(10_000 * k, 3, 100 * k, 10 * k) for k in range(TWIN_BEAT_COUNT)]
    begun_ns = perf_counter_ns()
    naive.usage(statuses, 32, 1_000.0, 30_000)
    return (perf_counter_ns() - begun_ns) / TWIN_BEAT_COUNT


def run() -> list[Figure]:
    """Steady state: every access point answers, nothing is wrong anywhere."""
    city, settings = _city(), Settings(pause_ms=0)
    warm_up(city)
    state = new_state(city, settings, 0)
    per_reading_ns = []
    for beat, readings in enumerate(_beats(np.random.default_rng(1))):
        begun_ns = perf_counter_ns()
        step(state, city, readings, NO_CUES, (beat + 1) * BEAT_NS)
        per_reading_ns.append((perf_counter_ns() - begun_ns) / readings.ts_ns.size)
    begun_ns = perf_counter_ns()
    step(state, city, NO_READINGS, NO_CUES, (BEAT_COUNT + 1) * BEAT_NS)
    sweep_count = BEAT_NS // (settings.sweep_ms * NS_PER_MS)
    sweep_ns = (perf_counter_ns() - begun_ns) / sweep_count / AP_COUNT
    return [
        Figure(
            name="detector.ns_per_reading_100k",
            value=median(per_reading_ns[1:]),  # the first beat is everybody's first life
            unit="ns",
            better="lower",
            beside={"budget": BUDGET_NS_PER_READING, "naive_usage": _twin_ns_per_status()},
        ),
        Figure(
            name="detector.sweep_ns_per_ap",
            value=sweep_ns,
            unit="ns",
            better="lower",
            beside={"budget": BUDGET_SWEEP_NS_PER_AP},
        ),
        Figure(
            name="detector.bytes_per_ap",
            value=AP_DTYPE.itemsize,
            unit="bytes",
            better="lower",
            beside={"budget": BUDGET_BYTES_PER_AP},
        ),
    ]
