"""The figures of a score, made of a tally: each with its interval and what it was made of.

Names are those of the report: ``delay_p95_s.gateway`` is the 95th percentile of the time from the
onset of a gateway's outage to the first alarm that belongs to it.
"""

from typing import Final, NamedTuple

import numpy as np

from simulators.loss_process import YEAR_S, Limits
from simulators.score_intervals import Figure, Floats, mean, quantile, rate, share
from simulators.score_tally import Found, Tally
from simulators.score_truth import OUTAGE_MS_MIN
from simulators.truth import TrueLevel
from vocabulary.units import MS_PER_S, NS_PER_S, S_PER_DAY

LEVELS: Final = (TrueLevel.AP, TrueLevel.GATEWAY, TrueLevel.BACKHAUL, TrueLevel.FEEDER)
YEAR_MS: Final = YEAR_S * MS_PER_S
MONTH_MS: Final = YEAR_MS / 12
_RATE_EVENTS_MIN: Final = 0.5
"""A rate of nothing seen is taken as half an event: it may not look better than the run is long."""


class Context(NamedTuple):
    """What is known of a scenario beside what happened in it."""

    limits: Limits | None
    """None: no closed form fits what gets lost."""


def figures(tally: Tally, context: Context) -> dict[str, Figure]:
    """Every figure that can be made."""
    made: dict[str, Figure | None] = {}
    for level in LEVELS:
        rows = [row for row in tally.found if row.level == level]
        made |= {f"{name}.{level}": figure for name, figure in _of_level(rows).items()}
    made |= _of_alarms(tally)
    made |= _of_records(tally)
    made["efficiency.ap"] = _efficiency(tally, context)
    made["cost_ns_per_reading"] = _plain(tally.cost_ns, tally.reading_count)
    return {name: figure for name, figure in made.items() if figure is not None}


def _of_level(rows: list[Found]) -> dict[str, Figure | None]:
    delays_s = np.array(
        [row.delay_ms / MS_PER_S for row in rows if row.delay_ms is not None and row.onset_seen]
    )
    p99_ms = MS_PER_S * float(np.quantile(delays_s, 0.99)) if delays_s.size else 0.0
    slow = [row for row in rows if row.length_ms >= max(OUTAGE_MS_MIN, p99_ms)]
    found = [row for row in rows if row.delay_ms is not None]
    told = [row for row in found if row.right is not None]
    return {
        "delay_mean_s": mean(delays_s),
        "delay_p50_s": quantile(delays_s, 0.5),
        "delay_p95_s": quantile(delays_s, 0.95),
        "delay_p99_s": quantile(delays_s, 0.99),
        "recall": share(sum(row.told for row in rows), len(rows)),
        "recall_long": share(sum(row.told for row in slow), len(slow)),
        "recall_ledger": share(sum(row.in_ledger for row in rows), len(rows)),
        "cause_right": share(sum(bool(row.right) for row in told), len(told)),
        "cause_right_30s": share(sum(bool(row.right_later) for row in told), len(told)),
        "alarms_per_incident": mean(np.array([float(row.alarms) for row in found])),
    }


def _of_alarms(tally: Tally) -> dict[str, Figure | None]:
    told = tally.true_incidents_told + tally.false_incidents_told
    healthy_s = tally.healthy_ap_ms / MS_PER_S
    mistakes = tally.false_ap_alarms
    found = [row.alarms for row in tally.found if row.delay_ms is not None]
    return {
        "precision": share(tally.true_incidents_told, told),
        "false_per_ap_year": rate(mistakes, tally.healthy_ap_ms / YEAR_MS),
        "false_per_gateway_year": rate(
            tally.false_gateway_alarms, tally.healthy_gateway_ms / YEAR_MS
        ),
        "mistake_recurrence_s": _plain(healthy_s, mistakes),
        "mistake_duration_s": _plain(tally.false_ap_ms / MS_PER_S, mistakes),
        "query_accuracy": _plain(tally.healthy_ap_ms - tally.false_ap_ms, tally.healthy_ap_ms),
        "compression": mean(np.array(found, dtype=np.float64)),
        "child_false_down": Figure(
            float(tally.child_false_down),
            float(tally.child_false_down),
            float(tally.child_false_down),
            tally.runs,
        ),
    }


def _of_records(tally: Tally) -> dict[str, Figure | None]:
    off: Floats = np.array(
        [abs(row.recorded_ms - row.down_ms) / row.down_ms for row in tally.found if row.down_ms]
    )
    error_ms = abs(tally.recorded_down_ms - tally.true_down_ms)
    return {
        "downtime_error_pct": _plain(100 * error_ms, tally.true_down_ms),
        "downtime_incident_error_pct": mean(100 * off),
        "availability_error_pct": _plain(100 * tally.availability_error_ms, tally.ap_ms),
        "unobserved_pct": _plain(100 * tally.unseen_ms, tally.ap_ms),
        "device_hours_error_pct": _plain(
            100 * abs(tally.device_error_ms), tally.true_device_ms if tally.has_usage else 0
        ),
        "bytes_error_pct": _plain(
            100 * abs(tally.error_bytes), tally.true_bytes if tally.has_usage else 0
        ),
    }


def _efficiency(tally: Tally, context: Context) -> Figure | None:
    """Best delay of any detector with as many false alarms, over this one's, for access points."""
    rows = [row for row in tally.found if row.level == TrueLevel.AP and row.onset_seen]
    delays_s = np.array([row.delay_ms / MS_PER_S for row in rows if row.delay_ms is not None])
    delay, false = mean(delays_s), rate(tally.false_ap_alarms, tally.healthy_ap_ms / YEAR_MS)
    limits = context.limits
    if limits is None or delay is None or false is None:
        return None
    most = limits.false_alarms_per_year(1)

    def best_s(rate_per_year: float) -> float:
        return limits.best_delay_mean_s(min(max(rate_per_year, false.high / 1_000), most))

    floor = _RATE_EVENTS_MIN * YEAR_MS / tally.healthy_ap_ms
    return Figure(
        best_s(max(false.value, floor)) / delay.value,
        best_s(false.high) / delay.high,
        best_s(false.low) / delay.low,
        delay.count,
    )


def _plain(amount: float, of: float) -> Figure | None:
    """A quotient without an interval of its own."""
    value = amount / of if of else None
    return None if value is None else Figure(value, value, value, int(of > 0))


def exposure(tally: Tally) -> dict[str, float]:
    """How much was looked at."""
    return {
        "ap_years": tally.ap_ms / YEAR_MS,
        "healthy_ap_years": tally.healthy_ap_ms / YEAR_MS,
        "healthy_gateway_years": tally.healthy_gateway_ms / YEAR_MS,
        "readings": float(tally.reading_count),
        "days": tally.ap_ms / MS_PER_S / S_PER_DAY,
    }


def cost_s(tally: Tally) -> float:
    """Seconds of a core that the detector took."""
    return tally.cost_ns / NS_PER_S
