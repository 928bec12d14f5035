"""C against Python: cases from a seed, what C says to them in bulk, what Python says to them.

Cases are made to be nasty: right sums on impossible bodies, runs of 253 to 255 and 508 to 509
bytes without a 00, frames cut, joined, flipped, doubled and zeroed, buffers that fit exactly and
buffers that are one byte too small.
"""

import random
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cobs import cobs

from firmware_bridge.frame import PAYLOAD_BYTES_MAX, Frame, FrameReader, Verdict, encode
from simulators.c_build import build
from simulators.street_box import C_FOLDER

JUDGE = Path(__file__).parent / "c" / "judge.c"
VERDICTS = ["nothing", "oversize", "cobs", "short", "crc", "version", "frame"]
BAD = 0xFFFFFFFF


class Case(NamedTuple):
    """One question."""

    kind: str
    capacity: int
    data: bytes
    word: int = 0
    split: int = 0
    chunks: int = 1

    @property
    def wire(self) -> bytes:
        """As ``judge.c`` reads it."""
        numbers = (self.capacity | self.split << 16, self.word, len(self.data))
        return self.kind.encode() + b"".join(n.to_bytes(4, "little") for n in numbers) + self.data


def judge(lamp: Path, name: str, *options: str, compiler: str = "gcc") -> Path:
    """The judge over this version of the library."""
    words = ("-O1", "-I", str(C_FOLDER), "-DLAMP_PAYLOAD_MAX=240", *options)
    return build(compiler, (JUDGE, lamp), *words, name=name)


def ask(program: Path, cases: list[Case]) -> bytes:
    """C's answers to all of them."""
    asked = b"".join(case.wire for case in cases)
    done = subprocess.run([program], input=asked, capture_output=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr.decode()[-2_000:])
    return done.stdout


# Making cases.


def nasty(chance: random.Random, size_max: int) -> bytes:
    """Bytes, often with long runs free of 00."""
    match chance.randrange(5):
        case 0:
            return chance.randbytes(chance.randint(0, min(size_max, 40)))
        case 1:
            return bytes(chance.randint(0, min(size_max, 40)))
        case 2:
            run = chance.choice([1, 2, 253, 254, 255, 508, 509])
            return b"\x01" * min(size_max, run)
        case 3:
            parts = [bytes((chance.randint(1, 255),)) * chance.choice([1, 3, 253, 254, 255])]
            parts.append(b"\0" * chance.randint(0, 2))
            parts.append(b"\x07" * chance.choice([0, 1, 254]))
            return b"".join(parts)[:size_max]
        case _:
            few = bytes(chance.choice((0, 1, 255)) for _ in range(chance.randint(0, 30)))
            return few[:size_max]


def piece(chance: random.Random, payload_max: int) -> bytes:
    """A frame, or what only looks like one."""
    match chance.randrange(8):
        case 0:  # a right sum on a body that is none
            body = chance.randbytes(chance.randint(0, 12))
            summed = body + zlib.crc32(body).to_bytes(4, "little")
            return b"\0" + bytes(cobs.encode(summed)) + b"\0"
        case 1:
            return chance.randbytes(chance.randint(0, 30))
        case 2:
            run = chance.randint(payload_max, payload_max + 12)
            return bytes((chance.randint(1, 255),)) * run + b"\0" * chance.randint(0, 1)
        case _:
            payload = nasty(chance, min(PAYLOAD_BYTES_MAX, payload_max + 3))
            return encode(chance.randint(0, 31), chance.randint(0, 255), payload)


def spoiled(chance: random.Random, stream: bytearray) -> bytes:
    """A few faults of a line."""
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        if not stream:
            break
        ix = chance.randrange(len(stream))
        match chance.randrange(5):
            case 0:
                stream[ix] ^= 1 << chance.randrange(8)
            case 1:
                del stream[ix]
            case 2:
                stream.insert(ix, stream[ix])
            case 3:
                stream[ix] = 0
            case _:
                del stream[ix : ix + chance.randint(1, 20)]
    return bytes(stream)


