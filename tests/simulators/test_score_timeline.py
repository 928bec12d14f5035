"""The timeline of one incident: the truth, and what each detector showed when."""

from simulators.score import score_cell
from simulators.score_timeline import AFTER_MS, BEFORE_MS, Bar
from tests.simulators.beat_world import Out, Plan
from tests.simulators.score_cases import cell, still, world_of

PLAN = Plan(
    gateways=2, aps_per_gateway=6, outs=(Out("ap", 9, 300, 1_000), Out("feeder", 1, 2_000, 2_600))
)


def test_a_feeder_is_preferred_and_everybodys_view_is_shown() -> None:
    scored = score_cell(cell(4_000, timeline=True), world_of(PLAN), ("ours", "5-miss"), still)
    shown = scored.timeline
    assert shown is not None
    assert (shown.level, shown.node) == ("feeder", "f1")
    assert shown.nodes == ("a2", "a3", "a4", "a5", "a6")
    assert shown.truth["a2"] == [Bar("down", 0.0, 600.0)]
    assert (shown.low_s, shown.high_s) == (-BEFORE_MS / 1_000, 600.0 + AFTER_MS / 1_000)
    (bar,) = shown.views["5-miss"]["a2"]
    assert (bar.view, 40.5 <= bar.start_s <= 50.5, 600.0 <= bar.end_s <= 610.0) == (
        "down",
        True,
        True,
    )
    assert set(shown.views) == {"ours", "5-miss"}


def test_without_a_fit_incident_there_is_none() -> None:
    plan = PLAN._replace(outs=(Out("ap", 9, 300, 400),))
    assert (
        score_cell(cell(2_000, timeline=True), world_of(plan), ("3-miss",), still).timeline is None
    )


def test_nobody_asked() -> None:
    assert score_cell(cell(4_000), world_of(PLAN), ("3-miss",), still).timeline is None
