"""A plain town for tests of the score: beats, losses, and outages that the test sets itself.

It shares nothing with the generator of real scenarios. Beats of each stream come at its own phase
in every period; losses are independent, or bursts that begin at random and swallow everything.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.city import City
from processing.columns import NO_CUES, Readings
from processing.settings import Settings
from simulators.detectors import Watched
from simulators.loss_process import LossProcess
from simulators.oracle import Group
from simulators.score import Cell, Piece, Run
from simulators.truth import TrueInterval, TrueLevel, TruePath, TrueState, TruthLedger
from vocabulary.inventory import AccessPoint, Gateway, Inventory
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS, NS_PER_S

START_NS = 1_800_000_000 * NS_PER_S
OK, HEARTBEAT = code_of("wifi/ok"), code_of("gateway/uplink_ok")


class Out(NamedTuple):
    """An outage: ``level`` ap, gateway, backhaul or feeder, with the node's number."""

    level: str
    number: int
    start_s: float
    end_s: float


class Plan(NamedTuple):
    """Who is there and what befalls them."""

    gateways: int = 2
    aps_per_gateway: int = 10
    gateways_per_backhaul: int = 2
    feeder_size: int = 5
    process: LossProcess = LossProcess()
    outs: tuple[Out, ...] = ()
    gateway_loss: float = 0.0


def city_of(plan: Plan) -> City:
    aps = plan.gateways * plan.aps_per_gateway
    return City.of(
        Inventory(
            gateway=tuple(
                Gateway(f"g{ix}", "s", "d", f"b{ix // plan.gateways_per_backhaul}")
                for ix in range(plan.gateways)
            ),
            access_point=tuple(
                AccessPoint(f"a{ix}", "s", f"g{ix // plan.aps_per_gateway}", feeder_of(plan, ix))
                for ix in range(aps)
            ),
        )
    )


def feeder_of(plan: Plan, ap_ix: int) -> str:
    """Feeders cross the tree: neighbours in number are behind different gateways' shares."""
    return f"f{(ap_ix + plan.aps_per_gateway // 2) // plan.feeder_size}"


def watched_of(plan: Plan) -> Watched:
    return Watched(city_of(plan), start_ns=START_NS)


def truth_of(plan: Plan, city: City, duration_s: int) -> TruthLedger:
    rows = [
        TrueInterval(
            node,
            TrueLevel(level),
            TrueState(state),
            out.level,
            cause,
            ns(out.start_s),
            ns(out.end_s),
        )
        for out in plan.outs
        for node, level, state, cause in _touched(plan, city, out)
    ]
    paths = {
        f"a{ix}": TruePath(
            f"g{ix // plan.aps_per_gateway}",
            f"b{ix // plan.aps_per_gateway // plan.gateways_per_backhaul}",
            feeder_of(plan, ix),
        )
        for ix in range(city.ap_count)
    }
    return TruthLedger(START_NS, START_NS + duration_s * NS_PER_S, paths, tuple(rows))


def ns(second: float) -> int:
    return START_NS + round(second * NS_PER_S)


def _touched(plan: Plan, city: City, out: Out) -> list[tuple[str, str, str, str]]:
    cause = f"{out.level[0]}{out.number}"
    rows = [(cause, out.level, "down", cause)]
    behind = [ix for ix in range(city.gateway_count) if _is_dark(plan, out, ix)]
    if out.level == "backhaul":
        rows += [(f"g{ix}", "gateway", "unobservable", cause) for ix in behind]
    for ix in range(city.ap_count):
        if ix // plan.aps_per_gateway in behind:
            rows.append((f"a{ix}", "ap", "unobservable", cause))
        elif out.level == "feeder" and feeder_of(plan, ix) == cause:
            rows.append((f"a{ix}", "ap", "down", cause))
    return rows


def _is_dark(plan: Plan, out: Out, gateway_ix: int) -> bool:
    if out.level == "backhaul":
        return gateway_ix // plan.gateways_per_backhaul == out.number
    return out.level == "gateway" and gateway_ix == out.number


