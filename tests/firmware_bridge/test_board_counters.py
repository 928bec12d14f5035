"""Counters of a board's link: each begins at nothing, and a copy stands still."""

import msgspec

from firmware_bridge.board_counters import BoardCounters


def test_all_begin_at_nothing() -> None:
    assert set(msgspec.structs.asdict(BoardCounters()).values()) == {0}


def test_a_copy_does_not_go_on_counting() -> None:
    counters = BoardCounters()
    kept = counters.copy()
    counters.frames += 1
    assert (kept.frames, counters.frames) == (0, 1)
