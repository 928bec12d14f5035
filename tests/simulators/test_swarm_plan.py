"""The plan of a world: drawn from its seed, some kinds off, all within bounds."""

from collections import Counter

from simulators.swarm_plan import PER_GATEWAY, QUIET_S, STANDING, FaultKind, draw


def test_a_seed_is_a_plan() -> None:
    assert draw(7) == draw(7) != draw(8)


def test_faults_are_of_kinds_that_are_on_and_fall_into_the_run() -> None:
    for seed in range(100):
        plan = draw(seed)
        for fault in plan.faults:
            assert fault.kind in plan.kinds - STANDING
            assert QUIET_S <= fault.at_s <= plan.fault_s
            assert fault.gateway_ix < (plan.gateways if fault.kind in PER_GATEWAY else 1)
        assert list(plan.faults) == sorted(plan.faults)


def test_every_kind_is_on_in_some_runs_and_off_in_others() -> None:
    on = Counter(kind for seed in range(200) for kind in draw(seed).kinds)
    assert set(on) == set(FaultKind)
    assert all(20 < count < 180 for count in on.values())


def test_the_length_may_be_asked_for() -> None:
    assert draw(1, minutes=7).fault_s == 420
