"""The serial frame: known bytes, a slow twin, a stranger's COBS, and every way to break a line."""

import zlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from cobs import cobs
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_bridge.frame import (
    ENCODED_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    BadPiece,
    Frame,
    FrameReader,
    Verdict,
    encode,
)
from simulators.cable import Cable, Faults
from tests.firmware_bridge.naive import NaiveReader, uncobs
from tests.firmware_bridge.vectors import DESCRIPTOR, FRAMES, FrameVector

GOOD = [vector for vector in FRAMES if vector.verdict == "frame"]
THREE = [(5, 1, b"\0\1\2"), (12, 2, bytes(range(0, 60, 3))), (31, 255, b"")]

payloads = st.one_of(
    st.binary(max_size=PAYLOAD_BYTES_MAX),
    st.binary(max_size=40).map(lambda some: some.replace(b"\x80", b"\0")),
    st.integers(0, PAYLOAD_BYTES_MAX).map(lambda count: b"\1" * count),
    st.integers(0, PAYLOAD_BYTES_MAX).map(bytes),
)
frames = st.tuples(st.integers(0, 31), st.integers(0, 255), payloads)
# Pieces no encoder makes: right sums on impossible bodies, long blocks, plain garbage.
bodies = st.binary(max_size=10).map(lambda some: some + zlib.crc32(some).to_bytes(4, "little"))
pieces = st.one_of(
    frames.map(lambda frame: encode(*frame)),
    bodies.map(lambda body: b"\0" + cobs.encode(body) + b"\0"),
    st.binary(max_size=30),
    st.integers(240, 260).map(lambda count: b"\x05" * count),
    st.sampled_from([b"\0", b"\0\0\0", b"\xff" + b"\1" * 254, b"\xfe" + b"\1" * 253]),
)


def parts(verdicts: list[Frame | BadPiece]) -> list[tuple[int, int, bytes]]:
    """The frames among the verdicts, without their place."""
    return [verdict[:3] for verdict in verdicts if isinstance(verdict, Frame)]


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)
def test_example_frames_both_ways(vector: FrameVector) -> None:
    assert encode(vector.type, vector.seq, vector.payload) == vector.wire
    assert len(vector.wire) == len(vector.payload) + 9
    heard = FrameReader().receive(vector.wire)
    assert heard == [Frame(vector.type, vector.seq, vector.payload, len(vector.wire))]


@pytest.mark.parametrize("vector", FRAMES, ids=lambda vector: vector.name)
def test_example_verdicts(vector: FrameVector) -> None:
    reader = FrameReader()
    reader.receive(vector.wire)
    expected = dict.fromkeys(Verdict, 0) | {Verdict(vector.verdict): 1}
    assert reader.counts == expected


def test_every_verdict_has_an_example() -> None:
    assert {vector.verdict for vector in FRAMES} == set(Verdict)


def test_the_descriptor_is_the_one_the_hello_names() -> None:
    hello = next(vector for vector in FRAMES if vector.name == "hello_at_boot")
    assert hello.payload[20:24] == zlib.crc32(DESCRIPTOR).to_bytes(4, "little")
    assert hello.payload[24:26] == len(DESCRIPTOR).to_bytes(2, "little")


@given(st.lists(frames, max_size=8), st.integers(0), st.integers(1, 99))
def test_chunking_does_not_matter(
    sent: list[tuple[int, int, bytes]], seed: int, chunk_bytes_max: int
) -> None:
    wire = b"".join(encode(*frame) for frame in sent)
    reader, cable = FrameReader(), Cable(seed, chunk_bytes_max=chunk_bytes_max)
    heard = [verdict for chunk in cable.carry(wire) for verdict in reader.receive(chunk)]
    assert parts(heard) == sent
    assert heard == FrameReader().receive(wire)
    assert reader.bytes_received == len(wire)


@given(st.lists(pieces, max_size=12), st.integers(0), st.floats(0, 0.05), st.integers(1, 300))
def test_the_twin_agrees_on_everything(
    sent: list[bytes], seed: int, likelihood: float, chunk_bytes_max: int
) -> None:
    faults = Faults(likelihood, likelihood, likelihood, likelihood, likelihood)
    cable = Cable(seed, faults=faults, chunk_bytes_max=chunk_bytes_max)
    fast, slow = FrameReader(), NaiveReader()
    for chunk in cable.carry(b"".join(sent)):
        assert fast.receive(chunk) == slow.receive(chunk)
        assert len(fast._rest) <= ENCODED_BYTES_MAX
    assert fast.counts == slow.counts
    assert (fast.bytes_received, fast.bytes_skipped) == (slow.bytes_received, slow.bytes_skipped)


@given(frames)
def test_a_strangers_cobs_reads_ours(frame: tuple[int, int, bytes]) -> None:
    wire = encode(*frame)
    assert wire[0] == wire[-1] == 0
    body = cobs.decode(wire[1:-1])
    assert body[:-4] == bytes((0x20 | frame[0], frame[1])) + frame[2]
    assert cobs.encode(body) == wire[1:-1]


