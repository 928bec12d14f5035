"""The same lines into a file instead of a database: what the demo needs nothing installed for.

Append, flush, fsync per batch; the file can be loaded into any InfluxDB later. A batch that was
written again stands in it twice, as it would be sent twice: points are counted by
`ingest/line_points.py`, which knows that the same point is one point.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from ingest.sink import DeadLine, Retry, Stop, WriteOutcome

TAIL_BYTES: Final = 65_536
_REMEDY: Final = "Check that the directory exists, may be written to, and has room."


class LineFile:
    """A sink over one file. Used from one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._good_bytes = 0

    def probe(self) -> str | Retry | Stop:
        """Open the file; a line torn by a crash was never reported stored, and is cut off."""
        if self._file is not None:
            return f"line protocol into {self.path}"
        try:
            file = self.path.open("ab+", buffering=0)
        except OSError as error:
            return Stop(f"cannot open {self.path}: {error.strerror}", _REMEDY)
        try:
            self._good_bytes = _whole_lines_bytes(file)
            file.truncate(self._good_bytes)
        except OSError as error:
            file.close()
            return Stop(f"cannot read {self.path}: {error.strerror}", _REMEDY)
        self._file = file
        return f"line protocol into {self.path}"

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        """Append lines and sync; on a fault none of them is in the file."""
        opened = self.probe()
        if isinstance(opened, Stop):
            return WriteOutcome(rest=tuple(lines), stop=opened)
        assert self._file is not None
        good = [line for line in lines if line and "\n" not in line]
        dead = [line for line in lines if not line or "\n" in line]
        data = "".join(f"{line}\n" for line in good).encode()
        try:
            self._file.truncate(self._good_bytes)  # what a failed batch may have left
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
            os.fsync(self._file.fileno())
        except OSError as error:
            return WriteOutcome(rest=tuple(lines), retry=Retry(f"{self.path}: {error.strerror}"))
        self._good_bytes += len(data)
        return WriteOutcome(len(good), tuple(DeadLine(line, "not one line") for line in dead))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _whole_lines_bytes(file: BinaryIO) -> int:
    """Size of the file up to and with its last line break."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - TAIL_BYTES)
        file.seek(start)
        cut = file.read(end - start).rfind(b"\n")
        if cut >= 0:
            return start + cut + 1
        end = start
    return 0
