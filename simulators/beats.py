"""The walk: access points and gateways go through their own time and leave records behind.

It does what access point, link and agent do together, one beat after the other: a status goes out
on the rhythm, the link may lose it, the gateway writes `ok` or, a beat and a margin after the last
one, `no answer`, each numbered by the gateway's boot. Which of these records reach the host, and
when, is in the pieces. Everything stays in this file but what delays a record (``delivery.py``).

A second walk over the same access points, with other pieces, gives what the gateways kept while
they could not send: nothing has to be stored meanwhile.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.beat_records import (
    ALIVE,
    BATTERY,
    FAIL,
    HEARTBEAT,
    MAINS,
    NEVER_NS,
    STATUS,
    Nature,
    Pieces,
    Record,
    Records,
    Spans,
)
from simulators.chance import UNIT, draw
from simulators.delivery import after_pause_ns, delayed

_BEATS, _BURSTS = np.uint64(0), np.uint64(1)
_S = 1_000_000_000
_CLIENTS_MAX = 64
_NARROW_MASK = (1 << 32) - 1
_NEVER = NEVER_NS


@nb.njit(cache=True)
def _start_ns(spans: Spans, node: int, at: int) -> int:
    """When the span in this place begins, or never."""
    i = spans.first[node] + at
    start_ns: int = spans.start_ns[i] if i < spans.first[node + 1] else _NEVER
    return start_ns


@nb.njit(cache=True)
def _place(spans: Spans, node: int, at: int, t_ns: int) -> int:
    """Place of the first span from ``at`` on that ends after t."""
    i, last = spans.first[node] + at, spans.first[node + 1]
    while i < last and spans.end_ns[i] <= t_ns:
        i += 1
    place: int = i - spans.first[node]
    return place


@nb.njit(cache=True)
def _next_piece(pieces: Pieces, one: Record, gateway_ix: int, t_ns: int) -> None:
    """Look up the present or next piece of a gateway's time."""
    i, last = pieces.first[gateway_ix] + one["piece_at"], pieces.first[gateway_ix + 1]
    while i < last and pieces.end_ns[i] <= t_ns:
        i += 1
    one["piece_at"] = i - pieces.first[gateway_ix]
    one["open_ns"] = pieces.start_ns[i] if i < last else _NEVER
    one["shut_ns"] = pieces.end_ns[i] if i < last else _NEVER


@nb.njit(cache=True)
def _delay(
    nature: Nature, pieces: Pieces, one: Record, gateway_ix: int, out: Records, count: int,
    backlog: bool,
) -> int:  # fmt: skip
    """Where more happens to a record than nothing: its arrival, and its duplicate. The count."""
    message = out[count]
    t_ns, arrival_ns, copy_ns = message["t_ns"], message["t_ns"], -1
    if backlog:
        i = pieces.first[gateway_ix] + one["piece_at"]
        arrival_ns = pieces.arrive_ns[i] + int((t_ns - pieces.start_ns[i]) * pieces.slope[i])
    elif not nature.delays.plain:
        stall_key = nature.stall_keys[gateway_ix]
        arrival_ns, late, copy_ns = delayed(nature.delays, one["key"], stall_key, t_ns, t_ns)
        message["historical"] = late
    message["arrival_ns"] = after_pause_ns(nature.pauses, 0, arrival_ns)
    if copy_ns < 0:
        return count + 1
    out[count + 1] = message
    out[count + 1]["arrival_ns"] = after_pause_ns(nature.pauses, 0, copy_ns)
    return count + 2


