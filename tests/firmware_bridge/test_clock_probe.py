"""Time probes: the rhythm, the tokens, and what is not believed."""

import pytest

from firmware_bridge.clock_probe import FIRST_PROBES, PENDING_MAX, ClockProbe
from firmware_bridge.events import NEVER_NS
from firmware_bridge.messages import Time
from tests.firmware_bridge.board_world import World
from vocabulary.units import NS_PER_S


def probe() -> ClockProbe:
    """With a steady hand."""
    return ClockProbe(lambda: 7, byte_ns=86_805)


def test_eight_in_a_hurry_then_one_in_ten_seconds() -> None:
    one, asked = probe(), []
    assert one.due_ns == NEVER_NS
    one.begin(0)
    while one.due_ns < 30 * NS_PER_S:
        asked.append(one.due_ns / NS_PER_S)
        one.asked(one.token(one.due_ns), one.due_ns)
    assert asked[:FIRST_PROBES] == [0.5 * count for count in range(FIRST_PROBES)]
    assert asked[FIRST_PROBES:] == [13.5, 23.5]


def test_an_answer_nobody_asked_for_is_nothing() -> None:
    one = probe()
    one.begin(0)
    token = one.token(0)
    one.asked(token, 0)
    assert not one.answered(Time(b"12345678", 0, 0), 5)
    assert one.answered(Time(token, 0, 0), 5)
    assert not one.answered(Time(token, 0, 0), 5)  # and not twice


def test_questions_without_answers_are_forgotten() -> None:
    one = probe()
    one.begin(0)
    tokens = [one.token(ix) for ix in range(PENDING_MAX + 2)]
    for token in tokens:
        one.asked(token, 0)
    assert not one.answered(Time(tokens[0], 0, 0), 5)
    assert one.answered(Time(tokens[-1], 0, 0), 5)


def test_a_restart_forgets_and_a_pause_does_not() -> None:
    one = probe()
    one.begin(0)
    token = one.token(0)
    one.asked(token, 0)
    one.answered(Time(token, 0, 0), 5)
    one.pause()
    assert (one.due_ns, one.map.known) == (NEVER_NS, True)
    one.restarted()
    assert not one.map.known


@pytest.mark.parametrize("drift_ppm", [-200, 200])
def test_a_boards_drift_is_found_over_a_paced_wire(drift_ppm: int) -> None:
    world = World(baud=9_600)
    world.board.clock.drift(0, drift_ppm)
    world.run(300)
    assert abs(world.link.clock.map.drift_ppm - drift_ppm) < 10
