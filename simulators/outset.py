"""How a run begins: every node's record at the start, and nature as the kernels take it."""

from typing import Final, NamedTuple

import numpy as np

from processing.city import City
from processing.settings import Settings
from simulators import people
from simulators.beat_records import (
    AP_DTYPE,
    GATEWAY_DTYPE,
    NEVER_NS,
    STALE_NS,
    Chances,
    Delays,
    Nature,
    Records,
    Worsening,
    first_starts,
    spans_of,
)
from simulators.chance import keys_of, stream
from simulators.effects import Effects
from simulators.fleet import NARROW_BITS, Fleet
from simulators.scenario import Scenario
from simulators.town import Town
from vocabulary.units import MS_PER_S, NS_PER_MS, NS_PER_S, S_PER_DAY

BOOT_NS: Final = 5 * NS_PER_S
"""From power to the first status."""
BYTES_PER_CLIENT_S: Final = 40_000
_UP_DAYS_MAX: Final = 30
_WRAP_WITHIN_BYTES: Final = 1 << 28


class Outset(NamedTuple):
    """Everything of a run before its first instant."""

    nature: Nature
    aps: Records  # (A,)
    gateways: Records  # (G,)


def settings_of(scenario: Scenario, settings: Settings | None = None) -> Settings:
    """The detector's settings, with the beat that the town really has."""
    beat_ms = round(scenario.fleet.beat_s * MS_PER_S)
    if settings is not None:
        return settings
    return Settings(beat_ms=beat_ms, status_ms=beat_ms)


def _chances(scenario: Scenario, settings: Settings, city: City) -> Chances:
    link, fleet = scenario.link, scenario.fleet
    return Chances(
        ap_count=city.ap_count,
        beat_ns=settings.beat_ms * NS_PER_MS,
        gateway_beat_ns=settings.gateway_beat_ms * NS_PER_MS,
        margin_ns=settings.margin_ms * NS_PER_MS,
        boot_ns=BOOT_NS,
        loss=link.loss,
        persistence=link.persistence,
        gap_mean_ns=NS_PER_S / link.burst_per_s if link.burst_per_s else 0.0,
        burst_mean_ns=link.burst_mean_s * NS_PER_S,
        stay_ns=people.STAY_S * NS_PER_S,
        bytes_per_client_ns=BYTES_PER_CLIENT_S / NS_PER_S,
        rtt_every=round(fleet.rtt_every_s / fleet.beat_s) if fleet.rtt_every_s else 0,
        slot_first_ns=people.slot_of(scenario),
        slot_ns=people.SLOT_S * NS_PER_S,
    )


def _delays(scenario: Scenario, *, keep_duplicates: bool) -> Delays:
    sender = scenario.sender
    twice = keep_duplicates and sender.duplicate_share > 0
    calm = (sender.jitter_ms, sender.tail_share, sender.stall_per_h, sender.reorder_share)
    return Delays(
        jitter_ns=sender.jitter_ms * NS_PER_MS,
        tail_share=sender.tail_share,
        tail_ns=sender.tail_ms * NS_PER_MS,
        stall_gap_ns=3_600 * NS_PER_S / sender.stall_per_h if sender.stall_per_h else 0.0,
        stall_min_ns=sender.stall_min_s * NS_PER_S,
        stall_max_ns=sender.stall_max_s * NS_PER_S,
        reorder_share=sender.reorder_share,
        reorder_ns=sender.reorder_s * NS_PER_S,
        duplicate_share=sender.duplicate_share,
        late_share=sender.late_share,
        late_ns=sender.late_max_s * NS_PER_S,
        keep_duplicates=twice,
        plain=not (any(calm) or sender.late_share or twice),
    )


