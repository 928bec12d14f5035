"""The ladder: off until the first success, two tests, one reboot a day, whatever the clock does."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.ladder import Answers, Climb, Ladder, Rung, climb, committed
from vocabulary.units import S_PER_DAY, S_PER_H

DEAD, ALIVE = Answers(False, False), Answers(True, True)
NOW_S = 1_790_000_000
LOOK_S = 300


def looks(ladder: Ladder, tests: Answers, *, from_s: int, seconds: int) -> list[tuple[int, Climb]]:
    rows = []
    for at_s in range(from_s, from_s + seconds, LOOK_S):
        made = climb(ladder, tests, at_s)
        ladder = made.ladder
        rows.append((at_s - from_s, made))
    return rows


def rungs(rows: list[tuple[int, Climb]]) -> list[tuple[int, Rung]]:
    return [(at_s, made.rung) for at_s, made in rows if made.rung is not Rung.NOTHING]


def test_no_reboot_loop() -> None:
    """A gateway that never worked is never restarted: nobody knows that it could work."""
    assert rungs(looks(Ladder(), DEAD, from_s=NOW_S, seconds=10 * S_PER_DAY)) == []


def test_network_after_an_hour_reboot_after_three() -> None:
    armed = committed(Ladder(), NOW_S - 2 * S_PER_H)
    found = rungs(looks(armed, DEAD, from_s=NOW_S, seconds=4 * S_PER_H))
    assert found[0] == (S_PER_H, Rung.RESTART_NETWORK)
    assert [rung for _at, rung in found if rung is Rung.REBOOT] == [Rung.REBOOT]
    assert (3 * S_PER_H, Rung.REBOOT) in found


def test_ladder_daily_cap() -> None:
    armed = committed(Ladder(), NOW_S - 2 * S_PER_H)
    found = rungs(looks(armed, DEAD, from_s=NOW_S, seconds=10 * S_PER_DAY))
    reboots = [at_s for at_s, rung in found if rung is Rung.REBOOT]
    assert len(reboots) <= 10
    assert all(b - a >= S_PER_DAY for a, b in pairwise(reboots))


def test_router_drops_icmp() -> None:
    """One of two tests is enough to stay: pings are not asked at all."""
    armed = committed(Ladder(), NOW_S - 2 * S_PER_H)
    for tests in (Answers(True, False), Answers(False, True)):
        assert rungs(looks(armed, tests, from_s=NOW_S, seconds=S_PER_DAY)) == []


def test_within_an_hour_of_a_commit_nothing_happens() -> None:
    armed = committed(Ladder(failing_since_s=NOW_S - S_PER_DAY), NOW_S)
    found = rungs(looks(armed, DEAD, from_s=NOW_S, seconds=S_PER_H))
    assert found == []


@given(
    st.lists(
        st.tuples(st.integers(-S_PER_DAY, S_PER_DAY), st.booleans(), st.booleans()), max_size=60
    )
)
def test_clocks_that_jump_cause_no_storm(steps: list[tuple[int, bool, bool]]) -> None:
    ladder, at_s, reboots = committed(Ladder(), NOW_S), NOW_S, list[int]()
    for step_s, broker, second in steps:
        at_s += step_s
        made = climb(ladder, Answers(broker, second), at_s)
        if made.rung is Rung.REBOOT:
            assert made.ladder.reboot_s == at_s, "kept before it is done"
            assert not broker
            assert not second
            reboots.append(at_s)
        ladder = made.ladder
    forward = [b - a for a, b in pairwise(reboots) if b >= a]
    assert all(passed_s >= S_PER_DAY for passed_s in forward)


def test_a_clock_set_back_allows_no_second_reboot() -> None:
    ladder = Ladder(armed=True, failing_since_s=NOW_S - 9 * S_PER_H, reboot_s=NOW_S - 60)
    made = climb(ladder, DEAD, NOW_S - S_PER_H)
    assert made.rung is not Rung.REBOOT
    assert made.ladder.reboot_s == NOW_S - S_PER_H
