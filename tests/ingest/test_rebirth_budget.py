"""However many nodes are broken, and however badly, few rebirths are asked for."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.rebirth_budget import CITY_PER_S, JITTER_MAX, NODE_NS_MAX, RebirthBudget
from vocabulary.units import NS_PER_S

START_NS = 1_800_000_000 * NS_PER_S


def asked_at_s(budget: RebirthBudget, seconds: int, *, step_ns: int = NS_PER_S) -> list[int]:
    """When a node that always wants a rebirth gets one."""
    steps = seconds * NS_PER_S // step_ns
    times = (START_NS + ix * step_ns for ix in range(steps))
    return [(now - START_NS) // NS_PER_S for now in times if budget.may_ask("gw-1", now)]


def test_one_node_is_asked_ever_less_often() -> None:
    times = asked_at_s(RebirthBudget(), 4_000)
    waits = [b - a for a, b in itertools.pairwise(times)]
    bounds = [10, 20, 40, 80, 160, 320, *[600] * 9]
    assert len(waits) >= 9
    for wait, bound in zip(waits, bounds, strict=False):
        assert bound <= wait <= bound * (1 + JITTER_MAX) + 1


def test_nodes_asked_together_are_not_asked_together_again() -> None:
    budget = RebirthBudget()
    nodes = [f"gw-{ix}" for ix in range(CITY_PER_S)]
    assert all(budget.may_ask(node, START_NS) for node in nodes)
    tenths = {
        next(
            tenth
            for tenth in range(1_000)
            if budget.may_ask(node, START_NS + tenth * NS_PER_S // 10)
        )
        for node in nodes
    }
    assert len(tenths) > 15
    assert 100 <= min(tenths) <= max(tenths) <= 126


def test_after_a_long_calm_the_pauses_are_short_again() -> None:
    budget = RebirthBudget()
    asked_at_s(budget, 200)
    later_ns = START_NS + 200 * NS_PER_S + 2 * NODE_NS_MAX
    assert budget.may_ask("gw-1", later_ns)
    assert not budget.may_ask("gw-1", later_ns + 9 * NS_PER_S)
    assert budget.may_ask("gw-1", later_ns + 13 * NS_PER_S)


def test_another_node_does_not_wait_for_the_first() -> None:
    budget = RebirthBudget()
    assert budget.may_ask("gw-1", START_NS)
    assert budget.may_ask("gw-2", START_NS)
    assert not budget.may_ask("gw-1", START_NS)


def test_a_whole_city_is_asked_fifty_a_second() -> None:
    budget = RebirthBudget()
    wanting = [f"gw-{ix}" for ix in range(1_000)]
    asked: list[int] = []
    for quarter in range(19 * 4):
        now_ns = START_NS + quarter * NS_PER_S // 4
        granted = [one for one in wanting if budget.may_ask(one, now_ns)]
        asked.append(len(granted))
        wanting = [one for one in wanting if one not in granted]
    assert asked[0] == CITY_PER_S
    assert all(count <= CITY_PER_S / 4 + 1 for count in asked[1:])
    assert sum(asked) >= 950
    assert len(wanting) <= 50


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5 * NS_PER_S)), max_size=300))
def test_no_second_and_no_node_exceeds_its_share(steps: list[tuple[int, int]]) -> None:
    budget, now_ns = RebirthBudget(), START_NS
    granted: list[tuple[int, int]] = []
    for node, wait_ns in steps:
        now_ns += wait_ns
        if budget.may_ask(f"gw-{node}", now_ns):
            granted.append((now_ns, node))
    for ix, (at_ns, _node) in enumerate(granted):
        in_second = [other for other in granted[ix:] if other[0] < at_ns + NS_PER_S]
        assert len(in_second) <= 2 * CITY_PER_S
    for node in range(31):
        times = [at_ns for at_ns, one in granted if one == node]
        assert all(b - a >= 10 * NS_PER_S for a, b in itertools.pairwise(times))
