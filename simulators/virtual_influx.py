"""An InfluxDB without a server: answers as one does, keeps points, and fails on purpose.

It stands behind the real sink in the place of its HTTP connection. Distinct points are kept as a
database keeps them: same measurement, tags and time are one point, fields are merged.
"""

import random
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ingest.influx_answers import Answer, Silence

VERSION: Final = "1.8.10"
NOTHING: Final[Mapping[str, str]] = {}

Point = tuple[str, str]
"""Everything before the fields, and the time."""


@dataclass(slots=True)
class SinkFaults:
    """What goes wrong now, as rates between 0 and 1; ``is_down`` answers every write with 503."""

    is_down: bool = False
    fails: float = 0.0
    mute: float = 0.0
    mute_after: float = 0.0
    """The write is done, but its answer never comes."""


class VirtualInflux:
    """The points, and the requests about them."""

    def __init__(
        self, rng: random.Random, *, poison_of: int = 0, keeps_mates: bool = False
    ) -> None:
        """``poison_of``: one line in so many is refused for ever; 0 for none."""
        self._rng, self._poison_of, self._keeps_mates = rng, poison_of, keeps_mates
        self.faults = SinkFaults()
        self.points: dict[Point, dict[str, str]] = {}
        self.refused_lines: set[str] = set()
        self.writes = 0
        self.before: Callable[[str], None] = lambda _where: None
        """Called around each write, so that the world may kill the writer there."""

    def ask(
        self, method: str, path: str, params: Mapping[str, str], body: str = ""
    ) -> Answer | Silence:
        """One request."""
        del method, params
        if path == "/ping":
            return Answer(204, {"x-influxdb-version": VERSION}, "")
        if path != "/write":
            return Answer(200, NOTHING, "{}")
        self.before("write")
        answer = self._write(body.split("\n"))
        self.before("written")
        return answer

    def close(self) -> None:
        """Nothing is open."""

    def _write(self, lines: list[str]) -> Answer | Silence:
        self.writes += 1
        faults, rng = self.faults, self._rng
        if faults.is_down:
            return Answer(503, NOTHING, "down for maintenance")
        if faults.fails and rng.random() < faults.fails:
            return Answer(500, NOTHING, "engine: cache maximum memory size exceeded")
        if faults.mute and rng.random() < faults.mute:
            return Silence("read timed out")
        refused = [line for line in lines if self._is_poison(line)]
        if refused:
            self.refused_lines.update(refused)
            if self._keeps_mates:
                self._keep(line for line in lines if line not in self.refused_lines)
            text = f"partial write: field type conflict dropped={len(refused)}"
            return Answer(400, NOTHING, f'{{"error":"{text}"}}')
        self._keep(lines)
        if faults.mute_after and rng.random() < faults.mute_after:
            return Silence("read timed out")
        return Answer(204, NOTHING, "")

    def _is_poison(self, line: str) -> bool:
        return bool(self._poison_of) and zlib.crc32(line.encode()) % self._poison_of == 0

    def _keep(self, lines: Iterable[str]) -> None:
        for line in lines:
            head, fields, ts = split_line(line)
            self.points.setdefault((head, ts), {}).update(fields)


def split_line(line: str) -> tuple[str, dict[str, str], str]:
    """A line that holds no escaped or quoted space: head, fields as text, time."""
    head, _, rest = line.partition(" ")
    text, _, ts = rest.rpartition(" ")
    fields: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        fields[name] = value
    return head, fields, ts
