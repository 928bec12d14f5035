"""Figures of tallies made by hand."""

import msgspec
import pytest

from simulators.loss_process import Limits, LossProcess
from simulators.score_metrics import YEAR_MS, Context, cost_s, exposure, figures
from simulators.score_tally import Found, Tally

NO_CONTEXT = Context(None)


def found(
    delay_s: float | None, *, level: str = "ap", length_s: float = 600.0, **rest: object
) -> Found:
    length_ms = round(1_000 * length_s)
    delay_ms = None if delay_s is None else round(1_000 * delay_s)
    row = Found(
        level,
        "test",
        length_ms,
        onset_seen=True,
        delay_ms=delay_ms,
        told=delay_ms is not None,
        alarms=1,
        right=True,
        right_later=True,
        in_ledger=True,
        down_ms=length_ms,
        recorded_ms=590_000,
    )
    return msgspec.structs.replace(row, **rest)


def tally(*rows: Found, years: float = 10.0, **rest: object) -> Tally:
    made = Tally("d", "s", runs=1, found=list(rows))
    made.ap_ms = made.healthy_ap_ms = round(years * YEAR_MS)
    for name, value in rest.items():
        setattr(made, name, value)
    return made


def test_delays_are_of_what_was_found_and_could_be_seen_to_begin() -> None:
    rows = [found(s) for s in (10, 20, 30)] + [found(None), found(900, onset_seen=False)]
    made = figures(tally(*rows), NO_CONTEXT)
    assert made["delay_mean_s.ap"].value == 20.0
    assert made["delay_p50_s.ap"].value == 20.0
    assert made["recall.ap"].value == pytest.approx(4 / 5)
    assert "delay_mean_s.gateway" not in made


def test_recall_of_the_long_leaves_out_what_is_shorter_than_the_slowest_delay() -> None:
    rows = [found(300.0, length_s=600.0)] * 9 + [found(None, length_s=100.0)]
    made = figures(tally(*rows), NO_CONTEXT)
    assert made["recall.ap"].value == 0.9
    assert made["recall_long.ap"].value == 1.0


def test_what_was_called_down_already_is_found_without_a_delay() -> None:
    made = figures(tally(found(20.0), found(None, told=True)), NO_CONTEXT)
    assert made["recall.ap"].value == 1.0
    assert made["delay_mean_s.ap"].count == 1


def test_alarms() -> None:
    made = figures(
        tally(
            found(10.0, alarms=3),
            years=10.0,
            false_ap_alarms=20,
            false_ap_ms=40_000,
            true_incidents_told=3,
            false_incidents_told=1,
            child_false_down=7,
        ),
        NO_CONTEXT,
    )
    assert made["false_per_ap_year"].value == pytest.approx(2.0)
    assert made["mistake_recurrence_s"].value == pytest.approx(YEAR_MS / 2 / 1_000)
    assert made["mistake_duration_s"].value == 2.0
    assert made["query_accuracy"].value == pytest.approx(1 - 40_000 / (10 * YEAR_MS))
    assert made["precision"].value == 0.75
    assert made["compression"].value == 3.0
    assert made["child_false_down"].value == 7.0


def test_records() -> None:
    made = figures(
        tally(
            found(10.0),
            true_down_ms=1_000,
            recorded_down_ms=980,
            availability_error_ms=30,
            unseen_ms=100,
            has_usage=True,
            true_device_ms=1_000,
            device_error_ms=-5,
            true_bytes=0,
        ),
        NO_CONTEXT,
    )
    assert made["downtime_error_pct"].value == pytest.approx(2.0)
    assert made["downtime_incident_error_pct"].value == pytest.approx(100 * 10 / 600)
    assert made["device_hours_error_pct"].value == 0.5
    assert "bytes_error_pct" not in made


def test_efficiency_of_counting_misses_is_one() -> None:
    """Nobody who hears only beats does better at the same false alarms."""
    limits = Limits(LossProcess(loss=0.01))
    rate, delay_s = limits.false_alarms_per_year(3), limits.delay_mean_s(3)
    made = figures(
        tally(*[found(delay_s)] * 50, years=100.0, false_ap_alarms=round(100 * rate)),
        Context(limits),
    )
    figure = made["efficiency.ap"]
    assert figure.value == pytest.approx(1.0, abs=0.01)
    assert figure.low <= 1.0 <= figure.high


def test_no_false_alarm_does_not_make_efficient_without_end() -> None:
    limits = Limits(LossProcess(loss=0.01))
    short = figures(tally(found(25.0), years=0.1), Context(limits))["efficiency.ap"]
    long = figures(tally(found(25.0), years=100.0), Context(limits))["efficiency.ap"]
    assert short.value < long.value


def test_exposure_and_cost() -> None:
    made = tally(years=2.0, cost_ns=3 * 10**9)
    assert exposure(made)["healthy_ap_years"] == pytest.approx(2.0)
    assert cost_s(made) == 3.0
