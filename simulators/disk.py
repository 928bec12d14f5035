"""A disk with every fault of a cheap card, from one seed.

Written pages wait in a cache until they are synced; a crash keeps some, loses some and tears some
at a sector's edge. Names wait as well: a crash keeps a prefix of the changes since the folder was
last synced. Beside that: full, read-only, gone, failing at a given call, losing power at a given
call, lying about syncs, and flipped bits.
"""

import errno
import os
import random
from typing import Final

PAGE_BYTES: Final = 4096
SECTOR_BYTES: Final = 512
PAGE_ZERO: Final = bytes(PAGE_BYTES)


class PowerCut(Exception):
    """The power went away in the middle of a call. Call ``crash`` before using the disk again."""


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class _File:
    """An inode: pages the card has, pages only the cache has. A page of zeros is not kept."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}
        self.dirty: dict[int, bytes] = {}
        self.kept_bytes = 0
        self.size_bytes = 0

    def page(self, number: int) -> bytes:
        found = self.dirty.get(number)
        return found if found is not None else self.kept.get(number, PAGE_ZERO)

    def keep(self, number: int, page: bytes) -> None:
        if page == PAGE_ZERO:
            self.kept.pop(number, None)
        else:
            self.kept[number] = page

    def sync(self) -> int:
        for number, page in self.dirty.items():
            self.keep(number, page)
        written = len(self.dirty) * PAGE_BYTES
        self.dirty.clear()
        self.kept_bytes = self.size_bytes
        return written


Names = dict[str, _File]


class SimulatedDisk:
    """``edge.disk.Disk`` in memory. Set the public switches to break it; call ``crash`` to cut."""

    def __init__(self, *, seed: int, capacity_bytes: int = 1 << 40) -> None:
        self._random = random.Random(seed)
        self._capacity_bytes = capacity_bytes
        self._names: Names = {}
        self._kept_names: Names = {}
        self._steps: list[Names] = []
        self.read_only = False
        self.gone = False
        self.full = False
        self.lies_about_syncs = False
        self.call_ns = 0
        """How long each write or sync takes; ``busy_ns`` adds it up for the owner of the clock."""
        self.busy_ns = 0
        self.calls = 0
        self.fail_call: int | None = None
        self.cut_call: int | None = None
        self.bad_pages: set[tuple[str, int]] = set()
        self.written_bytes = 0
        self.synced_pages_bytes = 0

    # Disk

    def names(self, folder: str) -> list[str]:
        """File names inside ``folder``."""
        self._check_there()
        prefix = f"{folder}/" if folder else ""
        inside = [name[len(prefix) :] for name in self._names if name.startswith(prefix)]
        return sorted(name for name in inside if "/" not in name)

    def size_bytes(self, name: str) -> int:
        """Length of a file."""
        return self._file(name).size_bytes

    def read_at(self, name: str, position: int, size_bytes: int) -> bytes:
        """Bytes from ``position`` on."""
        file = self._file(name)
        end = min(position + size_bytes, file.size_bytes)
        if end <= position:
            return b""
        first, last = position // PAGE_BYTES, (end - 1) // PAGE_BYTES
        if self.bad_pages and any(
            (name, number) in self.bad_pages for number in range(first, last + 1)
        ):
            raise _error(errno.EIO)
        data = b"".join(file.page(number) for number in range(first, last + 1))
        begin = position - first * PAGE_BYTES
        return data[begin : begin + end - position]

    def write_at(self, name: str, position: int, data: bytes | bytearray | memoryview) -> None:
        """Write into the cache; a power cut in it leaves a part."""
        raw = bytes(data)
        cut = self._call()
        if cut:
            raw = raw[: self._random.randint(0, len(raw))]
        file = self._names.get(name)
        grows = position + len(raw) - (file.size_bytes if file else 0)
        if grows > 0 and (self.full or grows > self.free_bytes()):
            raise _error(errno.ENOSPC)
        if file is None:
            file = self._names[name] = _File()
            self._step()
        self._put(file, position, raw)
        self.written_bytes += len(raw)
        if cut:
            raise PowerCut

    def _put(self, file: _File, position: int, raw: bytes) -> None:
        at = 0
        while at < len(raw):
            number, begin = divmod(position + at, PAGE_BYTES)
            part = raw[at : at + PAGE_BYTES - begin]
            if len(part) == PAGE_BYTES:
                file.dirty[number] = part
            else:
                page = file.page(number)
                file.dirty[number] = page[:begin] + part + page[begin + len(part) :]
            at += len(part)
        file.size_bytes = max(file.size_bytes, position + len(raw))

    def sync(self, name: str) -> None:
        """The cache's pages of this file go to the card."""
        cut = self._call()
        file = self._file(name)
        if cut:
            raise PowerCut
        if not self.lies_about_syncs:
            self.synced_pages_bytes += file.sync()

    def sync_directory(self, folder: str) -> None:
        """Names go to the card (of all folders: the journal is one)."""
        del folder
        if self._call():
            raise PowerCut
        if not self.lies_about_syncs:
            self._kept_names = dict(self._names)
            self._steps.clear()

    def rename(self, old: str, new: str) -> None:
        """Rename; durable with the folder."""
        cut = self._call()
        self._file(old)
        self._names[new] = self._names.pop(old)
        self._step()
        if cut:
            raise PowerCut

    def remove(self, name: str) -> None:
        """Delete; durable with the folder."""
        cut = self._call()
        self._file(name)
        del self._names[name]
        self._step()
        if cut:
            raise PowerCut

    def free_bytes(self) -> int:
        """What is left of the capacity."""
        self._check_there()
        if self.full:
            return 0
        used_bytes = sum(file.size_bytes for file in self._names.values())
        return max(0, self._capacity_bytes - used_bytes)

    def total_bytes(self) -> int:
        """The capacity."""
        self._check_there()
        return self._capacity_bytes

    # Faults

    def crash(self) -> None:
        """The power goes: what was not synced is kept, lost or torn, page by page."""
        steps = [self._kept_names, *self._steps]
        self._names = dict(steps[self._random.randrange(len(steps))])
        for file in {id(file): file for file in self._names.values()}.values():
            self._crash_file(file)
        self._kept_names = dict(self._names)
        self._steps.clear()
        self.cut_call = self.fail_call = None

    def _crash_file(self, file: _File) -> None:
        for number, page in file.dirty.items():
            fate = self._random.random()
            if fate < 0.4:
                file.keep(number, page)
            elif fate < 0.6:
                old = file.kept.get(number, PAGE_ZERO)
                edge = self._random.randrange(1, PAGE_BYTES // SECTOR_BYTES) * SECTOR_BYTES
                torn = page[:edge] + old[edge:]
                file.keep(number, torn if self._random.random() < 0.5 else old[:edge] + page[edge:])
        file.dirty.clear()
        if file.size_bytes > file.kept_bytes:
            file.size_bytes = self._random.choice(
                [file.kept_bytes, file.size_bytes, self._between(file)]
            )
        file.kept_bytes = file.size_bytes
        self._blank_behind(file)

    def _between(self, file: _File) -> int:
        return self._random.randint(file.kept_bytes, file.size_bytes)

    @staticmethod
    def _blank_behind(file: _File) -> None:
        """Nothing is kept beyond the end: a file that grows again shows zeros there."""
        for number in [number for number in file.kept if number * PAGE_BYTES >= file.size_bytes]:
            del file.kept[number]
        number, begin = divmod(file.size_bytes, PAGE_BYTES)
        if begin and number in file.kept:
            file.keep(number, file.kept[number][:begin].ljust(PAGE_BYTES, b"\0"))

    def flip_bit(self, name: str, bit: int) -> None:
        """Turn over one bit of a file, on the card and in the cache."""
        file = self._file(name)
        number, within = divmod(bit // 8, PAGE_BYTES)
        for pages in (file.kept, file.dirty):
            if number in pages or pages is file.kept:
                page = bytearray(pages.get(number, PAGE_ZERO))
                page[within] ^= 1 << (bit % 8)
                pages[number] = bytes(page)

    def cut_file(self, name: str, size_bytes: int) -> None:
        """Shorten a file, as a file system check may."""
        file = self._file(name)
        file.sync()
        file.size_bytes = file.kept_bytes = min(size_bytes, file.size_bytes)
        self._blank_behind(file)

    def wipe(self) -> None:
        """Another, empty card is in the slot."""
        self._names, self._kept_names, self._steps = {}, {}, []

    def image(self) -> dict[str, bytes]:
        """Every file's content as a process would read it."""
        return {name: self.read_at(name, 0, self.size_bytes(name)) for name in self._names}

    def clone(self, *, seed: int) -> "SimulatedDisk":
        """A card copied as it is read now."""
        twin = SimulatedDisk(seed=seed, capacity_bytes=self._capacity_bytes)
        for name, data in self.image().items():
            twin.write_at(name, 0, data)
            twin.sync(name)
        twin.sync_directory("")
        return twin

    # Within

    def _check_there(self) -> None:
        if self.gone:
            raise _error(errno.EIO)

    def _file(self, name: str) -> _File:
        self._check_there()
        try:
            return self._names[name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from None

    def _step(self) -> None:
        self._steps.append(dict(self._names))

    def _call(self) -> bool:
        """Count one changing call, raise its fault; True if the power goes during it."""
        self.calls += 1
        self.busy_ns += self.call_ns
        self._check_there()
        if self.read_only:
            raise _error(errno.EROFS)
        if self.fail_call == self.calls:
            raise _error(errno.EIO)
        return self.cut_call == self.calls
