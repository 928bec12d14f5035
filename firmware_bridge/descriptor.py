"""What a board's bytes mean: its streams and its commands, as the board itself tells them.

    {0: board, 1: {stream: [name, interval_ms, [[metric, code, exponent], ..]]},
     2: {op: [name, argument codes, result codes]}}              deterministic CBOR, RFC 8949 4.2.1

Codes are those of Python's ``struct``, packed and little-endian: b B h H i I q Q f. A value is
raw * 10^exponent in the catalogue's own unit: the metric's name fixes the unit, and nothing is
converted. A name that begins with ``_`` is a diagnostic and stays on the gateway. No code holds
text, so no channel can carry an address.

A descriptor is a stranger's input: whatever is wrong with it is a ``Fault``, never an exception.
"""

import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import cbor2

from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype

DESCRIPTOR_BYTES_MAX: Final = 4_096
STREAMS_MAX: Final = 32
CHANNELS_MAX: Final = 32
OPS_MAX: Final = 64
EXPONENT_MAX: Final = 9
NESTING_MAX: Final = 5
NAME_CHARACTERS_MAX: Final = 48
INTERVAL_MS_MAX: Final = 24 * 3_600 * 1_000
CODES: Final = "bBhHiIqQf"
FAMILIES: Final = frozenset({"air", "env", "power", "gnss"})
"""What a board can measure. What a gateway says of itself, no board can say."""
OF_WIFI: Final = frozenset({"wifi/clients"})
"""Of the Wi-Fi around it a board may count, and nothing else."""
DATA_BYTES_MAX: Final = 240 - 6
ARGUMENT_BYTES_MAX: Final = 240 - 8
RESULT_BYTES_MAX: Final = 16

_BOARD, _STREAMS, _OPS = 0, 1, 2
_TOP: Final = "top"
_IN_STREAMS: Final = "streams"
_INTEGERS: Final = (Datatype.INT32, Datatype.INT64)


class Fault(NamedTuple):
    """The first thing wrong: where, what was found, what was expected."""

    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, expected {self.expected}"


class _Refused(Exception):
    """Carries the fault out of the depth it was found in; never leaves this file."""

    def __init__(self, where: str, found: object, expected: str) -> None:
        super().__init__(where)
        shown = repr(found)
        self.fault = Fault(where, shown if len(shown) <= 60 else shown[:57] + "...", expected)


class Channel(NamedTuple):
    """One value of a stream."""

    metric: str
    code: str
    exponent: int
    is_integer: bool
    """Whether the catalogue counts it in whole numbers."""

    @property
    def is_diagnostic(self) -> bool:
        """Whether it stays on the gateway."""
        return self.metric.startswith("_")

    def value(self, raw: float) -> float | int | None:
        """The value in the catalogue's unit; None if the board says that it has none."""
        if raw == _MISSING.get(self.code) or not math.isfinite(raw):
            return None
        if self.exponent < 0:
            return float(raw / _POWERS[-self.exponent])
        scaled = raw * _POWERS[self.exponent]
        return int(scaled) if self.is_integer else float(scaled)


_POWERS: Final = tuple(10**exponent for exponent in range(EXPONENT_MAX + 1))
_MISSING: Final[dict[str, int]] = {
    **{code: -(1 << 8 * struct.calcsize(code) - 1) for code in "bhiq"},
    **{code: (1 << 8 * struct.calcsize(code)) - 1 for code in "BHIQ"},
}


class Stream(NamedTuple):
    """Values that are sampled together."""

    number: int
    name: str
    interval_ms: int
    """How often a sample is due; 0 is "when something happens"."""
    channels: tuple[Channel, ...]
    form: struct.Struct


class Op(NamedTuple):
    """A command that the board knows."""

    number: int
    name: str
    arguments: struct.Struct
    result: struct.Struct


