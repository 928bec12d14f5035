"""Who is hit, by what, when: evenly dealt, and the same for the same seed."""

from collections import Counter
from itertools import pairwise

import pytest

from simulators.crash_plan import AWAY_S, FROZEN_S, QUIET_S, Cycle, Fault, Kind, Victim, cycles


def drawn(count: int, seed: int = 1) -> list[Cycle]:
    return list(cycles(count, seed=seed, gateways=2))


@pytest.mark.parametrize("seed", range(5))
def test_every_part_gets_its_share(seed: int) -> None:
    dealt = Counter((fault.victim, fault.kind) for one in drawn(48, seed) for fault in one.faults)
    assert {dealt[victim, Kind.KILLED] for victim in Victim} == {12}
    assert {dealt[victim, Kind.FROZEN] for victim in Victim} == {6}


def test_every_cycle_kills_exactly_one() -> None:
    for one in drawn(50):
        assert [fault.kind for fault in one.faults].count(Kind.KILLED) == 1
        assert len(one.faults) <= 2


def test_gateways_take_turns() -> None:
    which = [
        fault.which for one in drawn(40) for fault in one.faults if fault.victim is Victim.GATEWAY
    ]
    assert set(which) == {0, 1}
    assert abs(which.count(0) - which.count(1)) <= 1


def test_moments_are_random_and_bounded() -> None:
    faults = [fault for one in drawn(50) for fault in one.faults]
    for fault in faults:
        low, high = AWAY_S if fault.kind is Kind.KILLED else FROZEN_S
        assert low <= fault.for_s <= high
        assert QUIET_S[0] <= fault.after_s <= QUIET_S[1]
    assert all(one.after_s != other.after_s for one, other in pairwise(faults))


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    assert drawn(50)[:7] == drawn(7)
    assert drawn(7) != drawn(7, seed=2)


def test_freezes_stand_before_after_and_around_kills() -> None:
    places = Counter((one.around, one.faults[0].kind) for one in drawn(60) if len(one.faults) == 2)
    assert set(places) == {(False, Kind.FROZEN), (False, Kind.KILLED), (True, Kind.FROZEN)}
    assert not any(one.around for one in drawn(60) if len(one.faults) == 1)


def test_it_reads_as_words() -> None:
    faults = (
        Fault(Victim.GATEWAY, Kind.FROZEN, 1, 0.5, 1.25),
        Fault(Victim.HOST, Kind.KILLED, 0, 0.5, 2.0),
    )
    assert str(Cycle(3, faults)) == "gateway 2 frozen for 1.2 s, host killed for 2.0 s"
    assert str(Cycle(3, faults, around=True)) == "gateway 2 frozen while host killed for 2.0 s"
