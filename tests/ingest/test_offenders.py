"""A sound gateway is never held, a flood is soon, and the next time for longer."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.offenders import (
    BIRTH_BYTES,
    FORGIVEN_NS,
    PATIENCE_BYTES,
    PATIENCE_BYTES_PER_S,
    PAUSE_NS,
    PAUSE_NS_MAX,
    REFUSED_BYTES,
    Offenders,
)
from vocabulary.units import NS_PER_S

START_NS = 1_800_000_000 * NS_PER_S


def test_the_largest_node_may_be_born_again_and_again() -> None:
    offenders = Offenders()
    for ix in range(200):
        at_ns = START_NS + ix * 10 * NS_PER_S
        births = [BIRTH_BYTES] * 257
        assert not any(offenders.charge("gw-1", cost, at_ns) for cost in births)


def test_a_thousand_births_a_second_are_held_within_two() -> None:
    offenders = Offenders()
    assert any(
        offenders.charge("gw-1", BIRTH_BYTES, START_NS + ix * NS_PER_S // 1_000)
        for ix in range(2_000)
    )
    assert offenders.is_held("gw-1", START_NS + 3 * NS_PER_S)
    assert not offenders.is_held("gw-2", START_NS + 3 * NS_PER_S)
    assert offenders.held_count(START_NS + 3 * NS_PER_S) == 1


def fall(offenders: Offenders, at_ns: int) -> int:
    """Offend until held; gives for how long."""
    while not offenders.charge("gw-1", REFUSED_BYTES, at_ns):
        pass
    sentence = offenders.sentence("gw-1", at_ns)
    assert sentence is not None
    return sentence.until_ns - at_ns


def test_each_time_is_twice_as_long_until_it_is_forgiven() -> None:
    offenders, now_ns, pauses = Offenders(), START_NS, []
    for _ in range(9):
        pauses.append(fall(offenders, now_ns) // NS_PER_S)
        now_ns += pauses[-1] * NS_PER_S
        assert not offenders.is_held("gw-1", now_ns)
        assert offenders.sentence("gw-1", now_ns) is None
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert max(pauses) * NS_PER_S == PAUSE_NS_MAX
    assert fall(offenders, now_ns + FORGIVEN_NS) == PAUSE_NS


@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 3 * NS_PER_S)), max_size=80))
def test_no_more_is_granted_than_patience_holds(costs: list[tuple[int, int]]) -> None:
    offenders, now_ns, granted = Offenders(), START_NS, 0
    for cost, wait_ns in costs:
        now_ns += wait_ns
        if offenders.charge("gw-1", cost, now_ns):
            break
        granted += cost
    passed_s = (now_ns - START_NS) / NS_PER_S
    assert granted <= PATIENCE_BYTES + passed_s * PATIENCE_BYTES_PER_S + 1
