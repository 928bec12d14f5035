"""The town's fast path as the harness wants it: who is watched, what arrives, what was true."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from processing.columns import Cues, Readings
from simulators.arrivals import Arrivals, Chunk
from simulators.detectors import Watched
from simulators.loss_process import LossProcess
from simulators.oracle import Group
from simulators.scenario import Scenario
from simulators.score import Cell, Piece, Run
from simulators.score_suites import RECIPES, TOWN_SEED
from simulators.town import generate
from vocabulary.units import NS_PER_MS

READINGS_PER_PIECE: Final = 200_000


def town_world(cell: Cell) -> Run:
    """A cell of a suite, about to begin."""
    recipe = RECIPES[cell.scenario]
    scenario = recipe.scenario()
    town = generate(cell.ap_count, TOWN_SEED)
    arrivals = Arrivals(town, scenario, cell.seed, cell.duration_s, usage=recipe.usage)
    settings = arrivals.settings
    watched = Watched(
        arrivals.city,
        settings.beat_ms * NS_PER_MS,
        settings.gateway_beat_ms * NS_PER_MS,
        settings.margin_ms * NS_PER_MS,
        arrivals.start_ns,
    )
    process = process_of(scenario)
    groups = groups_of(arrivals, watched)
    return Run(watched, pieces(arrivals), arrivals.truth, process, groups, settings, recipe.usage)


def pieces(chunks: Iterable[Chunk]) -> Iterator[Piece]:
    """Several chunks at a time: what is done once a piece is dear, and nobody hears a difference.

    All of a chunk arrived before the next one began, so their columns follow one another.
    """
    held: list[Chunk] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += chunk.readings.ts_ns.size
        if count >= READINGS_PER_PIECE:
            yield _joined(held)
            held, count = [], 0
    if held:
        yield _joined(held)


def _joined(chunks: list[Chunk]) -> Piece:
    readings = zip(*(chunk.readings for chunk in chunks), strict=True)
    cues = zip(*(chunk.cues for chunk in chunks), strict=True)
    return Piece(
        Readings._make(np.concatenate(column) for column in readings),
        Cues._make(np.concatenate(column) for column in cues),
        chunks[-1].now_ns,
    )


def process_of(scenario: Scenario) -> LossProcess | None:
    """How beats get lost, if nothing else happens to them: one that is late proves nothing."""
    link = scenario.link
    if not (link.loss or link.burst_per_s) or scenario.sender.late_share:
        return None
    return LossProcess(link.loss, link.persistence, link.burst_per_s, link.burst_mean_s)


def groups_of(arrivals: Arrivals, watched: Watched) -> tuple[Group, ...]:
    """Who truly shares a gateway, a backhaul or a feeder."""
    city, fleet = watched.city, arrivals.fleet
    stream_of = {gateway: city.gateway_node_ix(ix) for gateway, ix in city.gateway_ix_of.items()}
    seen_by = {stream: stream for stream in stream_of.values()}
    behind: dict[str, list[int]] = {}
    fed: dict[str, list[int]] = {}
    for ap_id, path in fleet.paths.items():
        if ap_id not in fleet.never_reporting:
            behind.setdefault(path.gateway_id, []).append(city.ix_of[ap_id])
            seen_by[city.ix_of[ap_id]] = stream_of[path.gateway_id]
            if path.feeder_id is not None:
                fed.setdefault(path.feeder_id, []).append(city.ix_of[ap_id])
    uplinks: dict[str, list[str]] = {}
    for row in arrivals.town.inventory.gateway:
        if row.backhaul_id is not None:
            uplinks.setdefault(row.backhaul_id, []).append(row.gateway_id)
        if row.feeder_id is not None and row.gateway_id not in fleet.on_ups:
            fed.setdefault(row.feeder_id, []).append(stream_of[row.gateway_id])
    made = [
        Group((*behind.get(gateway, ()), stream), (stream,), hides=True)
        for gateway, stream in stream_of.items()
    ]
    for gateways in uplinks.values():
        streams = tuple(stream_of[gateway] for gateway in gateways)
        aps = [ix for gateway in gateways for ix in behind.get(gateway, ())]
        members = (*aps, *streams)
        made.append(Group(members, streams, hides=True, units=_units(members, seen_by)))
    made += [
        Group(tuple(members), tuple(members), units=_units(members, seen_by))
        for members in fed.values()
    ]
    return tuple(group for group in made if len(group.members) > 1)


def _units(members: Sequence[int], seen_by: Mapping[int, int]) -> tuple[int, ...]:
    """Members of one gateway are a unit."""
    gateways = list(dict.fromkeys(seen_by[stream_ix] for stream_ix in members))
    return tuple(gateways.index(seen_by[stream_ix]) for stream_ix in members)