def _lost(
    rng: np.random.Generator, process: LossProcess, at_s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which beats of one access point get lost."""
    lost: NDArray[np.bool_] = rng.random(at_s.size) < process.loss
    if process.burst_per_s and at_s.size:
        span_s = float(at_s[-1] - at_s[0]) + 1.0
        count = int(span_s * process.burst_per_s * 1.5) + 20
        calm = rng.exponential(1 / process.burst_per_s, count)
        storm = rng.exponential(process.burst_mean_s, count)
        starts = at_s[0] - 1.0 + np.cumsum(calm) + np.append(0.0, np.cumsum(storm)[:-1])
        ix = np.searchsorted(starts, at_s, side="right") - 1
        lost |= (ix >= 0) & (at_s < starts[ix] + storm[ix])
    return lost


def beats_of(plan: Plan, seed: int, duration_s: int) -> Readings:
    """Every reading of the run, in order of arrival."""
    rng = np.random.default_rng(seed)
    watched = watched_of(plan)
    city, periods_s = watched.city, watched.periods_ns() / NS_PER_S
    times, nodes = [], []
    for ix in range(watched.stream_count):
        phase_s = rng.random() * periods_s[ix]
        at_s = np.arange(phase_s, duration_s, periods_s[ix])
        is_ap = ix < city.ap_count
        process = plan.process if is_ap else LossProcess(loss=plan.gateway_loss)
        keep = ~_lost(rng, process, at_s)
        for out in plan.outs:
            if _silences(plan, city, out, ix):
                keep &= (at_s < out.start_s) | (at_s >= out.end_s)
        times.append(at_s[keep])
        nodes.append(np.full(int(keep.sum()), ix, dtype=np.int32))
    at_ns = START_NS + np.round(np.concatenate(times) * NS_PER_S).astype(np.int64)
    node_ix = np.concatenate(nodes)
    order = np.argsort(at_ns, kind="stable")
    at_ns, node_ix, n = at_ns[order], node_ix[order], order.size
    return Readings(
        ts_ns=at_ns,
        arrival_ns=at_ns,
        node_ix=node_ix,
        metric=np.where(node_ix < city.ap_count, OK, HEARTBEAT).astype(np.int16),
        value=np.ones(n),
        exact=np.ones(n, dtype=np.int64),
        boot=np.ones(n, dtype=np.int32),
        mono_ms=at_ns // NS_PER_MS,
        historical=np.zeros(n, dtype=np.bool_),
    )


def _silences(plan: Plan, city: City, out: Out, stream_ix: int) -> bool:
    if stream_ix >= city.ap_count:
        return _is_dark(plan, out, stream_ix - city.ap_count)
    own = out.level == "ap" and out.number == stream_ix
    fed = out.level == "feeder" and feeder_of(plan, stream_ix) == f"f{out.number}"
    return own or fed or _is_dark(plan, out, stream_ix // plan.aps_per_gateway)


def pieces_of(readings: Readings, end_ns: int, cuts: Sequence[int] = ()) -> Iterator[Piece]:
    """The stream cut after these rows."""
    n = readings.ts_ns.size
    edges = [0, *sorted({min(max(cut, 0), n) for cut in cuts} - {0, n}), n]
    for low, high in pairwise(edges):
        part = Readings._make(column[low:high] for column in readings)
        now_ns = int(part.arrival_ns[-1]) if high < n else end_ns
        yield Piece(part, NO_CUES, now_ns)


def groups_of(plan: Plan, city: City) -> tuple[Group, ...]:
    base = city.ap_count
    made = [
        Group((*aps, base + ix), (base + ix,), hides=True)
        for ix, aps in enumerate(city.gateway_aps)
    ]
    backhauls: dict[int, list[int]] = {}
    for ix in range(city.gateway_count):
        backhauls.setdefault(ix // plan.gateways_per_backhaul, []).append(ix)
    for gateways in backhauls.values():
        members = [ap for ix in gateways for ap in city.gateway_aps[ix]]
        down = tuple(base + ix for ix in gateways)
        made.append(Group((*members, *down), down, hides=True))
    made += [Group(members, members) for members in city.feeder_members if len(members) > 1]
    return tuple(made)


def run_of(plan: Plan, seed: int, duration_s: int, *, cut_every: int = 200_000) -> Run:
    """As the harness wants it."""
    watched = watched_of(plan)
    readings = beats_of(plan, seed, duration_s)
    cuts = range(cut_every, readings.ts_ns.size, cut_every)
    return Run(
        watched,
        pieces_of(readings, START_NS + duration_s * NS_PER_S, cuts),
        lambda: truth_of(plan, watched.city, duration_s),
        plan.process,
        groups_of(plan, watched.city),
        Settings(),
    )


def world_of(plan: Plan) -> "_World":
    return _World(plan)


class _World:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(self, cell: Cell) -> Run:
        return run_of(self.plan, cell.seed, cell.duration_s)
