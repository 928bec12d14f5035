"""Counters of a link start at nothing and are all whole numbers."""

import msgspec

from firmware_bridge.counters import LinkCounters


def test_all_start_at_nothing() -> None:
    assert set(msgspec.structs.asdict(LinkCounters()).values()) == {0}


def test_each_link_has_its_own() -> None:
    one, other = LinkCounters(), LinkCounters()
    one.frames += 1
    assert (one.frames, other.frames) == (1, 0)
