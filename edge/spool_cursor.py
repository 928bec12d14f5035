"""What the spool remembers beside its records: how far the host is, which boot this is.

Saved on a clean stop, every minute if changed, and always before committed files are given
back. Losing it costs duplicates at the host, never a record.
"""

from typing import Final

import msgspec

from edge.disk import Disk
from edge.spool_gaps import Gap
from edge.spool_segment import FOLDER
from edge.spool_slots import SlotFile

CURSOR_FILE: Final = f"{FOLDER}/cursor.bin"
BOOTS_MAX: Final = 16
POSITIONS_MAX: Final = 32
OWED_MAX: Final = 16


class Position(msgspec.Struct, frozen=True, array_like=True):
    """How far one epoch is: freed below ``committed``, numbered below ``next_offset``."""

    epoch: int
    committed: int
    next_offset: int


class Boot(msgspec.Struct, frozen=True, array_like=True):
    """A start of the kernel, and its number within the epoch."""

    number: int
    kernel_boot: bytes


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The whole memory. ``clean``: the last process stopped in order and lost nothing."""

    epoch: int
    board: bytes
    clean: bool
    host_acknowledges: bool
    boots: tuple[Boot, ...]
    positions: tuple[Position, ...]
    owed: tuple[Gap, ...] = ()
    """Gaps of the main epoch whose notes are not durable in its log yet."""

    def position(self, epoch: int) -> Position | None:
        """How far ``epoch`` was."""
        return next((known for known in self.positions if known.epoch == epoch), None)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Cursor)


class CursorFile:
    """``cursor.bin``."""

    def __init__(self, disk: Disk) -> None:
        self._slots = SlotFile(disk, CURSOR_FILE)
        self._saved: Cursor | None = None

    @property
    def damaged_slots(self) -> int:
        """Slots that did not validate when they were read."""
        return self._slots.damaged_slots

    def load(self) -> Cursor | None:
        """The cursor as last saved, None if it is lost. Raises ``OSError``."""
        raw = self._slots.load()
        try:
            self._saved = None if raw is None else _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._saved = None
        return self._saved

    def differs(self, cursor: Cursor) -> bool:
        """Whether saving would change anything."""
        return cursor != self._saved

    def save(self, cursor: Cursor, *, both_slots: bool) -> None:
        """Make it durable, in both slots where an older cursor would be wrong rather than late.

        Raises ``OSError``.
        """
        value = _ENCODER.encode(cursor)
        self._slots.store(value)
        self._saved = cursor
        if both_slots:
            self._slots.store(value)


def boot_number(cursor: Cursor | None, kernel_boot: bytes, highest_found: int) -> int:
    """The number of this kernel boot within the epoch: the same again after a mere restart."""
    last = cursor.boots[-1] if cursor and cursor.boots else None
    if last and last.kernel_boot == kernel_boot and last.number >= highest_found:
        return last.number
    return max(highest_found, last.number if last else 0) + 1


def with_boot(boots: tuple[Boot, ...], boot: Boot) -> tuple[Boot, ...]:
    """The table with ``boot`` as its newest row."""
    others = tuple(known for known in boots if known.number != boot.number)
    return (*others, boot)[-BOOTS_MAX:]
