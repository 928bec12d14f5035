"""The report in words says how far it came, and what could not be played."""

import msgspec

from simulators.play_report import PlayReport, Usage, causes, found, refused, text, true_usage
from simulators.truth import TrueInterval, TrueLevel, TruePath, TrueState, TrueUsage, TruthLedger
from tests.simulators.test_recording import INCIDENT

REPORT = PlayReport(
    title="S4 crashes",
    seed=7,
    path="virtual",
    finished=True,
    share_done=1.0,
    simulated_s=7_200.0,
    access_points=100,
    gateways=4,
    readings=1_000,
    true_incidents={"ap_crash": 3},
    found_incidents={},
    true_usage=Usage(3_600_000, 10, 20),
    measured_usage=Usage(1_800_000, 10, 10),
    refused={},
    not_played=(),
    ap_hours_per_s=12.0,
    wall_s=16.0,
)


def test_a_finished_run_in_words() -> None:
    said = text(REPORT)
    assert "2.00 h of 100 access points" in said
    assert "ap_crash 3" in said
    assert "found incidents: none" in said
    assert "1.0 true, 0.5 measured" in said
    assert "ended early" not in said
    assert "not played" not in said


def test_an_early_end_and_what_was_left_out_are_said() -> None:
    made = msgspec.structs.replace(
        REPORT, finished=False, share_done=0.25, not_played=("clocks",), recording="tape"
    )
    said = text(made)
    assert "ended early, after 25.0%" in said
    assert "not played here: clocks" in said
    assert "recorded to tape" in said


def test_counts_come_from_truth_incidents_and_refusals() -> None:
    row = TrueInterval("a", TrueLevel.AP, TrueState.DOWN, "ap_crash", "a", 10, 20)
    truth = TruthLedger(0, 100, {"a": TruePath("g")}, (row,), {"a": TrueUsage(5, 6, 7)})
    assert causes(truth, 15) == {"ap_crash": 1}
    assert causes(truth, 5) == {}
    assert true_usage(truth) == Usage(5, 6, 7)
    assert found([INCIDENT]) == {"ap/access_point": 1}
    assert refused({("g", "late"): 2, ("h", "late"): 3}) == {"late": 5}


def test_a_machine_too_slow_for_its_town_is_said() -> None:
    made = msgspec.structs.replace(REPORT, path="live", late_s_max=4.0, late_s_allowed=0.5)
    assert not made.kept_pace
    assert "TOO SLOW" in text(made)
    assert "up to 4.0 s late" in text(made)
    assert "TOO SLOW" not in text(msgspec.structs.replace(made, late_s_max=0.4))
