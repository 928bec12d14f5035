"""Can this be where somebody put an access point? Swapped coordinates are the usual mistake.

A pair may be swapped and still within range (-87.6, 41.9 is a place in Antarctica), so two more
questions are asked: do people live at this latitude, and would the place lie among the others if
its two numbers changed places?
"""

from collections.abc import Sequence
from typing import Final

NORTH_MAX_DEG: Final = 79.0
SOUTH_MAX_DEG: Final = -56.0
"""Between them lie all towns there are."""
FAR_DEG: Final = 5.0
FEW: Final = 3
"""From so many places on there are others to compare with."""

Position = tuple[float, float]


def fault(lat_deg: float, lon_deg: float) -> tuple[str, str] | None:
    """(which of ``lat`` and ``lon`` is wrong, what was expected), or None."""
    if not -180 <= lon_deg <= 180:
        return "lon", "a longitude from -180 to 180"
    if not -90 <= lat_deg <= 90:
        hint = ": are lat and lon swapped?" if -90 <= lon_deg <= 90 else ""
        return "lat", f"a latitude from -90 to 90{hint}"
    if not SOUTH_MAX_DEG <= lat_deg <= NORTH_MAX_DEG:
        return "lat", "a latitude where people live: are lat and lon swapped?"
    if lat_deg == 0 and lon_deg == 0:
        return "lat", "the coordinates of a place; 0, 0 is where unknown ones go"
    return None


def swapped_among(positions: Sequence[Position]) -> list[int]:
    """Which of these lie far from all others as they are, and among them the other way round."""
    if len(positions) < FEW:
        return []
    lat_deg = sorted(one[0] for one in positions)[len(positions) // 2]
    lon_deg = sorted(one[1] for one in positions)[len(positions) // 2]
    return [
        ix
        for ix, (lat, lon) in enumerate(positions)
        if max(abs(lat - lat_deg), abs(lon - lon_deg)) > FAR_DEG
        and max(abs(lon - lat_deg), abs(lat - lon_deg)) < FAR_DEG
    ]
