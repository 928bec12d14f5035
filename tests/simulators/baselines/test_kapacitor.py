"""deadman(0, 30 s): an empty window, and as often as three losses in a row fill one."""

from simulators.baselines.kapacitor import KapacitorDeadman
from simulators.detectors import View, heard
from simulators.loss_process import YEAR_S, Limits, LossProcess
from simulators.score_intervals import rate
from tests.simulators.beat_world import Plan, run_of
from tests.simulators.detector_cases import every, told, watched


def test_critical_at_the_end_of_the_first_empty_window_ok_at_the_end_of_the_next_full_one() -> None:
    seconds = [*every(10.0, 122.0, start=1.0), 251.0]
    said = told(KapacitorDeadman(watched()), seconds, 400.0)
    assert [row[:2] for row in said] == [("down", 180.0), ("up", 270.0), ("down", 300.0)]


def test_false_alarms_are_those_of_the_closed_form() -> None:
    seed, aps, ap_years = 2_028, 50, 2
    process = LossProcess(loss=0.05)
    duration_s = int(ap_years * YEAR_S / aps)
    run = run_of(Plan(gateways=5, process=process), seed, duration_s, cut_every=2_000_000)
    detector, count = KapacitorDeadman(run.watched), 0
    for piece in run.pieces:
        said = detector.feed(heard(run.watched, *piece))
        count += int(((said.view == View.DOWN) & (said.stream_ix < aps)).sum())
    counted = rate(count, ap_years)
    assert counted is not None
    expected = Limits(process).window_false_alarms_per_year(3)
    assert counted.low <= expected <= counted.high, (seed, counted, expected)
