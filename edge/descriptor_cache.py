"""Descriptors of boards that were here before, kept on the card by their hash.

A descriptor tells what a board's bytes mean and never changes under its hash, so it is fetched over
the wire once. The files are a convenience: one that is missing, torn or wrong is fetched again, and
a card that takes nothing keeps nobody from reading. What is loaded is judged like a stranger's.
"""

from typing import Final

from edge.disk import Disk
from firmware_bridge.descriptor import DESCRIPTOR_BYTES_MAX, hash_of

FOLDER: Final = "descriptors"
FILES_MAX: Final = 64
"""Boards of so many kinds are remembered; more are fetched at each start."""
_SUFFIX: Final = ".cbor"


class DescriptorCache:
    """Loaded once, at the start."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.known: dict[int, bytes] = {}
        self.faults = 0
        """Times the card did not do as it should."""
        try:
            for name in sorted(disk.names(FOLDER))[:FILES_MAX]:
                self._load(name)
        except OSError:
            self.faults += 1

    def _load(self, name: str) -> None:
        if not name.endswith(_SUFFIX):
            return
        encoded = self._disk.read_at(f"{FOLDER}/{name}", 0, DESCRIPTOR_BYTES_MAX)
        if name == self._name(hash_of(encoded)):
            self.known[hash_of(encoded)] = encoded

    @staticmethod
    def _name(desc_hash: int) -> str:
        return f"{desc_hash:08x}{_SUFFIX}"

    def keep(self, desc_hash: int, encoded: bytes) -> None:
        """For the next start; this one knows it already."""
        if desc_hash in self.known or len(self.known) >= FILES_MAX:
            return
        self.known[desc_hash] = encoded
        path = f"{FOLDER}/{self._name(desc_hash)}"
        try:
            self._disk.write_at(path, 0, encoded)
            self._disk.sync(path)
            self._disk.sync_directory(FOLDER)
        except OSError:
            self.faults += 1