def stream_case(chance: random.Random) -> Case:
    """A reader of some size, and a stream for it."""
    capacity = chance.choice((246, 246, 70, chance.randint(8, 64)))
    parts = [piece(chance, capacity - 6) for _ in range(chance.randint(1, 4))]
    data = spoiled(chance, bytearray(b"".join(parts)))
    if chance.random() < 0.3:
        data = b"\0" + data
    return Case("r", capacity, data, chunks=chance.randint(1, 4))


def block_case(chance: random.Random) -> Case:
    """A frame or plain COBS, into a buffer that fits, or not quite."""
    room = chance.choice((0, 0, 0, -1, -1, 1))
    match chance.randrange(3):
        case 0:
            payload = nasty(chance, 244)
            word = chance.randint(0, 31) | chance.randint(0, 255) << 8
            capacity = len(payload) + 9 + room
            return Case("e", capacity, payload, word, split=chance.randint(0, len(payload)))
        case 1:
            plain = nasty(chance, 520)
            return Case("c", max(0, len(cobs.encode(plain)) + room), plain)
        case _:
            plain = nasty(chance, 520)
            data = bytes(cobs.encode(plain))
            if chance.random() < 0.4:
                data = spoiled(chance, bytearray(data))
            return Case("d", max(0, len(plain) + room), data)


# What Python says.


def python_answer(case: Case, chance: random.Random) -> bytes:
    """In the judge's own form."""
    match case.kind:
        case "r":
            return _verdicts(case, chance)
        case "e":
            if len(case.data) > PAYLOAD_BYTES_MAX or case.capacity < len(case.data) + 9:
                return bytes(4)
            wire = encode(case.word & 0xFF, case.word >> 8, case.data)
            return len(wire).to_bytes(4, "little") + wire
        case "c":
            return _sized(bytes(cobs.encode(case.data)), case.capacity)
        case _:
            try:
                return _sized(bytes(cobs.decode(case.data)), case.capacity)
            except cobs.DecodeError:
                return BAD.to_bytes(4, "little")


def _sized(answer: bytes, capacity: int) -> bytes:
    if len(answer) > capacity:
        return BAD.to_bytes(4, "little")
    return len(answer).to_bytes(4, "little") + answer


def _verdicts(case: Case, chance: random.Random) -> bytes:
    reader = FrameReader(case.capacity - 6)
    said = bytearray()
    data, counted = case.data, dict.fromkeys(Verdict, 0)
    cuts = sorted(chance.randint(0, len(data)) for _ in range(case.chunks - 1))
    for low, high in zip([0, *cuts], [*cuts, len(data)], strict=True):
        for verdict in reader.receive(data[low:high]):
            name = Verdict.FRAME if isinstance(verdict, Frame) else verdict.verdict
            counted[name] += 1
            said.append(VERDICTS.index(name))
            said += verdict.end_ix.to_bytes(4, "little")
            if isinstance(verdict, Frame):
                said += bytes((verdict.type, verdict.seq, len(verdict.payload))) + verdict.payload
    assert counted == reader.counts
    said.append(0xFF)
    return bytes(said)


def first_difference(program: Path, seed: int, count: int) -> str | None:
    """Where C and Python part, of so many cases from this seed; None if nowhere."""
    chance = random.Random(seed)
    cases = [
        stream_case(chance) if chance.random() < 0.8 else block_case(chance) for _ in range(count)
    ]
    theirs = ask(program, cases)
    at = 0
    for ix, case in enumerate(cases):
        ours = python_answer(case, chance)
        if theirs[at : at + len(ours)] != ours:
            shown = theirs[at : at + len(ours)].hex()
            return f"seed {seed}, case {ix}: {case!r}: C says {shown}, Python {ours.hex()}"
        at += len(ours)
    return None if at == len(theirs) else f"seed {seed}: C says more at the end"


def batches(seed: int, total: int, size: int) -> Iterator[tuple[int, int]]:
    """(seed, count) of each batch."""
    for ix in range(0, total, size):
        yield seed + ix, min(size, total - ix)