@nb.njit(cache=True)
def _fails(
    nature: Nature, pieces: Pieces, ap: Record, ap_ix: int, out: Records, count: int,
    before_ns: int, backlog: bool,
) -> int:  # fmt: skip
    """What the gateway writes of a silent access point before a time; its own deaths included."""
    dead, gateway_ix = nature.dead, ap["gateway_ix"]
    beat_ns, margin_ns = nature.chances.beat_ns, nature.chances.margin_ns
    while True:
        while ap["due_ns"] < min(before_ns, ap["died_ns"]):
            due_ns = ap["due_ns"]
            if ap["shut_ns"] <= due_ns:
                _next_piece(pieces, ap, gateway_ix, due_ns)
            if ap["open_ns"] <= due_ns:
                message = out[count]
                message["kind"] = FAIL
                message["node_ix"] = ap_ix
                message["gateway_ix"] = gateway_ix
                message["t_ns"] = due_ns
                message["boot"] = ap["dead_at"] + 1
                message["historical"] = backlog
                count = _delay(nature, pieces, ap, gateway_ix, out, count, backlog)
            ap["due_ns"] = due_ns + beat_ns
            ap["ok_ns"] = -1
        if before_ns <= ap["died_ns"]:
            return count
        back_ns = dead.end_ns[dead.first[gateway_ix] + ap["dead_at"]]
        if before_ns < back_ns:
            return count
        ap["dead_at"] += 1
        ap["died_ns"] = _start_ns(dead, gateway_ix, ap["dead_at"])
        ap["due_ns"] = back_ns + beat_ns + margin_ns
        ap["ok_ns"] = -1


@nb.njit(cache=True)
def _live(ap: Record, to_ns: int, traffic: float, bytes_per_ns: float) -> None:
    """Let an access point's time pass: its devices stay, bytes flow."""
    passed_ns = to_ns - ap["at_ns"]
    ap["at_ns"] = to_ns
    if passed_ns <= 0 or ap["clients"] == 0:
        return
    ap["device_ns"] += ap["clients"] * passed_ns
    moved = int(ap["clients"] * passed_ns * bytes_per_ns * (0.2 + 1.6 * traffic))
    received = int(moved * (0.1 + 0.2 * traffic))
    ap["rx_bytes"] += received
    ap["tx_bytes"] += moved - received
    ap["rx_true_bytes"] += received
    ap["tx_true_bytes"] += moved - received
    if ap["narrow"]:
        ap["rx_bytes"] &= _NARROW_MASK
        ap["tx_bytes"] &= _NARROW_MASK


@nb.njit(cache=True)
def _come_and_go(ap: Record, wanted: float, share: float, chance: int) -> None:
    """Devices arrive as there is demand, and leave after their stay; ``share`` of it is a beat."""
    if wanted <= 0.0:
        ap["clients"] = 0
        return
    come = int(wanted * share + (chance & 0xFFFF) / 65_536.0)
    gone = int(ap["clients"] * share + (chance >> 16) / 65_536.0)
    ap["clients"] = min(_CLIENTS_MAX, max(0, ap["clients"] + come - gone))


@nb.njit(cache=True)
def _in_burst(ap: Record, t_ns: int, gap_mean_ns: float, burst_mean_ns: float) -> bool:
    """Whether a burst of losses is on; bursts and gaps are exponential, each drawn by number."""
    while ap["burst_end_ns"] <= t_ns:
        ap["burst"] += 1
        gap, length, _, _ = draw(ap["key"], np.uint64(ap["burst"]), _BURSTS)
        ap["burst_ns"] = ap["burst_end_ns"] + int(-np.log((gap + 1.0) * UNIT) * gap_mean_ns)
        burst_ns = int(-np.log((length + 1.0) * UNIT) * burst_mean_ns)
        ap["burst_end_ns"] = ap["burst_ns"] + max(1, burst_ns)
    is_on: bool = ap["burst_ns"] <= t_ns
    return is_on


@nb.njit(cache=True)
def _worse_loss(nature: Nature, ap: Record, ap_ix: int, t_ns: int) -> float:
    """What a worsening link loses more, at this time."""
    spans = nature.worse
    ap["worse_at"] = _place(spans, ap_ix, ap["worse_at"], t_ns)
    ap["worse_ns"] = _start_ns(spans, ap_ix, ap["worse_at"])
    if ap["worse_ns"] > t_ns:
        return 0.0
    i = spans.first[ap_ix] + ap["worse_at"]
    share = (t_ns - spans.start_ns[i]) / (spans.end_ns[i] - spans.start_ns[i])
    more: float = nature.worsening.loss_end[i] * share
    return more


