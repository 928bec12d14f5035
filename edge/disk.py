"""The disk as the spool sees it: a few files with short names, and every fault a real one has.

The spool reaches its files only through ``Disk``, so a simulated disk can tear writes, lose what
was not synced and fill up. Names are ``folder/file`` or ``file``; all calls raise ``OSError`` as
the operating system does, and nothing else.
"""

from typing import Protocol


class Disk(Protocol):
    """Files below one directory. Nothing is durable before ``sync`` and ``sync_directory``."""

    def names(self, folder: str) -> list[str]:
        """File names inside ``folder``, without it; empty if there is no such folder."""
        ...

    def size_bytes(self, name: str) -> int:
        """Length of a file that exists."""
        ...

    def read_at(self, name: str, position: int, size_bytes: int) -> bytes:
        """Bytes from ``position`` on; fewer than asked only at the end of the file."""
        ...

    def write_at(self, name: str, position: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of ``data``, making the file if need be; a raise may leave a part of it."""
        ...

    def sync(self, name: str) -> None:
        """Make the file's content and length durable (``fdatasync``). Safe in another thread."""
        ...

    def sync_directory(self, folder: str) -> None:
        """Make the names in ``folder`` durable."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename atomically; a file already called ``new`` is gone then."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file that exists."""
        ...

    def free_bytes(self) -> int:
        """Bytes that may still be written."""
        ...

    def total_bytes(self) -> int:
        """Size of the whole partition."""
        ...
