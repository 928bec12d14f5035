"""What a host received, byte for byte with arrival times, in a file that survives being cut off.

    magic | frame | frame | ...        frame: length u32, CRC-32 u32, kind u8, body

The first frame says what was listening: inventory, settings and start. Then come messages, the
host's own turns (when it let time pass) and what befell its line. A run that ended properly closes
with the incidents it found. Reading stops at the first frame that is short or damaged: what stands
before it is good.
"""

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from io import BufferedIOBase
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec

from ingest.intake import Message
from processing.incidents import Incident
from processing.settings import Settings
from simulators.errors import RecordingForeign
from vocabulary.inventory import Inventory

MAGIC: Final = b"LLTAPE1\n"
FRAME_BYTES_MAX: Final = 64 << 20
_FRAME: Final = struct.Struct("<IIB")
_MESSAGE: Final = struct.Struct("<qBH")  # arrival, retain, bytes of topic
_TIME: Final = struct.Struct("<q")


class Kind(IntEnum):
    """What a frame holds."""

    HEAD = 0
    MESSAGE = 1
    TURN = 2
    DEAF = 3
    HEARING = 4
    END = 5


class Head(msgspec.Struct, frozen=True):
    """Who was listening."""

    inventory: Inventory
    settings: Settings
    start_ns: int
    title: str = ""
    seed: int = 0


class End(msgspec.Struct, frozen=True):
    """What the recorded run found."""

    incidents: tuple[Incident, ...] = ()


class Frame(NamedTuple):
    """One thing that happened. ``message`` stands beside MESSAGE only."""

    kind: Kind
    at_ns: int
    message: Message | None = None


class Recorder:
    """Writes one recording; each call is one frame."""

    def __init__(self, path: Path, head: Head) -> None:
        self._file: BufferedIOBase = path.open("wb")
        self._file.write(MAGIC)
        self.messages = 0
        self._write(Kind.HEAD, msgspec.json.encode(head))

    def _write(self, kind: Kind, body: bytes) -> None:
        crc = zlib.crc32(body, int(kind))
        self._file.write(_FRAME.pack(len(body), crc, kind) + body)

    def message(self, one: Message) -> None:
        """A message arrived."""
        topic = one.topic.encode("utf-8", "surrogatepass")
        head = _MESSAGE.pack(one.arrival_ns, one.retain, len(topic))
        self.messages += 1
        self._write(Kind.MESSAGE, head + topic + one.payload)

    def turn(self, now_ns: int) -> None:
        """The host let time pass until now."""
        self._write(Kind.TURN, _TIME.pack(now_ns))

    def hearing(self, now_ns: int, *, on: bool) -> None:
        """The host's own line came or went."""
        self._write(Kind.HEARING if on else Kind.DEAF, _TIME.pack(now_ns))

    def end(self, incidents: tuple[Incident, ...]) -> None:
        """The run is over, and this is what it found."""
        self._write(Kind.END, msgspec.json.encode(End(incidents)))

    def close(self) -> None:
        """Let go of the file; without ``end`` it is a recording that was cut off."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Recording:
    """One recording, read in order; ``cut_off`` is known once all was read."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RecordingForeign: it cannot be read, or is none.
        """
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise RecordingForeign(str(path), error.strerror or "unreadable") from None
        if self._file.read(len(MAGIC)) != MAGIC:
            self._file.close()
            raise RecordingForeign(str(path), "no recording, or one of another version")
        self.head = self._head()
        self.incidents: tuple[Incident, ...] | None = None
        self.cut_off = True
        """Whether the run did not end properly, or the file is damaged from some place on."""

    def _head(self) -> Head:
        kind, body = self._next() or (Kind.END, b"")
        try:
            return msgspec.json.decode(body if kind is Kind.HEAD else b"", type=Head)
        except ValueError:
            self._file.close()
            raise RecordingForeign(str(self._path), "its first frame is damaged") from None

    def _next(self) -> tuple[Kind, bytes] | None:
        head = self._file.read(_FRAME.size)
        if len(head) < _FRAME.size:
            return None
        size_bytes, crc, kind = _FRAME.unpack(head)
        if size_bytes > FRAME_BYTES_MAX:
            return None
        body = self._file.read(size_bytes)
        known = kind in Kind.__members__.values()
        sound = len(body) == size_bytes and zlib.crc32(body, kind) == crc
        return (Kind(kind), body) if sound and known else None

    def frames(self) -> Iterator[Frame]:
        """All frames between head and end, as far as the file is good."""
        while (found := self._next()) is not None:
            kind, body = found
            if kind is Kind.END:
                self.incidents = msgspec.json.decode(body, type=End).incidents
                self.cut_off = False
                return
            if kind is Kind.MESSAGE:
                arrival_ns, retain, topic_bytes = _MESSAGE.unpack_from(body)
                split = _MESSAGE.size + topic_bytes
                topic = body[_MESSAGE.size : split].decode("utf-8", "surrogatepass")
                message = Message(topic, body[split:], arrival_ns, bool(retain))
                yield Frame(kind, arrival_ns, message)
            elif kind is not Kind.HEAD:
                yield Frame(kind, *_TIME.unpack(body))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