@nb.njit(cache=True)
def _rtt_ms(nature: Nature, ap: Record, ap_ix: int, t_ns: int, chance: int) -> float:
    """A measured round trip."""
    usual_ms = 3.0 + 12.0 * np.int64((ap["key"] >> np.uint64(40)) & np.uint64(0xFF)) / 256.0
    factor = 1.0
    if ap["worse_ns"] <= t_ns:
        factor = nature.worsening.rtt_factor[nature.worse.first[ap_ix] + ap["worse_at"]]
    measured_ms: float = usual_ms * factor * (0.85 + 0.3 * ((chance >> 8) & 0xFFFF) / 65_536.0)
    return measured_ms


@nb.njit(cache=True)
def _off_air(nature: Nature, ap: Record, ap_ix: int, t_ns: int) -> bool:
    """Whether its radio is off though it answers."""
    ap["radio_at"] = _place(nature.radio_off, ap_ix, ap["radio_at"], t_ns)
    ap["radio_ns"] = _start_ns(nature.radio_off, ap_ix, ap["radio_at"])
    is_off: bool = ap["radio_ns"] <= t_ns
    return is_off


@nb.njit(cache=True)
def _power_cut(nature: Nature, ap: Record, ap_ix: int) -> None:
    """It goes dark, forgets its devices and counters, and is back when its span ends."""
    back_ns = nature.off.end_ns[nature.off.first[ap_ix] + ap["off_at"]]
    _live(ap, max(ap["off_ns"], ap["at_ns"]), 0.5, nature.chances.bytes_per_client_ns)
    ap["off_at"] += 1
    ap["off_ns"] = _start_ns(nature.off, ap_ix, ap["off_at"])
    ap["clients"] = 0
    ap["rx_bytes"] = 0
    ap["tx_bytes"] = 0
    ap["at_ns"] = back_ns
    ap["booted_ns"] = back_ns - nature.chances.boot_ns
    ap["next_ns"] = back_ns


