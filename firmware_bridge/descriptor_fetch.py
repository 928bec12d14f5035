"""Fetches a descriptor piece by piece, judges it, and knows those that were fetched before.

A board names its descriptor by hash and length. Nothing of it is used before all of it is there and
the hash agrees; three failures make it hopeless.
"""

from collections.abc import Mapping
from typing import Final

from firmware_bridge import descriptor as descriptors
from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import DescriptorLearned
from firmware_bridge.descriptor import Descriptor, Fault
from firmware_bridge.messages import Desc
from firmware_bridge.session import DESCRIPTOR_TRIES_MAX

KNOWN_MAX: Final = 8


class DescriptorFetch:
    """Of one link."""

    def __init__(self, known: Mapping[int, bytes], counters: BoardCounters) -> None:
        """``known``: hash -> encoded, as kept by the shell; each is judged again before use."""
        self._known: dict[int, tuple[bytes, Descriptor]] = {}
        self._kept = dict(known)
        self._counters = counters
        self.wanted = (0, 0)
        """Hash and length of the one in hand."""
        self.descriptor: Descriptor | None = None
        self._pieces = bytearray()
        self._asked = self._failures = 0

    def begin(self, desc_hash: int, desc_length: int) -> bool:
        """Want this one; True if it is known already."""
        if self.wanted != (desc_hash, desc_length):
            self._failures = 0
        self.wanted = (desc_hash, desc_length)
        self._pieces.clear()
        self._asked = 1
        known = self._known.get(desc_hash) or self._judge_kept(desc_hash)
        self.descriptor = None
        if known is None or len(known[0]) != desc_length:
            return False
        self.descriptor = known[1]
        return True

    def _judge_kept(self, desc_hash: int) -> tuple[bytes, Descriptor] | None:
        encoded = self._kept.pop(desc_hash, None)
        if encoded is None or descriptors.hash_of(encoded) != desc_hash:
            return None
        judged = descriptors.parse(encoded)
        return None if isinstance(judged, Fault) else self._keep(desc_hash, encoded, judged)

    def _keep(
        self, desc_hash: int, encoded: bytes, descriptor: Descriptor
    ) -> tuple[bytes, Descriptor]:
        self._known[desc_hash] = encoded, descriptor
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]
        return self._known[desc_hash]

    @property
    def offset(self) -> int:
        """Where the next piece begins."""
        return len(self._pieces)

    @property
    def complete(self) -> bool:
        """Whether there is something to judge."""
        return len(self._pieces) >= self.wanted[1]

    @property
    def hopeless(self) -> bool:
        """Whether it failed too often."""
        return self._failures >= DESCRIPTOR_TRIES_MAX

    def again(self) -> int:
        """No piece came in time; how often the present one has been asked for, before now."""
        self._asked += 1
        return self._asked - 1

    def take(self, piece: Desc) -> bool:
        """Whether it is the piece that was asked for."""
        if piece.offset != self.offset or not self.wanted[1]:
            return False
        if not piece.data:  # past the end, it says: shorter than its HELLO promised
            self._pieces += bytes(self.wanted[1] - self.offset)
        self._pieces += piece.data
        self._asked = 1
        return True

    def judge(self) -> DescriptorLearned | str:
        """The descriptor, or what is wrong with it; after a failure it is fetched anew."""
        desc_hash, desc_length = self.wanted
        encoded = bytes(self._pieces)
        found = descriptors.hash_of(encoded)
        if len(encoded) != desc_length or found != desc_hash:
            return self._failed(
                f"the descriptor's hash is {found:08X} over {len(encoded)} bytes, "
                f"HELLO says {desc_hash:08X} over {desc_length}"
            )
        judged = descriptors.parse(encoded)
        if isinstance(judged, Fault):
            return self._failed(f"descriptor {desc_hash:08X}: {judged}")
        self._keep(desc_hash, encoded, judged)
        self.descriptor = judged
        self._failures = 0
        return DescriptorLearned(desc_hash, encoded)

    def _failed(self, why: str) -> str:
        self._counters.descriptor_errors += 1
        self._failures += 1
        self._pieces.clear()
        return why
