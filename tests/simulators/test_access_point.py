"""A simulated access point says what is true of it, and lists clients as a real one does."""

import json
import re
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulators.access_point import (
    BOOT_NS,
    BYTES_PER_CLIENT_S,
    CLIENTS_MAX,
    SimulatedAccessPoint,
    sent_ms,
)
from simulators.clock import EPOCH_NS
from vocabulary.units import NS_PER_S

ADDRESS = re.compile(r"02:00:5e:[0-9a-f]{2}:00:[0-9a-f]{2}")


def made(seed: int = 1, beat_s: float = 10.0) -> SimulatedAccessPoint:
    return SimulatedAccessPoint("ap-one", seed=seed, beat_s=beat_s, start_ns=EPOCH_NS)


def say(point: SimulatedAccessPoint, beats: int) -> list[dict[str, Any]]:
    """What it says at its next beats; powered all the while."""
    said = []
    for _beat in range(beats):
        message = point.advance(point.next_ns)
        assert message is not None
        said.append(json.loads(message))
    return said


def test_a_message_is_the_truth_of_its_moment() -> None:
    point = made()
    for document, status in zip(say(point, 200), point.sent, strict=False):
        assert document["ts"] == status.sent_ns / NS_PER_S
        assert document["uptime"] == status.uptime_s
        assert document["radio"] == {"rx": status.rx_bytes, "tx": status.tx_bytes}
        assert len(document["stations"]) == status.clients <= CLIENTS_MAX
        assert all(ADDRESS.fullmatch(one["mac"]) for one in document["stations"])
    assert sent_ms(point.sent[0]) == point.sent[0].sent_ns // 1_000_000


def test_the_same_seed_tells_the_same_story_and_another_does_not() -> None:
    assert say(made(), 50) == say(made(), 50)
    assert say(made(), 50) != say(made(seed=2), 50)


@given(st.integers(0, 2**32))
def test_beats_come_on_the_rhythm_and_access_points_are_staggered(seed: int) -> None:
    point = made(seed=seed)
    assert EPOCH_NS <= point.next_ns <= EPOCH_NS + 10 * NS_PER_S
    assert point.advance(point.next_ns - 1) is None
    say(point, 5)
    times = [status.sent_ns for status in point.sent]
    assert {after - before for before, after in pairwise(times)} == {10 * NS_PER_S}


def test_bytes_follow_the_clients_and_the_truth_adds_up() -> None:
    point = made()
    say(point, 500)
    first, last = point.sent[0], point.sent[-1]
    assert all(a.rx_bytes <= b.rx_bytes for a, b in pairwise(point.sent))
    moved = last.rx_bytes + last.tx_bytes - first.rx_bytes - first.tx_bytes
    assert moved <= point.moved_bytes
    expected = point.device_ns * BYTES_PER_CLIENT_S // NS_PER_S
    assert abs(point.moved_bytes - expected) <= 500
    assert point.device_ns > 0


def test_without_power_it_is_silent_and_begins_at_zero_when_it_is_back() -> None:
    point = made()
    say(point, 3)
    point.power(on=False, now_ns=point.next_ns)
    assert point.advance(point.next_ns) is None
    back_ns = point.next_ns + 60 * NS_PER_S
    point.power(on=True, now_ns=back_ns)
    assert point.next_ns == back_ns + BOOT_NS
    (document,) = say(point, 1)
    assert document["uptime"] == BOOT_NS // NS_PER_S
    assert document["radio"] == {"rx": 0, "tx": 0}
    assert document["stations"] == []


def test_switching_on_what_is_on_changes_nothing() -> None:
    point, other = made(), made()
    say(point, 3)
    say(other, 3)
    point.power(on=True, now_ns=point.next_ns - NS_PER_S)
    assert point.next_ns == other.next_ns
    assert say(point, 1)[0]["uptime"] == say(other, 1)[0]["uptime"]
