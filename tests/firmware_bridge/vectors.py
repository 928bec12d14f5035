"""Reads the files of known bytes in ``tests/vectors/``: words on a line, ``#`` for remarks."""

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "vectors"


class FrameVector(NamedTuple):
    """A line of ``serial_frames.txt``."""

    name: str
    verdict: str
    type: int
    seq: int
    payload: bytes
    wire: bytes


class Sds011Vector(NamedTuple):
    """A line of ``sds011.txt``."""

    name: str
    way: str
    origin: str
    wire: bytes


def _lines(name: str) -> list[list[str]]:
    text = (FOLDER / name).read_text(encoding="ascii")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def _number(text: str) -> int:
    return -1 if text == "-" else int(text)


def _bytes(text: str) -> bytes:
    return b"" if text == "-" else bytes.fromhex(text)


FRAMES = [
    FrameVector(name, verdict, _number(kind), _number(seq), _bytes(payload), _bytes(wire))
    for name, verdict, kind, seq, payload, wire in _lines("serial_frames.txt")
    if verdict != "descriptor"
]
DESCRIPTOR = next(
    _bytes(line[-1]) for line in _lines("serial_frames.txt") if line[1] == "descriptor"
)
SDS011 = {
    name: Sds011Vector(name, way, origin, _bytes(wire))
    for name, way, origin, wire in _lines("sds011.txt")
}


class SensorVector(NamedTuple):
    """A line of ``sensors.txt``."""

    kind: str
    name: str
    way: str
    origin: str
    wire: bytes


SENSORS = [
    SensorVector(kind, name, way, origin, _bytes(wire))
    for kind, name, way, origin, wire in _lines("sensors.txt")
]


def vectors_of(kind: str) -> dict[str, bytes]:
    """Name -> bytes of one kind's vectors."""
    return {one.name: one.wire for one in SENSORS if one.kind == kind}