@given(st.binary(min_size=1, max_size=ENCODED_BYTES_MAX).map(lambda b: b.replace(b"\0", b"\1")))
@example(b"\x02")
@example(b"\x01" * ENCODED_BYTES_MAX)
def test_we_refuse_what_a_stranger_refuses(piece: bytes) -> None:
    try:
        theirs = cobs.decode(piece)
    except cobs.DecodeError:
        theirs = None
    assert uncobs(piece) == theirs
    reader = FrameReader()
    reader.receive(b"\0" + piece + b"\0")
    assert (reader.counts[Verdict.COBS] == 1) == (theirs is None)


def damages(wire: bytes) -> Iterator[tuple[int, bytes]]:
    """Every single fault: which byte it touches, what arrives."""
    for ix in range(len(wire)):
        before, byte, after = wire[:ix], wire[ix : ix + 1], wire[ix + 1 :]
        for bit in range(8):
            yield ix, before + bytes((byte[0] ^ 1 << bit,)) + after
        yield ix, before + after
        yield ix, before + byte + byte + after
        yield ix, before + b"\0" + after


def touched(ix: int) -> set[int]:
    """The frames of ``THREE`` that byte ``ix`` belongs to; a delimiter belongs to its own."""
    ends = [0]
    for frame in THREE:
        ends.append(ends[-1] + len(encode(*frame)))
    return {frame_ix for frame_ix, (low, high) in enumerate(pairwise(ends)) if low <= ix < high}


def test_one_fault_costs_at_most_the_frame_it_touches() -> None:
    wire = b"".join(encode(*frame) for frame in THREE)
    for ix, arrived in damages(wire):
        heard = parts(FrameReader().receive(arrived))
        spared = [frame for frame_ix, frame in enumerate(THREE) if frame_ix not in touched(ix)]
        assert [frame for frame in heard if frame not in THREE] == [], (ix, arrived.hex())
        assert [frame for frame in heard if frame in spared] == spared, (ix, arrived.hex())


def test_one_fault_reads_alike_in_every_chunking() -> None:
    wire = b"".join(encode(*frame) for frame in THREE[:2])
    for _ix, arrived in damages(wire):
        whole, single = FrameReader(), FrameReader()
        bytewise = [bytes((byte,)) for byte in arrived]
        assert whole.receive(arrived) == [v for byte in bytewise for v in single.receive(byte)]
        assert whole.counts == single.counts


def test_every_cut_costs_only_what_it_cuts() -> None:
    wire = b"".join(encode(*frame) for frame in THREE)
    for ix in range(len(wire) + 1):
        reader = FrameReader()
        heard = parts(reader.receive(wire[:ix]))
        assert heard == THREE[: len(heard)]
        # The next leading 00 ends the half frame, or completes one that lacked only its last 00.
        again = parts(reader.receive(wire))
        assert again[-len(THREE) :] == THREE
        assert again[: -len(THREE)] in ([], THREE[len(heard) : len(heard) + 1])
        late = parts(FrameReader().receive(wire[ix:]))
        assert late == THREE[len(THREE) - len(late) :]
        assert len(late) >= len(THREE) - 1 - max(touched(max(ix - 1, 0)))


def test_what_stands_before_the_first_delimiter_is_not_heard() -> None:
    reader = FrameReader()
    assert reader.receive(encode(5, 0, b"unheard")[1:-1]) == []
    assert sum(reader.counts.values()) == 0
    assert reader.bytes_skipped == len(b"unheard") + 7
    assert parts(reader.receive(encode(5, 1, b"heard"))) == [(5, 1, b"heard")]


def test_a_cut_port_forgets_the_half_frame() -> None:
    reader, wire = FrameReader(), encode(5, 1, b"one")
    reader.receive(wire[:6])
    reader.cut()
    assert reader.receive(wire[6:]) == []  # its end alone is nothing
    assert reader.counts[Verdict.FRAME] == 0
    assert parts(reader.receive(wire)) == [(5, 1, b"one")]
    assert reader.bytes_received == 2 * len(wire)


def test_any_flood_is_bounded() -> None:
    reader = FrameReader()
    reader.receive(b"\0")
    for _ in range(1_000):
        reader.receive(b"\x07" * 1_000)
        assert len(reader._rest) <= ENCODED_BYTES_MAX
    assert reader.counts[Verdict.OVERSIZE] == 1
    assert parts(reader.receive(encode(1, 1, b""))) == [(1, 1, b"")]


def test_the_place_of_a_frame_tells_how_much_was_read_after_it() -> None:
    reader = FrameReader()
    first, second = encode(5, 1, b"first"), encode(5, 2, b"second")
    (frame,) = reader.receive(first + second[:-1])
    assert reader.bytes_received - frame.end_ix == len(second) - 1


@pytest.mark.parametrize(
    ("message_type", "seq", "payload"),
    [(32, 0, b""), (0, 256, b""), (0, 0, bytes(241)), (-1, 0, b"")],
)
def test_our_own_mistakes_are_caught(message_type: int, seq: int, payload: bytes) -> None:
    with pytest.raises(AssertionError):
        encode(message_type, seq, payload)
