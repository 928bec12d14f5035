"""The body around a core: its clock, its supply, its watchdog, its receiver's ring."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import messages
from firmware_bridge.frame import Frame, FrameReader, encode
from firmware_bridge.messages import Heartbeat, Hello, MessageType, Reset
from simulators.board_kinds import Start
from simulators.c_core import CStreetBox
from simulators.lamplighter_board import (
    RING_BYTES,
    UID,
    WATCHDOG_NS,
    Clock,
    LamplighterBoard,
    c,
    next_boot_id,
    python,
)
from simulators.street_box import Misbehaviour, StreetBox, experiment
from vocabulary.units import NS_PER_MS, NS_PER_S

both = pytest.mark.parametrize("core", [StreetBox, CStreetBox], ids=["python", "c"])


def heard(board: LamplighterBoard, until_ns: int, kind: type) -> list[Any]:
    """What it says of one kind until then."""
    reader = FrameReader()
    frames = [one for one in reader.receive(board.advance(until_ns)) if isinstance(one, Frame)]
    read = [messages.parse(frame.type, frame.payload) for frame in frames]
    return [message for message in read if isinstance(message, kind)]


@both
@pytest.mark.parametrize(
    ("what", "reset", "after_ns"),
    [
        (Misbehaviour.LOCK_UP, Reset.WATCHDOG, WATCHDOG_NS),
        (Misbehaviour.CRASH, Reset.FAULT, 50 * NS_PER_MS),
        (Misbehaviour.BROWN_OUT, Reset.BROWN_OUT, 300 * NS_PER_MS),
    ],
)
def test_it_comes_back_with_a_reason(
    core: Any, what: Misbehaviour, reset: Reset, after_ns: int
) -> None:
    board = LamplighterBoard(0, core)
    (first,) = heard(board, NS_PER_S, Hello)
    board.receive(experiment(what), NS_PER_S)
    assert heard(board, NS_PER_S + after_ns - 1, Hello) == []
    (hello,) = heard(board, NS_PER_S + after_ns, Hello)
    assert (hello.reset, hello.uptime_ms, hello.session) == (reset, 0, 0)
    assert hello.boot_id == next_boot_id(first.boot_id)
    assert board.starts == 2


@both
def test_while_it_hangs_its_receiver_runs_over_and_says_so(core: Any) -> None:
    board = LamplighterBoard(0, core)
    board.receive(experiment(Misbehaviour.HANG, 1_000), 0)
    board.advance(0)
    board.receive(bytes(200), 500 * NS_PER_MS)
    assert heard(board, 999 * NS_PER_MS, Hello) == []
    (beat,) = heard(board, 11 * NS_PER_S, Heartbeat)
    assert beat.rx_overrun == 200 - RING_BYTES


@both
def test_halted_it_does_nothing_and_then_goes_on(core: Any) -> None:
    board = LamplighterBoard(0, core)
    board.advance(NS_PER_S)
    board.halt()
    board.receive(encode(MessageType.HELLO_REQ, 0, b""), NS_PER_S)
    assert board.advance(60 * NS_PER_S) == b""
    board.go_on(60 * NS_PER_S)
    assert len(heard(board, 60 * NS_PER_S, Hello)) == 1


@given(st.integers(-500, 500), st.integers(0, 10**15), st.integers(-500, 500))
def test_a_clock_drifts_and_never_goes_back(first: int, at_ns: int, second: int) -> None:
    clock = Clock(0, first)
    before = clock.us(at_ns)
    clock.drift(at_ns, second)
    assert clock.us(at_ns) == before
    later_us = before + 10**6
    assert clock.us(clock.ns(later_us)) >= later_us > clock.us(clock.ns(later_us) - 2_000)


def test_makers_give_each_seed_its_own_board() -> None:
    for make in (python, c):
        hellos = [heard(make(Start(0, seed)), 0, Hello)[0] for seed in (1, 2)]
        assert [hello.uid - UID for hello in hellos] == [1, 2]
        assert hellos[0].boot_id != hellos[1].boot_id
    same = python(Start(0, 1, frozenset({"same-boot-id"})))
    (before,) = heard(same, 0, Hello)
    same.restart(NS_PER_S, Reset.POWER)
    (after,) = heard(same, NS_PER_S, Hello)
    assert before.boot_id == after.boot_id
