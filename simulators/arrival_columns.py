"""Records in order of arrival -> the columns that the processor takes."""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.columns import Readings
from simulators.beat_records import (
    ALIVE,
    BATTERY,
    FAIL,
    MAINS,
    STATUS,
    Records,
    Spans,
    spans_of,
)
from simulators.effects import Step
from simulators.fleet import Clock
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS

_CODES: Final = np.array(
    [
        code_of(name)
        for name in (
            "wifi/ok",
            "wifi/clients",
            "wifi/rx_bytes",
            "wifi/tx_bytes",
            "wifi/uptime_s",
            "check/rtt_ms",
            "gateway/uplink_ok",
            "gateway/on_battery",
        )
    ],
    dtype=np.int16,
)
_MS = NS_PER_MS
_OK, _CLIENTS, _RX, _TX, _UPTIME, _RTT, _UPLINK, _ON_BATTERY = range(8)


class WallClocks(NamedTuple):
    """How far each gateway's wall clock is from the truth."""

    start_ns: int
    skew_ns: NDArray[np.int64]  # (G,)
    drift: NDArray[np.float64]  # (G,)
    steps: Spans  # (G,)
    step_ns: NDArray[np.int64]


def wall_clocks(
    gateway_ids: tuple[str, ...],
    clocks: dict[str, Clock],
    steps: dict[str, list[Step]],
    start_ns: int,
) -> WallClocks:
    """The clocks of gateways, in their order."""
    right = Clock(0, 0.0)
    rows = [clocks.get(one, right) for one in gateway_ids]
    listed = [steps.get(one, []) for one in gateway_ids]
    return WallClocks(
        start_ns,
        np.array([row.skew_ns for row in rows], dtype=np.int64),
        np.array([row.drift_ppm * 1e-6 for row in rows], dtype=np.float64),
        spans_of([(one.start_ns, one.end_ns) for one in row] for row in listed),
        np.array([one.step_ns for row in listed for one in row], dtype=np.int64),
    )


@nb.njit(cache=True)
def _wall_ns(clocks: WallClocks, gateway_ix: int, t_ns: int) -> int:
    """What the gateway's clock says, in whole milliseconds."""
    passed_ns, steps = t_ns - clocks.start_ns, clocks.steps
    off_ns = clocks.skew_ns[gateway_ix] + int(clocks.drift[gateway_ix] * passed_ns)
    for i in range(steps.first[gateway_ix], steps.first[gateway_ix + 1]):
        if steps.start_ns[i] <= t_ns and t_ns < steps.end_ns[i]:
            off_ns += clocks.step_ns[i]
    wall_ns: int = (t_ns + off_ns) // _MS * _MS
    return wall_ns


@nb.njit(cache=True)
def _row_count(kind: int, rtt_ms: float, usage: bool) -> int:
    if kind == ALIVE:
        return (5 if usage else 1) + (rtt_ms > 0.0)
    if kind == STATUS:
        return (4 if usage else 0) + (rtt_ms > 0.0)
    return 2 if kind in (MAINS, BATTERY) else 1


@nb.njit(cache=True)
def _expand(
    messages: Records,  # (n,)
    order: NDArray[np.int32],  # (n,) in [0, n)
    codes: NDArray[np.int16],  # (8,)
    usage: bool,
    clocks: WallClocks,
) -> Readings:
    rows = 0
    for k in range(order.size):
        message = messages[order[k]]
        rows += _row_count(message["kind"], message["rtt_ms"], usage)
    ts_ns = np.empty(rows, dtype=np.int64)
    arrival_ns = np.empty(rows, dtype=np.int64)
    node_ix = np.empty(rows, dtype=np.int32)
    metric = np.empty(rows, dtype=np.int16)
    value = np.empty(rows, dtype=np.float64)
    exact = np.empty(rows, dtype=np.int64)
    boot = np.empty(rows, dtype=np.int32)
    mono_ms = np.empty(rows, dtype=np.int64)
    historical = np.empty(rows, dtype=np.bool_)
    i = 0
    for k in range(order.size):
        message = messages[order[k]]
        kind, rtt_ms, first = message["kind"], message["rtt_ms"], i
        if kind in (ALIVE, FAIL):
            metric[i] = codes[_OK]
            exact[i] = kind == ALIVE
            i += 1
        if usage and kind in (ALIVE, STATUS):
            metric[i] = codes[_CLIENTS]
            exact[i] = message["clients"]
            metric[i + 1] = codes[_RX]
            exact[i + 1] = message["rx_bytes"]
            metric[i + 2] = codes[_TX]
            exact[i + 2] = message["tx_bytes"]
            metric[i + 3] = codes[_UPTIME]
            exact[i + 3] = message["uptime_s"]
            i += 4
        if kind > STATUS:
            metric[i] = codes[_UPLINK]
            exact[i] = 1
            i += 1
        if kind in (MAINS, BATTERY):
            metric[i] = codes[_ON_BATTERY]
            exact[i] = kind == BATTERY
            i += 1
        for j in range(first, i):
            value[j] = exact[j]
        if kind in (ALIVE, STATUS) and rtt_ms > 0.0:
            metric[i] = codes[_RTT]
            exact[i] = 0
            value[i] = rtt_ms
            i += 1
        gateway_ix, t_ns = message["gateway_ix"], message["t_ns"]
        wall_ns = _wall_ns(clocks, gateway_ix, t_ns)
        for j in range(first, i):
            ts_ns[j] = wall_ns
            arrival_ns[j] = message["arrival_ns"]
            node_ix[j] = message["node_ix"]
            boot[j] = message["boot"]
            mono_ms[j] = (t_ns - clocks.start_ns) // _MS
            historical[j] = message["historical"] != 0
    return Readings(ts_ns, arrival_ns, node_ix, metric, value, exact, boot, mono_ms, historical)


def readings_of_messages(
    messages: Records, order: NDArray[np.int32], clocks: WallClocks, *, usage: bool
) -> Readings:
    """The readings of messages, those of one message together, in the given order."""
    assert order.size == 0 or (order.min() >= 0 and order.max() < messages.size)
    assert order.size == 0 or messages["gateway_ix"].max() < clocks.skew_ns.size
    return _expand(messages, order, _CODES, usage, clocks)
