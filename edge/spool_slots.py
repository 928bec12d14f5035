"""A small value that survives a power cut at any moment: two slots, written in turn.

Each slot holds a sequence number, a length, a CRC and the value. A torn write spoils the slot
being written and leaves the other one; the higher valid number wins.
"""

import struct
import zlib
from typing import Final

from edge.disk import Disk

SLOT_BYTES: Final = 4096
"""One page: a torn write never reaches into the other slot."""
_HEAD = struct.Struct("<4sIQ")
_CRC = struct.Struct("<I")
VALUE_BYTES_MAX: Final = SLOT_BYTES - _HEAD.size - _CRC.size
MAGIC: Final = b"LSLT"


class SlotFile:
    """The value in ``name``, durable when ``store`` returns."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self._name = disk, name
        self._seq = 0
        self._known = False
        self.damaged_slots = 0

    def load(self) -> bytes | None:
        """The newest value that is whole; None if there is none. Raises ``OSError``."""
        try:
            slots = [self._slot(0), self._slot(1)]
        except FileNotFoundError:
            self._seq, self._known = 0, False
            return None
        whole = [slot for slot in slots if slot is not None]
        self._known = True
        if not whole:
            return None
        self._seq, value = max(whole)
        return value

    def store(self, value: bytes) -> None:
        """Replace the value. Raises ``OSError``; the old value is then still whole."""
        assert len(value) <= VALUE_BYTES_MAX
        seq = self._seq + 1
        head = _HEAD.pack(MAGIC, len(value), seq) + value
        slot = (head + _CRC.pack(zlib.crc32(head))).ljust(SLOT_BYTES, b"\0")
        self._disk.write_at(self._name, (seq % 2) * SLOT_BYTES, slot)
        self._disk.sync(self._name)
        if not self._known:
            folder = self._name.rpartition("/")[0]
            self._disk.sync_directory(folder)
            self._known = True
        self._seq = seq

    def _slot(self, number: int) -> tuple[int, bytes] | None:
        data = self._disk.read_at(self._name, number * SLOT_BYTES, SLOT_BYTES)
        if len(data) < _HEAD.size or not data.strip(b"\0"):
            return None
        magic, length, seq = _HEAD.unpack_from(data)
        end = _HEAD.size + length
        if magic == MAGIC and end + _CRC.size <= len(data):
            crc = _CRC.unpack_from(data, end)[0]
            if crc == zlib.crc32(data[:end]) and seq % 2 == number:
                return seq, data[_HEAD.size : end]
        self.damaged_slots += 1
        return None
