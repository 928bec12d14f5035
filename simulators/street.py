"""Access points and boards of one neighbourhood, and the plan that cuts their power or their line.

The street knows nothing of gateways: it says what goes out on which topic or line and when, and
whom a planted outage touches. Both the virtual world and the live demo walk it.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from simulators.access_point import SimulatedAccessPoint
from simulators.neighbourhood import Neighbourhood, TrueOutage
from simulators.sds011_board import Sds011Board
from vocabulary.units import NS_PER_S, S_PER_H


class Change(NamedTuple):
    """Something that the plan does at a time."""

    at_ns: int
    outage: TrueOutage
    begins: bool


def air(phase_s: float) -> Callable[[int], tuple[int, int]]:
    """Particle readings that swing once an hour, in tenths of a microgram per cubic metre."""

    def values(now_ns: int) -> tuple[int, int]:
        swing = math.sin(2 * math.pi * (now_ns / NS_PER_S + phase_s) / S_PER_H)
        pm2_5 = round(120 + 60 * swing)
        return pm2_5, pm2_5 + 40

    return values


class Street:
    """The simulated things of one run."""

    def __init__(
        self, neighbourhood: Neighbourhood, *, seed: int, beat_s: float, start_ns: int
    ) -> None:
        inventory = neighbourhood.inventory
        self.access_points = {
            ap.ap_id: SimulatedAccessPoint(ap.ap_id, seed=seed, beat_s=beat_s, start_ns=start_ns)
            for ap in inventory.access_point
        }
        self.boards = {
            sensor.sensor_id: Sds011Board(start_ns + ix * NS_PER_S // 8, air(ix * 300.0))
            for ix, sensor in enumerate(inventory.sensor)
        }
        self.gateway_of = {ap.ap_id: ap.gateway_id for ap in inventory.access_point}
        self.gateway_of |= {row.sensor_id: row.gateway_id for row in inventory.sensor}
        self.plan = sorted(
            Change(start_ns + round(at_s * NS_PER_S), outage, begins)
            for outage in neighbourhood.outages
            for at_s, begins in ((outage.start_s, True), (outage.end_s, False))
        )

    def apply(self, change: Change, cut_link: Callable[[str, bool], None]) -> None:
        """Do what the plan says; ``cut_link(gateway, up)`` is called for a gateway's uplink."""
        if change.outage.level == "gateway":
            cut_link(change.outage.node, not change.begins)
            return
        for ap_id in change.outage.affected:
            self.access_points[ap_id].power(on=not change.begins, now_ns=change.at_ns)