class Descriptor(NamedTuple):
    """A whole board."""

    board: str
    streams: Mapping[int, Stream]
    ops: Mapping[int, Op]

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What its samples can contain, in catalogue names."""
        return tuple(
            channel.metric
            for stream in self.streams.values()
            for channel in stream.channels
            if not channel.is_diagnostic
        )


def hash_of(encoded: bytes) -> int:
    """What HELLO calls ``desc_hash``."""
    return zlib.crc32(encoded)


def encode(tree: Mapping[int, Any]) -> bytes:
    """Deterministic CBOR of a descriptor as a tree; the generator's and the simulators' side."""
    return cbor2.dumps(tree, canonical=True)


def parse(encoded: bytes) -> Descriptor | Fault:
    """Read and judge a descriptor."""
    if not 0 < len(encoded) <= DESCRIPTOR_BYTES_MAX:
        return Fault("length", f"{len(encoded)} bytes", f"1 to {DESCRIPTOR_BYTES_MAX}")
    try:
        tree = cbor2.loads(
            encoded, max_depth=NESTING_MAX, allow_indefinite=False, allow_duplicate_keys=False
        )
        descriptor = _descriptor(tree)
        if encode(tree) != encoded:
            return Fault("encoding", "another order or length", "deterministic CBOR")
    except _Refused as refused:
        return refused.fault
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        return Fault("encoding", type(error).__name__, "CBOR")
    return descriptor


def _descriptor(tree: Any) -> Descriptor:
    if type(tree) is not dict or not {_BOARD, _STREAMS} <= tree.keys() <= {_BOARD, _STREAMS, _OPS}:
        raise _Refused(_TOP, tree, "a map with the keys 0, 1 and perhaps 2")
    board = _name("board", tree[_BOARD])
    streams = {
        number: _stream(number, row)
        for number, row in _numbered("streams", tree[_STREAMS], STREAMS_MAX, 255)
    }
    if not streams:
        raise _Refused(_IN_STREAMS, {}, "at least one")
    ops = {
        number: _op(number, row)
        for number, row in _numbered("ops", tree.get(_OPS, {}), OPS_MAX, 0xFFFF)
    }
    descriptor = Descriptor(board, streams, ops)
    names = descriptor.metric_names
    for name in names:
        if names.count(name) > 1:
            raise _Refused(_IN_STREAMS, name, "each metric once on a board")
    return descriptor


def _numbered(where: str, rows: Any, count_max: int, number_max: int) -> list[tuple[int, Any]]:
    if type(rows) is not dict or len(rows) > count_max:
        raise _Refused(where, rows, f"a map of at most {count_max}")
    for number in rows:
        if type(number) is not int or not 0 <= number <= number_max:
            raise _Refused(where, number, f"numbers from 0 to {number_max}")
    return list(rows.items())


def _name(where: str, name: Any) -> str:
    good = type(name) is str and 0 < len(name) <= NAME_CHARACTERS_MAX
    if not good or not name.isascii() or not name.isprintable():
        raise _Refused(where, name, f"1 to {NAME_CHARACTERS_MAX} printable ASCII characters")
    return str(name)


def _row(where: str, row: Any, length: int) -> list[Any]:
    if type(row) is not list or len(row) != length:
        raise _Refused(where, row, f"a list of {length}")
    return row


def _stream(number: int, row: Any) -> Stream:
    where = f"stream {number}"
    name, interval_ms, channels = _row(where, row, 3)
    if type(interval_ms) is not int or not 0 <= interval_ms <= INTERVAL_MS_MAX:
        raise _Refused(f"{where} interval", interval_ms, f"0 to {INTERVAL_MS_MAX} ms")
    if type(channels) is not list or not 0 < len(channels) <= CHANNELS_MAX:
        raise _Refused(f"{where} channels", channels, f"1 to {CHANNELS_MAX}")
    made = tuple(_channel(f"{where} channel {ix}", row) for ix, row in enumerate(channels))
    form = _form(where, "".join(channel.code for channel in made), DATA_BYTES_MAX)
    return Stream(number, _name(where, name), interval_ms, made, form)


def _channel(where: str, row: Any) -> Channel:
    metric, code, exponent = _row(where, row, 3)
    metric = _name(where, metric)
    if type(code) is not str or len(code) != 1 or code not in CODES:
        raise _Refused(f"{where} code", code, f"one of {CODES}")
    if type(exponent) is not int or abs(exponent) > EXPONENT_MAX:
        raise _Refused(f"{where} exponent", exponent, f"-{EXPONENT_MAX} to {EXPONENT_MAX}")
    if metric.startswith("_"):
        return Channel(metric, code, exponent, is_integer=False)
    known = CATALOGUE.get(metric)
    if known is None or (known.family not in FAMILIES and metric not in OF_WIFI):
        raise _Refused(f"{where} metric", metric, "a catalogue name that a board can measure, or _")
    is_integer = known.datatype in _INTEGERS
    if is_integer and (code == "f" or exponent < 0):
        raise _Refused(f"{where} code", (code, exponent), f"whole numbers for {metric}")
    return Channel(metric, code, exponent, is_integer)


def _op(number: int, row: Any) -> Op:
    where = f"op {number}"
    name, arguments, result = _row(where, row, 3)
    return Op(
        number,
        _name(where, name),
        _form(f"{where} arguments", arguments, ARGUMENT_BYTES_MAX),
        _form(f"{where} result", result, RESULT_BYTES_MAX),
    )


def _form(where: str, codes: Any, bytes_max: int) -> struct.Struct:
    if type(codes) is not str or len(codes) > bytes_max or not set(codes) <= set(CODES):
        raise _Refused(where, codes, f"codes of {CODES}")
    form = struct.Struct("<" + codes)
    if form.size > bytes_max:
        raise _Refused(where, f"{form.size} bytes", f"at most {bytes_max}")
    return form
