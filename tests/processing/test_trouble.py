"""One stretch of trouble: bounded, and always a sensible time line."""

import pytest

from processing import trouble as trouble_module
from processing.intervals import IntervalState, Reason, Status
from processing.settings import Settings
from processing.trouble import Trouble
from processing.verdict import Live

SETTINGS = Settings()


def down(fail_count: int = 3) -> Trouble:
    made = Trouble.since("a0", 0, 100)
    for k in range(1, fail_count + 1):
        assert made.add_beat(10_000 * k, False, SETTINGS)
    made.live, made.declared, made.incident = Live.DOWN, True, "a0@5000"
    return made


def spans(made: Trouble) -> list[tuple[IntervalState, int, int | None]]:
    held = sorted(made.rows.standing().items())
    return [(row.state, start_ms, row.end_ms) for start_ms, row in held]


def test_before_it_is_declared_nothing_is_written() -> None:
    made = down()
    made.declared = False
    assert made.revise(SETTINGS, Status.PROVISIONAL) == []


def test_open_then_closed() -> None:
    made = down()
    made.revise(SETTINGS, Status.PROVISIONAL)
    assert spans(made) == [(IntervalState.DOWN, 5_000, None)]
    assert made.down_until_ms() is None
    made.close(40_000, 40_100)
    made.revise(SETTINGS, Status.PROVISIONAL)
    assert spans(made) == [(IntervalState.DOWN, 5_000, 35_000)]
    assert made.down_until_ms() == 35_000


def test_late_proof_of_life_withdraws_an_outage() -> None:
    made = Trouble.since("a0", 0, 0)
    made.add_silence(0, 5)
    made.live, made.declared, made.incident = Live.DOWN, True, "a0@5000"
    made.revise(SETTINGS, Status.PROVISIONAL)
    made.close(60_000, 60_000)
    made.revise(SETTINGS, Status.PROVISIONAL)
    assert spans(made) == [(IntervalState.DOWN, 5_000, 55_000)]
    for ts_ms in range(10_000, 60_000, 10_000):
        made.add_beat(ts_ms, True, SETTINGS)
    (row,) = made.revise(SETTINGS, Status.AMENDED)
    assert (row.state, row.reason) == (IntervalState.OBSERVED_UP, Reason.LATE_RECORDS)
    assert row.version == 3


def test_when_the_clock_went_back_only_the_duration_is_left() -> None:
    made = down()
    made.revise(SETTINGS, Status.PROVISIONAL)
    made.close(-3_600_000, 60_100)
    made.revise(SETTINGS, Status.PROVISIONAL)
    assert spans(made) == [(IntervalState.DOWN, 5_000, 55_000)]


def test_down_is_down_even_if_its_records_have_strange_times() -> None:
    made = Trouble.since("a0", 0, 0)
    for _ in range(3):
        made.add_beat(-50_000, False, SETTINGS)
    made.live, made.declared = Live.DOWN, True
    made.revise(SETTINGS, Status.PROVISIONAL)
    assert spans(made) == [(IntervalState.DOWN, 5_000, None)]


def test_a_long_outage_is_folded_and_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble_module, "BEATS_MAX", 50)
    made = down(500)
    assert len(made.beats) <= 50 * 8
    made.close(5_010_000, 5_010_000)
    made.revise(SETTINGS, Status.PROVISIONAL)
    assert spans(made) == [(IntervalState.DOWN, 5_000, 5_005_000)]


def test_proofs_of_life_beyond_the_bound_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble_module, "BEATS_MAX", 50)
    made = Trouble.since("a0", 0, 0)
    taken = [made.add_beat(10_000 * k, True, SETTINGS) for k in range(1, 100)]
    assert taken == [True] * 49 + [False] * 50
