"""The common part: late is late whenever it is looked at, and a checkpoint holds everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.baselines.missed import Missed
from simulators.baselines.table import BASELINES
from tests.simulators.detector_cases import every, told, watched

GAPS = st.lists(st.sampled_from([4.0, 10.0, 10.2, 23.0, 31.0, 75.0, 700.0]), max_size=25)


def seconds_of(gaps: list[float]) -> list[float]:
    made = [1.0]
    for gap in gaps:
        made.append(round(made[-1] + gap, 3))
    return made


def test_a_stream_never_heard_is_never_down() -> None:
    assert told(Missed(watched(), 3), [], 1_000.0) == []


def test_a_proof_exactly_at_the_deadline_is_in_time() -> None:
    assert told(Missed(watched(), 3), [0.0, 30.5], 31.0) == []
    late = told(Missed(watched(), 3), [0.0, 30.501], 31.0)
    assert late == [("down", 30.5, 0.0), ("up", 30.501, 30.501)]


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "nagios-parents"])
@given(gaps=GAPS, cuts=st.lists(st.integers(1, 3_000), max_size=4, unique=True))
def test_where_the_stream_is_cut_does_not_matter(
    name: str, gaps: list[float], cuts: list[int]
) -> None:
    seconds = seconds_of(gaps)
    until = seconds[-1] + 2_500.0
    whole = told(BASELINES[name](watched()), seconds, until)
    apart = told(
        BASELINES[name](watched()), seconds, until, cuts=[float(c) for c in cuts if c < until]
    )
    assert apart == whole


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "nagios-parents"])
def test_a_checkpoint_holds_everything(name: str) -> None:
    seconds = [*every(10.0, 400.0), *every(10.0, 3_000.0, start=2_600.0)]
    whole = told(BASELINES[name](watched()), seconds, 3_000.0)
    for cut in (105.0, 450.0, 2_605.0):
        first, second = BASELINES[name](watched()), BASELINES[name](watched())
        before = told(first, [s for s in seconds if s < cut], cut)
        second.restore(first.to_bytes(), 0)
        after = told(second, [s for s in seconds if s >= cut], 3_000.0)
        assert before + after == whole, cut
