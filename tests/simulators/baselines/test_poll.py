"""Polling without polling: the same as a slow twin that asks every time."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.baselines.poll import PollDetector, Polling
from simulators.detectors import Watched
from tests.simulators.beat_world import START_NS
from tests.simulators.detector_cases import Said, told, watched
from vocabulary.units import NS_PER_S


class _Any(PollDetector):
    name = "any"

    def __init__(self, polling: Polling) -> None:
        type(self).polling = polling
        super().__init__(watched())


def naive(polling: Polling, seconds: list[float], until: float, known: Watched) -> list[Said]:
    """Ask at every poll; look at every multiple of the look whether it is time to speak."""
    s = NS_PER_S
    young = known.beat_ns + known.margin_ns if polling.young_ns is None else polling.young_ns
    proofs = [round(one * s) for one in seconds]
    end, said, failed, down = round(until * s), [], -1, False
    poll = -(-proofs[0] // polling.every_ns) * polling.every_ns
    while poll < end:
        last = max(one for one in proofs if one <= poll)
        if poll - last < young:
            failed = -1
            if down:
                said.append(("up", poll / s, poll / s))
                down = False
        elif failed < 0:
            failed = poll
        wait = (polling.failures - 1) * polling.every_ns + polling.extra_ns
        after = poll + polling.every_ns
        if failed >= 0 and not down:
            due = -(-(failed + wait) // polling.look_ns) * polling.look_ns
            if poll <= due < after and due < end:
                said.append(("down", due / s, failed / s))
                down = True
        poll = after
    return [(view, round(at, 6), round(since, 6)) for view, at, since in said]


@given(
    st.builds(
        Polling,
        every_ns=st.sampled_from([30, 60, 300]).map(lambda n: n * NS_PER_S),
        failures=st.integers(1, 4),
        extra_ns=st.sampled_from([0, 1]),
        look_ns=st.sampled_from([1, 5 * NS_PER_S]),
        young_ns=st.sampled_from([None, 30 * NS_PER_S]),
    ),
    st.lists(st.sampled_from([1.0, 9.9, 10.0, 21.0, 29.5, 30.0, 64.0, 400.0]), max_size=30),
    st.floats(0.0, 59.0).map(lambda second: round(second, 2)),
    st.floats(1.0, 2_000.0).map(lambda second: round(second, 1)),
)
def test_it_is_as_if_every_poll_were_made(
    polling: Polling, gaps: list[float], first: float, more: float
) -> None:
    assert START_NS % polling.every_ns == 0
    seconds = [first]
    for gap in gaps:
        seconds.append(round(seconds[-1] + gap, 3))
    until = round(seconds[-1] + more, 3)
    expected = naive(polling, seconds, until, watched())
    assert told(_Any(polling), seconds, until) == expected
