"""Reads ``tests/recordings/`` and tells in words all that our decoders make of one."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge.modbus_codec import PymodbusCodec
from firmware_bridge import mhz19b
from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Event, Refused, Sample
from firmware_bridge.mhz19b import Mhz19b
from firmware_bridge.modbus import ReadInputs, Refusal
from firmware_bridge.sdm120 import number
from firmware_bridge.sensors import Settings, make_stream
from firmware_bridge.unit_scanner import Judge, Quarantine, Unit, UnitScanner

FOLDER = Path(__file__).parent.parent / "recordings"
ANY = {254: 254, 248: 248}


class Recording(NamedTuple):
    """One file."""

    path: Path
    notes: dict[str, str]
    chunks: tuple[bytes, ...]

    @property
    def golden(self) -> Path:
        """What must come of it."""
        return self.path.with_suffix(".golden")


def read(path: Path) -> Recording:
    """A file's notes and bytes."""
    notes, chunks = {}, []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# ") and ": " in line:
            name, _, text = line[2:].partition(": ")
            notes[name] = text
        elif line and not line.startswith("#"):
            chunks.append(bytes.fromhex(line))
    return Recording(path, notes, tuple(chunks))


def _told(event: Event) -> str:
    if isinstance(event, Sample):
        return "sample " + " ".join(f"{name} {value:.9g}" for name, value in event.values)
    if isinstance(event, Refused):
        detail = f": {event.detail}" if event.detail else ""
        return f"refused {event.reason} {event.size_bytes}{detail}"
    return str(event)


def _counted(counters: LinkCounters) -> str:
    names = ("frames", "crc_errors", "resyncs", "bytes_skipped", "out_of_range", "inconsistent")
    return "counted " + " ".join(f"{name} {getattr(counters, name)}" for name in names)


def _stream(recording: Recording) -> Iterator[str]:
    sensor = make_stream(Settings(recording.notes["kind"]), 0)
    assert sensor is not None
    for chunk in recording.chunks:
        yield from map(_told, sensor.receive(chunk, 0))
    sensor.cut()
    yield _counted(sensor.counters)


def _units(recording: Recording, head: bytes, judge: Judge) -> Iterator[bytes | str]:
    counters = LinkCounters()
    scanner = UnitScanner(counters, Quarantine(), head=head, judge=judge)
    for chunk in recording.chunks:
        for one in scanner.scan(chunk):
            yield one.wire if isinstance(one, Unit) else _told(one)
    scanner.cut()
    yield _counted(counters)


def _asked(recording: Recording) -> Iterator[str]:
    kind = recording.notes["kind"]
    if kind == "mhz19b":
        sensor = Mhz19b(0, warm_up_ns=0)
        for one in _units(recording, b"\xff", mhz19b.judge):
            yield from [one] if isinstance(one, str) else map(_told, sensor.answered(0, one, 0, 0))
        return
    codec = PymodbusCodec()
    address, first, count = map(int, recording.notes["question"].split())
    asked = ReadInputs(codec, address, first, count)
    for one in _units(recording, bytes((address,)), asked.judge):
        if isinstance(one, str):
            yield one
            continue
        words = codec.registers(one)
        if isinstance(words, Refusal):
            yield f"exception {words}"
        elif words is not None and kind == "sdm120":
            yield f"float {number(words, 0):.9g}"
        else:
            yield f"registers {' '.join(map(str, words or ()))}"


def meaning(recording: Recording) -> list[str]:
    """Everything, in the order it came."""
    streams = ("sds011", "pms5003", "nmea")
    told = _stream if recording.notes["kind"] in streams else _asked
    return list(told(recording))
