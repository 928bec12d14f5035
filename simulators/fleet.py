"""The equipment of one run: what is told of it, and what is true.

The town is the truth. ``listed`` is the inventory that the code under test is given: a scenario may
have written some access points to the wrong gateway or feeder, or list some that never report.
"""

from typing import Final, NamedTuple

import msgspec
import numpy as np

from simulators.chance import stream
from simulators.scenario import Scenario
from simulators.town import Town
from simulators.truth import TruePath
from vocabulary.inventory import AccessPoint, Inventory
from vocabulary.units import NS_PER_MS, NS_PER_S

NARROW_BITS: Final = 32


class Clock(NamedTuple):
    """How a gateway's wall clock is wrong: so far off at the start, and so fast."""

    skew_ns: int
    drift_ppm: float


class Fleet(NamedTuple):
    """Who is who in one run."""

    listed: Inventory
    paths: dict[str, TruePath]
    """Access point -> where it truly hangs, in the order of the inventory."""
    never_reporting: frozenset[str]
    on_ups: frozenset[str]
    """Gateways that live on when their feeder fails."""
    clocks: dict[str, Clock]
    """Gateways whose clock is wrong."""
    switched_on_ns: dict[str, int]
    """Gateways that are not yet on when the run begins, and when they are."""


def _lists_wrongly(ap: AccessPoint, town: Town, scenario: Scenario, seed: int) -> AccessPoint:
    """One row as the inventory has it, after a technician's slip or without one."""
    fleet = scenario.fleet
    gateway_id, feeder_id, bits = ap.gateway_id, ap.feeder_id, ap.counter_bits
    rng = stream(seed, "listed", ap.ap_id)
    gateways, feeders = town.inventory.gateway, tuple(town.feeders())
    if rng.random() < fleet.wrong_gateway_share:
        gateway_id = gateways[int(rng.integers(len(gateways)))].gateway_id
    if feeders and rng.random() < fleet.wrong_feeder_share:
        feeder_id = feeders[int(rng.integers(len(feeders)))]
    if rng.random() < fleet.narrow_counter_share:
        bits = NARROW_BITS
    return msgspec.structs.replace(
        ap, gateway_id=gateway_id, feeder_id=feeder_id, counter_bits=bits
    )


def _chosen(seed: int, what: str, ids: list[str], share: float) -> frozenset[str]:
    if not share:
        return frozenset()
    return frozenset(one for one in ids if stream(seed, what, one).random() < share)


def fleet_of(town: Town, scenario: Scenario, seed: int) -> Fleet:
    """The fleet of a run."""
    inventory, wishes = town.inventory, scenario.fleet
    area_of, gateways = town.area_of_site(), {row.gateway_id: row for row in inventory.gateway}
    listed = inventory
    if wishes.wrong_gateway_share or wishes.wrong_feeder_share or wishes.narrow_counter_share:
        rows = tuple(_lists_wrongly(ap, town, scenario, seed) for ap in inventory.access_point)
        listed = msgspec.structs.replace(inventory, access_point=rows)
    gateway_ids = list(gateways)
    return Fleet(
        listed=listed,
        paths={
            ap.ap_id: TruePath(
                ap.gateway_id,
                gateways[ap.gateway_id].backhaul_id,
                ap.feeder_id,
                area_of.get(ap.site_id, ""),
            )
            for ap in inventory.access_point
        },
        never_reporting=_chosen(
            seed,
            "never-reporting",
            [ap.ap_id for ap in inventory.access_point],
            wishes.never_reporting_share,
        ),
        on_ups=_chosen(seed, "ups", gateway_ids, wishes.ups_share),
        clocks={
            one: _clock(scenario, stream(seed, "clock", one))
            for one in sorted(_chosen(seed, "clock-wrong", gateway_ids, scenario.clocks.share))
        },
        switched_on_ns=_switched_on(scenario, seed, gateway_ids),
    )


def _clock(scenario: Scenario, rng: np.random.Generator) -> Clock:
    skew_s, drift_ppm = rng.uniform(-1.0, 1.0, 2) * (
        scenario.clocks.skew_max_s,
        scenario.clocks.drift_max_ppm,
    )
    return Clock(round(skew_s * NS_PER_S), float(drift_ppm))


def _switched_on(scenario: Scenario, seed: int, gateway_ids: list[str]) -> dict[str, int]:
    within_s, start_ns = scenario.fleet.arrive_within_s, scenario.calendar.start_ns
    if not within_s:
        return {}
    return {
        one: start_ns + round(stream(seed, "on", one).random() * within_s * 1_000) * NS_PER_MS
        for one in gateway_ids
    }
