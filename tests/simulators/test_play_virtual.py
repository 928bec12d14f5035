"""A scenario on the virtual clock, to its end or as far as somebody let it."""

from pathlib import Path

import msgspec

from simulators.full_path import scratch_directory
from simulators.play_report import PlayReport
from simulators.play_virtual import play
from simulators.recording import Recording
from simulators.scenario import Kind, Scenario, Sender
from simulators.truth import TruthLedger
from tests.simulators.town_worlds import once, run_of

CRASH = Scenario(title="one crash", trouble=(once(Kind.AP_CRASH, "ap-00000-001", 100, 200),))


def played(scene: Scenario, after: int = 10_000) -> tuple[PlayReport, TruthLedger, bool]:
    asked = iter(range(10_000))
    with scratch_directory() as scratch:
        path = Path(scratch)
        report, truth = play(
            run_of(scene, seconds=400),
            path / "l.sqlite",
            progress=lambda _share: None,
            stop=lambda: next(asked) >= after,
            record=path / "tape",
        )
        recording = Recording(path / "tape")
        assert list(recording.frames())
        recording.close()
    return report, truth, recording.cut_off


def test_a_crash_is_found_and_the_report_says_so() -> None:
    report, truth, cut_off = played(CRASH)
    assert report.finished
    assert report.share_done == 1.0
    assert report.true_incidents == {"ap_crash": 1}
    assert report.found_incidents == {"ap/access_point": 1}
    assert report.readings > 40 * 40 * 5
    assert not cut_off
    assert truth.incidents()[0].node == "ap-00000-001"
    assert msgspec.json.decode(msgspec.json.encode(report), type=PlayReport) == report


def test_what_was_done_so_far_is_reported_too() -> None:
    report, truth, cut_off = played(CRASH, after=5)
    assert not report.finished
    assert report.share_done == 0.125
    assert report.simulated_s == 50
    assert report.true_incidents == {}
    assert not cut_off, "the recording too has its end"
    assert truth.end_ns - truth.start_ns == 50 * 10**9


def test_what_it_cannot_play_is_named() -> None:
    report, _truth, _cut_off = played(Scenario(sender=Sender(late_share=0.1)), after=1)
    assert report.not_played == ("late_share",)
