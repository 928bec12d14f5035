"""What a simulated sensor truly said, in the catalogue's names and units: the judge of its reader.

Boards work these values out by themselves, apart from ``firmware_bridge``.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

READINGS_MAX: Final = 100_000


class SentReading(NamedTuple):
    """Values that left in one unit, and whether the board stood by them."""

    ts_ns: int
    values: tuple[tuple[str, float], ...]
    settled: bool = True


class SentValues:
    """The readings of one board, newest last; bounded."""

    def __init__(self) -> None:
        self.readings: deque[SentReading] = deque(maxlen=READINGS_MAX)
        self.count = 0

    def add(self, ts_ns: int, values: Mapping[str, float], *, settled: bool = True) -> None:
        """A unit with these values leaves now."""
        self.readings.append(SentReading(ts_ns, tuple(values.items()), settled))
        self.count += 1

    @property
    def settled_values(self) -> set[tuple[str, float]]:
        """Every name and value that the board stood by."""
        return {pair for reading in self.readings if reading.settled for pair in reading.values}


def strangers(
    heard: Iterable[tuple[str, float]], sent: SentValues, *, digits: int = 6
) -> list[tuple[str, float]]:
    """What was heard and never sent, compared to so many digits."""
    true = {(name, round(value, digits)) for name, value in sent.settled_values}
    return [(name, value) for name, value in heard if (name, round(value, digits)) not in true]
