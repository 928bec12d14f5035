"""Records go in and come out; damage costs what it hit and nothing beside it."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool_record import (
    BODY_BYTES_MAX,
    HEADER_BYTES,
    NOTE,
    Record,
    crc_of_epoch,
    decode,
    encode,
    scan,
    torn_bytes,
    unchecked,
)

EPOCH = 1 << 32 | 7
SEED = crc_of_epoch(EPOCH)


def made(offset: int, body: bytes = b"body", klass: int = 1, mono_ns: int = 0) -> Record:
    return Record(EPOCH, offset, 10**18 + offset, mono_ns or 1000 + offset, 3, 0, klass, body)


def log(*records: Record) -> bytes:
    return b"".join(encode(SEED, record) for record in records)


records = st.builds(
    Record,
    st.just(EPOCH),
    st.integers(0, 2**48 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 65535),
    st.integers(0, 2),
    st.integers(0, 3),
    st.binary(max_size=300),
)


@given(records, st.binary(max_size=20))
def test_what_goes_in_comes_out(record: Record, before: bytes) -> None:
    data = before + encode(SEED, record)
    assert decode(data, len(before), EPOCH, SEED) == record
    assert unchecked(data, len(before), EPOCH) == record


def test_the_longest_body_fits() -> None:
    record = made(1, bytes(BODY_BYTES_MAX))
    assert decode(encode(SEED, record), 0, EPOCH, SEED) == record


def test_every_flipped_bit_is_noticed() -> None:
    raw = encode(SEED, made(5, b"some body"))
    for bit in range(8 * len(raw)):
        spoilt = bytearray(raw)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert decode(bytes(spoilt) + bytes(40), 0, EPOCH, SEED) is None


def test_another_epoch_s_record_is_none() -> None:
    other = EPOCH + 1
    assert decode(encode(SEED, made(5)), 0, other, crc_of_epoch(other)) is None


@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_bytes_raise(data: bytes, at: int) -> None:
    decode(data, at, EPOCH, SEED)
    found = scan(data, epoch=EPOCH, start=0, floor=0)
    torn_bytes(data, found, epoch=EPOCH, boot=1, last_mono_ns=0)


@given(st.lists(st.binary(max_size=60), max_size=12), st.data())
def test_one_flipped_bit_costs_one_record(bodies: list[bytes], draw: st.DataObject) -> None:
    held = [made(offset, body) for offset, body in enumerate(bodies)]
    data = log(*held)
    if not data:
        return
    bit = draw.draw(st.integers(0, 8 * len(data) - 1))
    spoilt = bytearray(data)
    spoilt[bit // 8] ^= 1 << bit % 8
    found = scan(bytes(spoilt), epoch=EPOCH, start=0, floor=0)
    read = [unchecked(bytes(spoilt), at, EPOCH) for at in found.positions]
    missing = [record for record in held if record not in read]
    assert len(missing) == 1
    assert list(found.offsets) == [record.offset for record in read]
    lost = missing[0].offset
    if lost == held[-1].offset:
        assert not found.bad
        assert torn_bytes(bytes(spoilt), found, epoch=EPOCH, boot=3, last_mono_ns=999 + lost)
    else:
        assert [(bad.below, bad.above) for bad in found.bad] == [(lost, lost + 1)]


def naive_scan(data: bytes, floor: int) -> list[int]:
    """Try every byte, one after another."""
    offsets = []
    at = 0
    while at < len(data):
        record = decode(data, at, EPOCH, SEED)
        if record is not None and record.offset >= floor:
            offsets.append(record.offset)
            floor = record.offset + 1
            at += HEADER_BYTES + len(record.body)
        else:
            at += 1
    return offsets


@given(
    st.lists(
        st.one_of(st.builds(lambda record: encode(SEED, record), records), st.binary(max_size=80)),
        max_size=8,
    ),
    st.integers(0, 2**20),
)
def test_the_search_finds_what_trying_every_byte_finds(parts: list[bytes], floor: int) -> None:
    data = b"".join(parts)
    found = scan(data, epoch=EPOCH, start=0, floor=floor)
    assert list(found.offsets) == naive_scan(data, floor)


def test_leftovers_of_a_former_life_do_not_count() -> None:
    former = log(*(made(offset, b"x" * 50) for offset in range(20)))
    fresh = log(made(100, b"y" * 33), made(101, b"y" * 17))
    data = fresh + former[len(fresh) :]
    found = scan(data, epoch=EPOCH, start=0, floor=100)
    assert list(found.offsets) == [100, 101]
    assert found.end == len(fresh)
    assert torn_bytes(data, found, epoch=EPOCH, boot=3, last_mono_ns=1101) == 0
    aligned = scan(former, epoch=EPOCH, start=0, floor=100)
    assert torn_bytes(former, aligned, epoch=EPOCH, boot=3, last_mono_ns=0) == 0


def test_notes_take_no_offset() -> None:
    note = made(2, b"note", klass=NOTE)
    data = log(made(0), made(1), note, note, made(2), made(70_000))
    found = scan(data, epoch=EPOCH, start=0, floor=0)
    assert list(found.offsets) == [0, 1, 2, 70_000]
    assert len(found.notes) == found.tally.note_count == 2
    assert found.floor == 70_001


def test_the_tally_counts_by_class() -> None:
    data = log(made(4, b"ab", klass=0), made(6, b"", klass=3), made(7, b"abc", klass=3))
    tally = scan(data, epoch=EPOCH, start=0, floor=4).tally
    assert (tally.first, tally.last, tally.record_count, tally.boot_max) == (4, 7, 3, 3)
    assert tally.counts == [1, 0, 0, 2]
    assert tally.sizes_bytes == [38, 0, 0, 36 + 39]
    assert (tally.first_wall_ns, tally.last_wall_ns) == (10**18 + 4, 10**18 + 7)


def test_a_torn_tail_is_told_from_what_was_there() -> None:
    whole = log(made(0), made(1, b"z" * 100))
    for cut in range(len(log(made(0))) + 12 + 4, len(whole)):
        data = whole[:cut]
        found = scan(data, epoch=EPOCH, start=0, floor=0)
        assert list(found.offsets) == [0]
        assert torn_bytes(data, found, epoch=EPOCH, boot=3, last_mono_ns=1000) > 0
    found = scan(log(made(0)) + bytes(500), epoch=EPOCH, start=0, floor=0)
    assert torn_bytes(log(made(0)) + bytes(500), found, epoch=EPOCH, boot=3, last_mono_ns=0) == 0
