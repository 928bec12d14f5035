"""Files ready to be written into: freed segments to be overwritten, or new ones filled with zeros.

Overwriting blocks that the file system has already given out spares its journal, and with it
most of what a card would wear out on. One file stays in reserve, so that a full partition can
still take what must be written.
"""

import errno
from typing import Final

from edge.disk import Disk
from edge.spool_policy import SpoolLimits
from edge.spool_segment import FOLDER

PREFIX: Final = "spare-"
SUFFIX: Final = ".free"


def is_spare(file_name: str) -> bool:
    """Whether a name in the spool's folder is one of the shelf's."""
    return file_name.startswith(PREFIX) and file_name.endswith(SUFFIX)


class Shelf:
    """Spare files of exactly one segment's size. Every method may raise ``OSError``."""

    def __init__(self, disk: Disk, limits: SpoolLimits) -> None:
        self._disk, self._limits = disk, limits
        self._names: list[str] = []
        self._serial = 0

    @property
    def held_bytes(self) -> int:
        """What the spare files take."""
        return len(self._names) * self._limits.segment_bytes

    @property
    def spare_count(self) -> int:
        """Files on the shelf."""
        return len(self._names)

    def adopt(self, file_name: str) -> None:
        """A spare found at start; of the wrong size, or one too many, it is removed."""
        name = f"{FOLDER}/{file_name}"
        fits = self._disk.size_bytes(name) == self._limits.segment_bytes
        number = file_name.removeprefix(PREFIX).removesuffix(SUFFIX)
        if number.isdecimal():
            self._serial = max(self._serial, int(number))
        if fits and number.isdecimal() and len(self._names) < self._limits.spare_count_max:
            self._names.append(name)
        else:
            self._disk.remove(name)

    def put(self, name: str, file_bytes: int) -> None:
        """A segment nobody needs any more: onto the shelf if there is room, else away."""
        fits = file_bytes == self._limits.segment_bytes
        if not fits or len(self._names) >= self._limits.spare_count_max:
            self._disk.remove(name)
            return
        spare = self._next_name()
        self._disk.rename(name, spare)
        self._names.append(spare)

    def take(self) -> str:
        """A file of one segment's size, now the caller's. Its old content means nothing."""
        if not self._names:
            self.fill()
        return self._names.pop()

    def give_back(self, name: str) -> None:
        """A file that was taken and not used after all."""
        self._names.append(name)

    def fill(self) -> None:
        """Have at least one file in reserve."""
        if self._names:
            return
        name = self._next_name()
        try:
            self._disk.write_at(name, 0, bytes(self._limits.segment_bytes))
            self._disk.sync(name)
        except OSError:
            self._discard(name)
            raise
        self._names.append(name)

    def keep_reserve(self) -> None:
        """Have a file in reserve if there is room for one; without it the spool still works."""
        try:
            self.fill()
        except OSError as fault:
            if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise

    def spend_reserve(self) -> bool:
        """Remove one spare to make room; False if there is none."""
        if not self._names:
            return False
        self._disk.remove(self._names.pop())
        return True

    def _next_name(self) -> str:
        self._serial += 1
        return f"{FOLDER}/{PREFIX}{self._serial}{SUFFIX}"

    def _discard(self, name: str) -> None:
        try:
            self._disk.remove(name)
        except OSError:
            return  # it never came to be, or it is found and counted at the next start
