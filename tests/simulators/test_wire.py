"""The wire: as fast as its rate, honest about what it lost, and deaf at the wrong rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cable import Faults
from simulators.street_box import StreetBox
from simulators.wire import NEVER_NS, ON_WIRE_BYTES_MAX, Lane, Wire, resample
from vocabulary.units import NS_PER_S

BYTE_NS = 10 * NS_PER_S // 9_600


def test_bytes_take_their_ten_bits_one_after_the_other() -> None:
    lane = Lane(1, baud=9_600)
    lane.send(b"abc", 0)
    lane.send(b"d", 0)
    assert lane.arrive(BYTE_NS - 1) == []
    assert lane.arrive(BYTE_NS) == [(b"a", BYTE_NS)]
    assert lane.arrive(4 * BYTE_NS) == [(b"bc", 3 * BYTE_NS), (b"d", 4 * BYTE_NS)]
    assert (lane.next_ns, lane.whole_ns) == (NEVER_NS, NEVER_NS)


@given(st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 10**7)), max_size=20))
def test_a_good_wire_loses_nothing(sent: list[tuple[bytes, int]]) -> None:
    lane, now_ns, heard = Lane(1, baud=115_200), 0, b""
    for data, pause_ns in sent:
        lane.send(data, now_ns)
        now_ns += pause_ns
        heard += b"".join(one.data for one in lane.arrive(now_ns))
    heard += b"".join(one.data for one in lane.arrive(now_ns + NS_PER_S))
    assert heard == b"".join(data for data, _pause in sent)
    assert lane.lost_bytes == 0


def test_what_is_too_much_or_cut_is_lost_and_counted() -> None:
    wire = Wire(1, baud=9_600)
    wire.to_board.send(bytes(ON_WIRE_BYTES_MAX), 0)
    wire.to_board.send(b"more", 0)
    assert wire.to_board.lost_bytes == 4
    wire.to_gateway.send(b"gone", 0)
    wire.cut()
    assert wire.to_gateway.lost_bytes == 4
    assert wire.next_ns == NEVER_NS


def test_faults_are_the_cables() -> None:
    lane = Lane(7, baud=115_200, faults=Faults(drop=0.5))
    lane.send(bytes(1_000), 0)
    heard = b"".join(one.data for one in lane.arrive(NS_PER_S))
    assert len(heard) == 1_000 - lane.truth.dropped_bytes < 700


def test_the_same_rate_changes_nothing_and_three_per_cent_neither() -> None:
    data = bytes(range(256)) * 4
    for sent_baud in (115_200, 118_656, 111_744):
        assert resample(data, sent_baud=sent_baud, heard_baud=115_200) == data


def traffic() -> bytes:
    """What a board says in some minutes."""
    box = StreetBox(0, uid=0x0123456789ABCDEF, boot_id=5, reset_reason=0)
    for second in range(1, 200):
        box.poll(second * 1_000_000)
    return box.take()


@pytest.mark.parametrize(
    ("sent_baud", "low", "high"), [(57_600, 0.05, 0.2), (19_200, 0.4, 0.7), (9_600, 0.9, 1.0)]
)
def test_a_slow_board_is_heard_with_zeros_in_it(sent_baud: int, low: float, high: float) -> None:
    heard = resample(traffic(), sent_baud=sent_baud, heard_baud=115_200)
    assert low < heard.count(0) / len(heard) <= high


def test_a_fast_board_is_heard_as_garbage_without_zeros() -> None:
    heard = resample(traffic(), sent_baud=115_200, heard_baud=57_600)
    assert heard.count(0) / len(heard) < 0.02
    assert len(heard) < len(traffic())