@nb.njit(cache=True)
def _room_for(nature: Nature, ap: Record, ap_ix: int, end_ns: int) -> int:
    """At most so many records will one access point leave on its way."""
    ahead_ns = max(0, end_ns - min(ap["next_ns"], ap["due_ns"]))
    offs = nature.off.first[ap_ix + 1] - nature.off.first[ap_ix] - ap["off_at"]
    most: int = 4 * (ahead_ns // nature.chances.beat_ns + offs + 4)
    return most


@nb.njit(cache=True)
def walk_access_points(  # noqa: C901 - see its first line
    nature: Nature,
    pieces: Pieces,
    aps: Records,  # (A,)
    chosen: NDArray[np.int32],  # (m,) in [0, A): who walks
    until_ns: NDArray[np.int64],  # (G,) how far, by gateway
    out: Records,  # (room,) records go here
    count: int,
    backlog: bool,
) -> tuple[int, int]:  # (records, how many walked: fewer than m if there was no room)
    """Flat, and with arrays by themselves: handing on ``nature`` costs more than a beat."""
    chances, demand = nature.chances, nature.demand
    beat_ns, loss, persistence = chances.beat_ns, chances.loss, chances.persistence
    loss_after_ok = loss
    if persistence > loss:
        loss_after_ok = loss * (1.0 - persistence) / (1.0 - loss)
    share, last_slot = beat_ns / chances.stay_ns, demand.shape[1] - 1
    bytes_per_ns, rtt_every = chances.bytes_per_client_ns, chances.rtt_every
    gap_mean_ns, burst_mean_ns = chances.gap_mean_ns, chances.burst_mean_ns
    at_once = nature.delays.plain and not backlog and nature.pauses.start_ns.size == 0
    for k in range(chosen.size):
        ap_ix = chosen[k]
        ap = aps[ap_ix]
        gateway_ix = ap["gateway_ix"]
        end_ns = until_ns[gateway_ix]
        if count + _room_for(nature, ap, ap_ix, end_ns) > out.size:
            return count, k
        while min(ap["off_ns"], ap["next_ns"]) < end_ns:
            if ap["off_ns"] <= ap["next_ns"]:
                _power_cut(nature, ap, ap_ix)
                continue
            t_ns, beat = ap["next_ns"], ap["beat"]
            if min(ap["due_ns"], ap["died_ns"]) < t_ns:
                count = _fails(nature, pieces, ap, ap_ix, out, count, t_ns, backlog)
            one, two, three, four = draw(ap["key"], beat, _BEATS)
            _live(ap, t_ns, three * UNIT, bytes_per_ns)
            slot = min((t_ns - chances.slot_first_ns) // chances.slot_ns, last_slot)
            wanted = ap["level"] * demand[ap["kind_ix"], slot]
            if ap["radio_ns"] <= t_ns and _off_air(nature, ap, ap_ix, t_ns):
                wanted = 0.0
            _come_and_go(ap, wanted, share, two)
            now_loss = loss_after_ok
            if ap["lost"] and persistence > loss:
                now_loss = persistence
            if ap["worse_ns"] <= t_ns:
                now_loss += _worse_loss(nature, ap, ap_ix, t_ns)
            lost = one * UNIT < now_loss
            if gap_mean_ns > 0.0 and _in_burst(ap, t_ns, gap_mean_ns, burst_mean_ns):
                lost = True
            ap["lost"] = lost
            ap["beat"] = beat + np.uint64(1)
            ap["next_ns"] = t_ns + beat_ns
            if lost or ap["died_ns"] <= t_ns:
                continue
            early = ap["ok_ns"] >= 0 and t_ns - ap["ok_ns"] < beat_ns - chances.margin_ns
            ap["due_ns"] = t_ns + beat_ns + chances.margin_ns
            if not early:
                ap["ok_ns"] = t_ns
            if ap["shut_ns"] <= t_ns:
                _next_piece(pieces, ap, gateway_ix, t_ns)
            if ap["open_ns"] > t_ns:
                continue
            message = out[count]
            message["kind"] = STATUS if early else ALIVE
            message["node_ix"] = ap_ix
            message["gateway_ix"] = gateway_ix
            message["t_ns"] = t_ns
            message["arrival_ns"] = t_ns
            message["boot"] = ap["dead_at"] + 1
            message["historical"] = backlog
            message["clients"] = ap["clients"]
            message["rx_bytes"] = ap["rx_bytes"]
            message["tx_bytes"] = ap["tx_bytes"]
            message["uptime_s"] = (t_ns - ap["booted_ns"]) // _S
            message["rtt_ms"] = 0.0
            if rtt_every and beat % np.uint64(rtt_every) == 0:
                message["rtt_ms"] = _rtt_ms(nature, ap, ap_ix, t_ns, four)
            if at_once:
                count += 1
            else:
                count = _delay(nature, pieces, ap, gateway_ix, out, count, backlog)
        if min(ap["due_ns"], ap["died_ns"]) < end_ns:
            count = _fails(nature, pieces, ap, ap_ix, out, count, end_ns, backlog)
    return count, chosen.size


@nb.njit(cache=True)
def walk_gateways(
    nature: Nature,
    pieces: Pieces,
    gateways: Records,  # (G,)
    until_ns: NDArray[np.int64],  # (G,)
    out: Records,  # (room,) with room for all
    count: int,
    backlog: bool,
) -> int:
    """The gateways' own beats."""
    dead, battery = nature.dead, nature.battery
    for gateway_ix in range(gateways.size):
        one = gateways[gateway_ix]
        while one["next_ns"] < until_ns[gateway_ix]:
            t_ns = one["next_ns"]
            if _start_ns(dead, gateway_ix, one["dead_at"]) <= t_ns:
                one["next_ns"] = dead.end_ns[dead.first[gateway_ix] + one["dead_at"]]
                one["dead_at"] += 1
                continue
            one["next_ns"] = t_ns + nature.chances.gateway_beat_ns
            if one["shut_ns"] <= t_ns:
                _next_piece(pieces, one, gateway_ix, t_ns)
            if one["open_ns"] > t_ns:
                continue
            message = out[count]
            message["kind"] = HEARTBEAT
            if one["ups"]:
                one["battery_at"] = _place(battery, gateway_ix, one["battery_at"], t_ns)
                on_battery = _start_ns(battery, gateway_ix, one["battery_at"]) <= t_ns
                message["kind"] = BATTERY if on_battery else MAINS
            message["node_ix"] = nature.chances.ap_count + gateway_ix
            message["gateway_ix"] = gateway_ix
            message["t_ns"] = t_ns
            message["boot"] = one["dead_at"] + 1
            message["historical"] = backlog
            count = _delay(nature, pieces, one, gateway_ix, out, count, backlog)
    return count
