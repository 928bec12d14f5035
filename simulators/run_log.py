"""What happened in a run: the last things for people, a digest of all for machines."""

import zlib

from vocabulary.units import NS_PER_S


class RunLog:
    """The last things that happened, for people, and a digest of all, for machines."""

    def __init__(self, kept_max: int, start_ns: int) -> None:
        self._kept_max, self._start_ns = kept_max, start_ns
        self.lines: list[str] = []
        self.digest = 0
        self.events = 0

    def note(self, now_ns: int, what: str, data: bytes = b"") -> None:
        """Something happened that only the digest needs."""
        self.events += 1
        self.digest = zlib.crc32(data, zlib.crc32(f"{now_ns} {what}".encode(), self.digest))

    def say(self, now_ns: int, what: str) -> None:
        """Something happened that a person wants to read when the run fails."""
        self.note(now_ns, what)
        self.lines.append(f"{(now_ns - self._start_ns) / NS_PER_S:9.3f} s  {what}")
        del self.lines[: -self._kept_max]
