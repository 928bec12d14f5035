"""Who is to blame for a gap: the gateway or its backhaul?"""

import pytest

from processing.gateway_gap import GatewayGap
from processing.intervals import Cause, Reason, Status
from processing.settings import Settings

SETTINGS = Settings()


def gap() -> GatewayGap:
    made = GatewayGap.since("g0", 100_000, Reason.SILENCE, "g0@102500", SETTINGS)
    made.close(202_500, SETTINGS)
    return made


def test_it_begins_and_ends_half_a_beat_inside() -> None:
    assert (gap().start_ms, gap().end_ms) == (102_500, 200_000)


@pytest.mark.parametrize(
    ("lived_s", "cause"),
    [
        (range(0), Cause.GATEWAY),
        (range(105, 200, 5), Cause.BACKHAUL),
        (range(105, 130, 5), Cause.GATEWAY),  # then it stopped
        (range(150, 200, 5), Cause.BACKHAUL),
        ([150], Cause.GATEWAY),
    ],
)
def test_its_own_beats_tell(lived_s: range | list[int], cause: Cause) -> None:
    made = gap()
    made.heartbeats_ms = [1_000 * second for second in lived_s] * 2
    made.judge_cause(SETTINGS)
    assert made.cause is cause


def test_while_it_lasts_nobody_is_blamed() -> None:
    made = GatewayGap.since("g0", 100_000, Reason.WILL, "", SETTINGS)
    made.judge_cause(SETTINGS)
    assert made.cause is Cause.GATEWAY_OR_BACKHAUL
    (row,) = made.revise(Status.PROVISIONAL)
    assert (row.end_ms, row.reason) == (None, Reason.WILL)


def test_a_clock_set_back_gives_no_negative_time() -> None:
    made = GatewayGap.since("g0", 100_000, Reason.SILENCE, "", SETTINGS)
    made.close(50_000, SETTINGS)
    assert made.end_ms == made.start_ms + 1
    assert made.holds(made.start_ms)
