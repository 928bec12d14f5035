"""Which number stands for which metric of which device, for as long as records may refer to it.

Numbers are dense from 1 and never given to another metric. A new one is on the card before it is
used. The table is appended to in two files, row by row with a CRC each: a flipped bit in one is
mended from the other at the next start. While the card takes nothing numbers are given out from
memory and written later. If the table could not even be read, these come from a range drawn for
this process, far above the dense one: they must not say something else than what the card knows.
A metric may then have two numbers; the lower one is announced, and both are understood.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Self

from edge.disk import Disk
from edge.errors import AliasesExhausted
from edge.spool_segment import FOLDER
from vocabulary.units import INT32_MAX

FILES: Final = (f"{FOLDER}/aliases-a.bin", f"{FOLDER}/aliases-b.bin")
ALIASES_MAX: Final = 65_535
BLIND_BITS: Final = 18
BLIND_WIDTH: Final = 4_096
"""So many ranges of so many numbers for tables that could not be read; below 2**31 in all."""
ROW_BYTES_MAX: Final = 1024
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
_HEAD = struct.Struct("<HI")
_FIXED = struct.Struct("<QIIB")


class AliasRow(NamedTuple):
    """What an alias stands for; device ``""`` is the node itself."""

    device: str
    name: str
    datatype: int


def encode_row(epoch: int, alias: int, row: AliasRow) -> bytes:
    """One row as it stands in a file; ``epoch`` says in which spool's life it was given out."""
    device = row.device.encode()
    fixed = _FIXED.pack(epoch, alias, row.datatype, len(device))
    rest = fixed + device + row.name.encode()
    return _HEAD.pack(len(rest), zlib.crc32(rest)) + rest


def decode_rows(data: bytes) -> Iterator[tuple[int, AliasRow]]:
    """Every valid row, over damage of any kind; a torn last row is left out."""
    at = 0
    while at + _HEAD.size <= len(data):
        length, crc = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        rest = data[at + _HEAD.size : end]
        whole = _FIXED.size <= length <= ROW_BYTES_MAX and end <= len(data)
        if whole and zlib.crc32(rest) == crc:
            _epoch, alias, datatype, device_bytes = _FIXED.unpack_from(rest)
            text = rest[_FIXED.size :]
            device, name = text[:device_bytes].decode(), text[device_bytes:].decode()
            yield alias, AliasRow(device, name, datatype)
            at = end
        else:
            at += 1


class AliasTable:
    """Aliases both ways."""

    def __init__(self, disk: Disk, epoch: int) -> None:
        self._disk, self._epoch = disk, epoch
        self._by_alias: dict[int, AliasRow] = {}
        self._by_row: dict[tuple[str, str, int], int] = {}
        self._sizes_bytes = [0, 0]
        self._last = 0
        self._blind_last = ALIASES_MAX + (epoch % (1 << BLIND_BITS)) * BLIND_WIDTH
        self._pending: list[bytes] = []
        self._whole = False
        self._repair = True
        self.write_faults = 0

    @classmethod
    def open(cls, disk: Disk, epoch: int, *, repair: bool = True) -> Self:
        """The table found in the spool's folder; an empty one if there is none.

        ``repair``: what one file lacks is written there; off for a card that is only looked at.
        """
        table = cls(disk, epoch)
        table._repair = repair
        try:
            table._read()
        except OSError:
            table.write_faults += 1
        return table

    def __len__(self) -> int:
        return len(self._by_alias)

    def alias_of(self, device: str, name: str, datatype: int) -> int:
        """The number of a metric, given out and durable now if it had none."""
        row = (device, name, datatype)
        known = self._by_row.get(row)
        if known is not None:
            return known
        self.reserve([row])
        return self._by_row[row]

    def reserve(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Give numbers to many metrics with one write and one sync."""
        new: list[bytes] = []
        for device, name, datatype in rows:
            row = AliasRow(device, name, int(datatype))
            if row in self._by_row:
                continue
            alias = self._next()
            assert 0 < row.datatype <= INT32_MAX
            self._learn(alias, row)
            new.append(encode_row(self._epoch, alias, row))
            assert len(new[-1]) <= ROW_BYTES_MAX
        if new:
            self._pending.extend(new)
            self.settle()

    def _next(self) -> int:
        if len(self._by_row) >= ALIASES_MAX:
            raise AliasesExhausted(ALIASES_MAX)
        if self._whole:
            return self._last + 1
        self._blind_last += 1
        return self._blind_last

    def announced(self, alias: int) -> int:
        """The number by which births name the metric of ``alias``."""
        row = self._by_alias.get(alias)
        return alias if row is None else self._by_row[row]

    def describe(self, alias: int) -> tuple[str, str, int] | None:
        """What a number stands for, None if it was never given out."""
        return self._by_alias.get(alias)

    def rows(self) -> list[tuple[str, str, int]]:
        """Every row, by alias."""
        return [row for row, _alias in sorted(self._by_row.items(), key=lambda pair: pair[1])]

    def items(self) -> list[tuple[int, AliasRow]]:
        """Every alias with its row, in order."""
        return sorted(self._by_alias.items())

    @property
    def unsettled_rows(self) -> int:
        """Rows the card has not taken yet."""
        return len(self._pending)

    def settle(self) -> bool:
        """Bring what is only in memory onto the card; False if it still takes nothing."""
        try:
            if not self._whole:
                self._read()
            if self._pending:
                self._append(b"".join(self._pending))
        except OSError:
            self.write_faults += 1
            return False
        self._pending.clear()
        return True

    def _append(self, data: bytes) -> None:
        for number, name in enumerate(FILES):
            self._disk.write_at(name, self._sizes_bytes[number], data)
            self._disk.sync(name)
        if 0 in self._sizes_bytes:
            self._disk.sync_directory(FOLDER)
        for number in range(len(FILES)):
            self._sizes_bytes[number] += len(data)

    def _learn(self, alias: int, row: AliasRow) -> None:
        if alias in self._by_alias:
            return
        if alias <= ALIASES_MAX:
            self._last = max(self._last, alias)
        self._by_alias[alias] = row
        self._by_row[row] = min(alias, self._by_row.get(row, alias))

    def _read(self) -> None:
        """Read both files, take the union, and mend whichever lacks a row."""
        found: list[dict[int, AliasRow]] = []
        lengths: list[int] = []
        for name in FILES:
            data = self._content(name)
            rows = dict(decode_rows(data))
            found.append(rows)
            lengths.append(len(data))
        union = {alias: row for rows in reversed(found) for alias, row in rows.items()}
        for alias, row in sorted(union.items()):
            self._learn(alias, row)
        self._sizes_bytes = lengths
        self._whole = True
        for number, name in enumerate(FILES):
            lacking = sorted(union.keys() - found[number].keys())
            if lacking and self._repair:
                data = b"".join(encode_row(self._epoch, alias, union[alias]) for alias in lacking)
                self._disk.write_at(name, lengths[number], data)
                self._disk.sync(name)
                self._sizes_bytes[number] += len(data)

    def _content(self, name: str) -> bytes:
        try:
            size_bytes = min(self._disk.size_bytes(name), FILE_BYTES_MAX)
        except FileNotFoundError:
            return b""
        return self._disk.read_at(name, 0, size_bytes)
