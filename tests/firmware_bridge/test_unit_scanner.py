"""The search for units: places lost and found, runs told in pieces, the last ones kept."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Reason, Refused
from firmware_bridge.unit_scanner import (
    BROKEN,
    MORE,
    NOT_A_UNIT,
    PIECES_MAX,
    REFUSED_BYTES_MAX,
    Quarantine,
    Unit,
    UnitScanner,
)


def judge(stream: bytes, ix: int) -> int:
    """A toy: ``<`` twice, a digit, as many letters, and the digit again."""
    left = stream[ix : ix + 14]
    if len(left) < 3:
        return MORE
    if not left[2:3].isdigit():
        return NOT_A_UNIT
    size = 4 + int(left[2:3])
    if len(left) < size:
        return MORE
    return size if left[size - 1] == left[2] else BROKEN


def scanner() -> tuple[UnitScanner, LinkCounters, Quarantine]:
    counters, quarantine = LinkCounters(), Quarantine()
    return UnitScanner(counters, quarantine, head=b"<<", judge=judge), counters, quarantine


def test_a_unit_inside_a_broken_one_is_found() -> None:
    made, counters, quarantine = scanner()
    assert made.scan(b"<<3a<<2xy2") == [Refused(Reason.CHECKSUM, 4), Unit(b"<<2xy2", 0)]
    assert (counters.frames, counters.crc_errors, counters.resyncs) == (1, 1, 1)
    assert [piece.wire for piece in quarantine.pieces] == [b"<<3a"]


def test_half_a_head_at_the_end_waits() -> None:
    made, counters, _ = scanner()
    assert made.scan(b"ab<") == []
    assert made.rest_bytes == 1
    assert made.scan(b"<1z1") == [Refused(Reason.STRAY, 2), Unit(b"<<1z1", 0)]
    assert counters.bytes_skipped == 2


def test_after_bytes_are_what_came_behind() -> None:
    made, _, _ = scanner()
    assert made.scan(b"<<1a1<<1b1<<") == [Unit(b"<<1a1", 7), Unit(b"<<1b1", 2)]


def test_what_is_kept_for_the_technician_is_bounded() -> None:
    made, _, quarantine = scanner()
    made.scan(b"".join(b"junk%d" % ix + b"<<0" + b"0" for ix in range(30)))
    assert len(quarantine.pieces) == PIECES_MAX
    assert quarantine.pieces[-1].wire == b"junk29"
    made.scan(bytes(5_000))
    assert max(len(piece.wire) for piece in quarantine.pieces) <= REFUSED_BYTES_MAX


@given(st.lists(st.text("<0123ab", max_size=12), max_size=20))
def test_no_byte_is_lost_from_the_count_however_it_is_cut(pieces: list[str]) -> None:
    whole = "".join(pieces).encode("ascii")
    at_once, in_turn = scanner(), scanner()
    one = at_once[0].scan(whole)
    other = [found for piece in pieces for found in in_turn[0].scan(piece.encode("ascii"))]
    assert [f.wire if isinstance(f, Unit) else f for f in one] == [
        f.wire if isinstance(f, Unit) else f for f in other
    ]
    assert at_once[1] == in_turn[1]
    units = sum(len(found.wire) for found in one if isinstance(found, Unit))
    assert units + at_once[1].bytes_skipped + at_once[0].rest_bytes == len(whole)
    assert at_once[0].rest_bytes < 14
