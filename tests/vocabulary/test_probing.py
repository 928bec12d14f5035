"""The rhythm of probes that host and gateway share."""

from itertools import pairwise

from vocabulary.probing import SCHEDULE_MS, STAGES, TIMEOUT_MS


def test_ever_wider_and_never_two_at_once() -> None:
    gaps = [after - before for before, after in pairwise(SCHEDULE_MS)]
    assert SCHEDULE_MS[0] == 0
    assert min(gaps) >= TIMEOUT_MS
    assert gaps == sorted(gaps)


def test_stages_cover_the_schedule() -> None:
    assert list(STAGES) == sorted(set(STAGES))
    assert STAGES[-1] == len(SCHEDULE_MS)
