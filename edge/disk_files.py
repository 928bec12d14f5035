"""The disk that is there: ``edge.disk.Disk`` on a directory of the operating system."""

import contextlib
import errno
import fcntl
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from edge.errors import SpoolInUse

FILES_OPEN_MAX: Final = 8
FILE_MODE: Final = 0o640
CLAIM_FILE: Final = "spool.lock"


class RealDisk:
    """``Disk`` on the directory ``root``, made when first written to.

    A few files stay open, so that appending costs one system call. After any fault all are
    closed: a card that was pulled and put back is found again by its path.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[str, int] = OrderedDict()
        self._closing = threading.Lock()
        self._claim: int | None = None

    def names(self, folder: str) -> list[str]:
        """File names inside ``folder``."""
        try:
            return [entry.name for entry in (self._root / folder).iterdir() if entry.is_file()]
        except FileNotFoundError:
            return []

    def size_bytes(self, name: str) -> int:
        """Length of a file."""
        return (self._root / name).stat().st_size

    def read_at(self, name: str, position: int, size_bytes: int) -> bytes:
        """Bytes from ``position`` on."""
        try:
            descriptor = self._descriptor(name, create=False)
            data = os.pread(descriptor, size_bytes, position)
            while len(data) < size_bytes:
                more = os.pread(descriptor, size_bytes - len(data), position + len(data))
                if not more:
                    break
                data += more
        except OSError:
            self.close()
            raise
        return data

    def write_at(self, name: str, position: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of ``data``."""
        try:
            descriptor = self._open.get(name)
            if descriptor is None:
                descriptor = self._descriptor(name, create=True)
            done = os.pwrite(descriptor, data, position)
            if done != len(data):
                self._write_rest(descriptor, position, memoryview(data), done)
        except OSError:
            self.close()
            raise

    @staticmethod
    def _write_rest(descriptor: int, position: int, data: memoryview, done: int) -> None:
        while done < len(data):
            step = os.pwrite(descriptor, data[done:], position + done)
            if step == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            done += step

    def sync(self, name: str) -> None:
        """Through a descriptor of its own, so that a thread may do it while we close files."""
        with self._closing:
            known = self._open.get(name)
            descriptor = None if known is None else os.dup(known)
        if descriptor is None:
            descriptor = os.open(self._root / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def sync_directory(self, folder: str) -> None:
        """``fsync`` of the folder, and of the root that names it."""
        for path in {self._root, self._root / folder}:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, old: str, new: str) -> None:
        """Rename atomically."""
        self._forget(old)
        self._forget(new)
        (self._root / old).rename(self._root / new)

    def remove(self, name: str) -> None:
        """Delete a file."""
        self._forget(name)
        (self._root / name).unlink()

    def free_bytes(self) -> int:
        """What an ordinary user may still write."""
        found = os.statvfs(self._existing())
        return found.f_bavail * found.f_frsize

    def total_bytes(self) -> int:
        """Size of the partition."""
        found = os.statvfs(self._existing())
        return found.f_blocks * found.f_frsize

    def claim(self) -> None:
        """Be the only process that writes here, until this one ends.

        Raises ``SpoolInUse`` if another one is, ``OSError`` if the card takes nothing.
        """
        path = self._root / CLAIM_FILE
        descriptor = self._opened(path, create=True)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise SpoolInUse(str(self._root), holder) from None
        self._claim = descriptor
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let another process write here; the end of this one does the same."""
        self.close()
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def close(self) -> None:
        """Close every open file; the next call opens what it needs."""
        with self._closing:
            while self._open:
                _name, descriptor = self._open.popitem()
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _existing(self) -> Path:
        path = self._root
        while not path.exists() and path != path.parent:
            path = path.parent
        return path

    def _forget(self, name: str) -> None:
        with self._closing:
            descriptor = self._open.pop(name, None)
            if descriptor is not None:
                os.close(descriptor)

    def _descriptor(self, name: str, *, create: bool) -> int:
        known = self._open.get(name)
        if known is not None:
            return known
        descriptor = self._opened(self._root / name, create=create)
        self._open[name] = descriptor
        if len(self._open) > FILES_OPEN_MAX:
            with self._closing:
                _oldest, closing = self._open.popitem(last=False)
                os.close(closing)
        return descriptor

    @staticmethod
    def _opened(path: Path, *, create: bool) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC
        if not create:
            try:
                return os.open(path, flags)
            except OSError as fault:
                if fault.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                    raise
                return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.open(path, flags | os.O_CREAT, FILE_MODE)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags | os.O_CREAT, FILE_MODE)
