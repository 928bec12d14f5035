"""How many devices are where: by hour of the week, kind of site, weather and holiday.

``demand`` is the number a site of a kind would draw to one ordinary access point at that time; the
beats (``beats.py``) let devices come and go around it. Times of day are those of the town's zone,
so a clock change moves people and moves no beat.
"""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators.chance import stream
from simulators.scenario import Scenario
from simulators.town import KINDS
from vocabulary.units import NS_PER_S

SLOT_S: Final = 1_800
"""Demand is constant for half an hour; every zone's offset is a whole number of quarters."""
LEVEL_MEDIAN, LEVEL_SIGMA_LN, LEVEL_MAX = 2.0, 1.05, 40.0
"""Access points differ: at busy hours the median has two devices, the hundredth one 23."""
STAY_S: Final = 900.0
_SATURDAY, _SUNDAY = 5, 6

# (first hour, last hour, level) of a weekday and of a day of the weekend; outside: the floor
_DAYS: Final[dict[str, tuple[tuple[float, float, float], tuple[float, float, float], float]]] = {
    "library": ((9.5, 20.0, 1.0), (9.0, 17.0, 0.9), 0.02),
    "park": ((7.0, 21.0, 0.7), (9.0, 22.0, 1.2), 0.03),
    "school": ((7.5, 16.0, 1.3), (10.0, 12.0, 0.05), 0.01),
    "street": ((7.0, 22.0, 0.9), (9.0, 23.0, 1.0), 0.12),
    "community": ((9.0, 21.0, 0.8), (10.0, 18.0, 0.7), 0.02),
    "transit": ((5.5, 23.0, 1.1), (7.0, 23.5, 0.7), 0.10),
    "housing": ((16.0, 23.5, 1.2), (9.0, 24.0, 1.2), 0.45),
    "plaza": ((8.0, 20.0, 1.0), (10.0, 22.0, 1.2), 0.05),
}
_OUTDOORS: Final = frozenset({"park", "street", "plaza"})
_OTHER: Final = ((7.0, 22.0, 0.8), (9.0, 22.0, 0.8), 0.1)


def kind_ix(kind: str) -> int:
    """The row of ``demand`` for a kind of site; strangers share the last one."""
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def _level(kind: str, hour: float, *, weekend: bool) -> float:
    """Smooth shoulders of an hour around the open hours, the floor outside."""
    weekday_row, weekend_row, floor = _DAYS.get(kind, _OTHER)
    first, last, height = weekend_row if weekend else weekday_row
    shoulder = min(max(0.0, min(hour - first, last - hour) + 0.5), 1.0)
    return floor + (height - floor) * shoulder if height > floor else height


def local_times(scenario: Scenario, slot_count: int) -> list[datetime]:
    """The local time in the middle of each slot."""
    zone = ZoneInfo(scenario.calendar.zone)
    first_s = scenario.calendar.start_ns // NS_PER_S // SLOT_S * SLOT_S
    return [
        datetime.fromtimestamp(first_s + ix * SLOT_S + SLOT_S // 2, tz=UTC).astimezone(zone)
        for ix in range(slot_count)
    ]


def slot_of(scenario: Scenario) -> int:
    """UTC nanoseconds at which the first slot begins."""
    return scenario.calendar.start_ns // (SLOT_S * NS_PER_S) * SLOT_S * NS_PER_S


def weather(seed: int, days: list[str]) -> dict[str, float]:
    """How inviting each day is outdoors, 0.3 for a storm to 1.3; a day's own number for ever."""
    return {day: float(stream(seed, "weather", day).triangular(0.3, 1.1, 1.3)) for day in days}


def _in_night(scenario: Scenario, hour: float) -> bool:
    people = scenario.people
    return (hour - people.night_from_h) % 24.0 < people.night_h


def demand(scenario: Scenario, seed: int, duration_s: float) -> NDArray[np.float64]:
    """Devices an ordinary access point would have, shape (kinds + 1, slots)."""
    slot_count = int(duration_s // SLOT_S) + 2
    times = local_times(scenario, slot_count)
    holidays = set(scenario.calendar.holidays)
    days = [at.date().isoformat() for at in times]
    outdoors = weather(seed, sorted(set(days))) if scenario.people.weather else {}
    made = np.zeros((len(KINDS) + 1, slot_count))
    for ix, at in enumerate(times):
        hour = at.hour + at.minute / 60
        if _in_night(scenario, hour):
            continue
        weekend = at.weekday() in (_SATURDAY, _SUNDAY) or days[ix] in holidays
        for row, kind in enumerate((*KINDS, "other")):
            inviting = outdoors.get(days[ix], 1.0) if kind in _OUTDOORS else 1.0
            made[row, ix] = scenario.people.level * inviting * _level(kind, hour, weekend=weekend)
    return made


def level_of(seed: int, ap_id: str) -> float:
    """How popular one access point is, for as long as it stands."""
    drawn = stream(seed, "popular", ap_id).lognormal(np.log(LEVEL_MEDIAN), LEVEL_SIGMA_LN)
    return float(min(drawn, LEVEL_MAX))