def nature_of(
    scenario: Scenario,
    settings: Settings,
    seed: int,
    city: City,
    effects: Effects,
    *,
    keep_duplicates: bool = False,
) -> Nature:
    """Rates and timelines as arrays; ``city`` gives every node its place."""
    ap_ids = city.node_ids[: city.ap_count]
    gateway_ids = city.node_ids[city.ap_count : city.ap_count + city.gateway_count]
    worse = [effects.worse.get(ap_id, []) for ap_id in ap_ids]
    duration_s = (effects.end_ns - effects.start_ns) / NS_PER_S
    return Nature(
        chances=_chances(scenario, settings, city),
        delays=_delays(scenario, keep_duplicates=keep_duplicates),
        demand=people.demand(scenario, seed, duration_s),
        off=spans_of(effects.off.get(ap_id, []) for ap_id in ap_ids),
        radio_off=spans_of(effects.radio_off.get(ap_id, []) for ap_id in ap_ids),
        worse=spans_of([(one.start_ns, one.end_ns) for one in rows] for rows in worse),
        worsening=Worsening(
            np.array([one.loss_end for rows in worse for one in rows], dtype=np.float64),
            np.array([one.rtt_factor for rows in worse for one in rows], dtype=np.float64),
        ),
        dead=spans_of(effects.dead.get(one, []) for one in gateway_ids),
        battery=spans_of(effects.on_battery.get(one, []) for one in gateway_ids),
        pauses=spans_of([effects.pauses]),
        stall_keys=keys_of(seed, gateway_ids, "stalls"),
    )


def begin(
    town: Town,
    scenario: Scenario,
    seed: int,
    city: City,
    effects: Effects,
    fleet: Fleet,
    nature: Nature,
) -> Outset:
    """Every node at the start of the run: it has been up for days, somewhere in its rhythm."""
    aps = np.zeros(city.ap_count, dtype=AP_DTYPE)
    kind_of = {row.site_id: people.kind_ix(row.kind) for row in town.inventory.site}
    aps["key"] = keys_of(seed, city.node_ids[: city.ap_count], "beats")
    aps["gateway_ix"] = [city.gateway_ix_of[path.gateway_id] for path in fleet.paths.values()]
    aps["kind_ix"] = [kind_of[row.site_id] for row in town.inventory.access_point]
    aps["narrow"] = [row.counter_bits == NARROW_BITS for row in fleet.listed.access_point]
    for name, spans in (("off_ns", nature.off), ("radio_ns", nature.radio_off)):
        aps[name] = first_starts(spans)
    aps["worse_ns"] = first_starts(nature.worse)
    aps["died_ns"] = first_starts(nature.dead)[aps["gateway_ix"]]
    aps["shut_ns"] = STALE_NS
    for ap_ix, ap_id in enumerate(fleet.paths):
        _begin_access_point(aps[ap_ix], ap_id, scenario, seed, nature)
    gateways = np.zeros(city.gateway_count, dtype=GATEWAY_DTYPE)
    gateway_ids = city.node_ids[city.ap_count : city.ap_count + city.gateway_count]
    gateways["key"] = keys_of(seed, gateway_ids, "own-beats")
    gateways["next_ns"] = effects.start_ns
    gateways["shut_ns"] = STALE_NS
    gateways["ups"] = [gateway_id in fleet.on_ups for gateway_id in gateway_ids]
    return Outset(nature, aps, gateways)


def _begin_access_point(
    ap: np.void, ap_id: str, scenario: Scenario, seed: int, nature: Nature
) -> None:
    rng, chances = stream(seed, "outset", ap_id), nature.chances
    start_ns = scenario.calendar.start_ns
    ap["level"] = people.level_of(seed, ap_id)
    ap["next_ns"] = start_ns + int(rng.integers(chances.beat_ns // NS_PER_MS)) * NS_PER_MS
    ap["at_ns"] = ap["next_ns"]  # usage counts from its first status
    ap["booted_ns"] = start_ns - int(rng.integers(S_PER_DAY, _UP_DAYS_MAX * S_PER_DAY)) * NS_PER_S
    ap["due_ns"] = start_ns + chances.beat_ns + chances.margin_ns
    ap["ok_ns"] = -1
    ap["clients"] = min(40, int(rng.poisson(ap["level"] * nature.demand[ap["kind_ix"], 0])))
    counters = rng.integers(1 << 34, size=2)
    if ap["narrow"]:
        counters = (1 << 32) - 1 - rng.integers(_WRAP_WITHIN_BYTES, size=2)
    ap["rx_bytes"], ap["tx_bytes"] = counters
    ap["burst_end_ns"] = start_ns if chances.gap_mean_ns else NEVER_NS
    ap["burst_ns"] = start_ns if chances.gap_mean_ns else NEVER_NS
