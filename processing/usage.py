"""Usage of each access point: device time from client counts, bytes from counters.

Each status closes the time since the one before. ``n`` clients seen then count for that time, at
most for three status periods; the rest is unobserved, never zero. Counters that fall have wrapped
if the line could have carried the difference, otherwise they were reset; after a reboot (uptime
fell) they count from zero. All figures are integers and telescope, so sums are exact.

A gap may be filled later. While one is outstanding, statuses that fall into it in order yield
rows of their own, and a *correction*: the new, smaller row of the status that closed the gap,
under the same time stamp. Of two gaps the larger is kept; any other late status is counted.
"""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.city import City
from processing.columns import Readings, UsageRows
from processing.records import AP_DTYPE, Record, Records
from processing.settings import Settings
from vocabulary.metrics import code_of
from vocabulary.units import MS_PER_S, NS_PER_MS

# bit 1 << column
HAS_CLIENTS: Final = 1
HAS_RX: Final = 2
HAS_TX: Final = 4
HAS_UPTIME: Final = 8

# the columns of a status; an argument of the kernel, for numba keeps constants it has compiled
_CODES: Final = np.array(
    [code_of(f"wifi/{name}") for name in ("clients", "rx_bytes", "tx_bytes", "uptime_s")]
)
_MS: Final = NS_PER_MS
_MS_PER_S: Final = MS_PER_S
_BITS_MAX: Final = 62  # wider counters cannot wrap within what an int64 holds

# columns of the figures of one piece of usage
_DEVICE, _UNOBSERVED, _RX, _TX = range(4)


class Statuses(NamedTuple):
    """n statuses, one for all readings of one message; every column has shape (n,)."""

    ap_ix: NDArray[np.int32]
    ts_ns: NDArray[np.int64]
    clients: NDArray[np.int64]
    rx_bytes: NDArray[np.int64]
    tx_bytes: NDArray[np.int64]
    uptime_s: NDArray[np.int64]
    has: NDArray[np.uint8]  # which of them the message carried: HAS_CLIENTS | ...


class Usage(NamedTuple):
    """What a batch of statuses was worth."""

    rows: UsageRows
    corrections: UsageRows
    late_unplaced: int


def statuses_of(readings: Readings, city: City) -> Statuses:
    """Gather the readings of each message that speak of usage, in order of arrival."""
    assert np.all((readings.node_ix >= 0) & (readings.node_ix < city.node_count))
    assert readings.exact.shape == readings.node_ix.shape == readings.metric.shape
    columns = _gather(
        readings.ts_ns, readings.node_ix, readings.metric, readings.exact, _CODES, city.ap_count
    )
    return Statuses._make(columns)


def integrate(statuses: Statuses, aps: Records, city: City, settings: Settings) -> Usage:
    """Add statuses to the access points' totals; the rows to store."""
    assert all(column.shape == statuses.ap_ix.shape for column in statuses)
    assert np.all((statuses.ap_ix >= 0) & (statuses.ap_ix < city.ap_count))
    assert aps.shape == (city.ap_count,)
    assert aps.dtype == AP_DTYPE
    n = statuses.ap_ix.size
    rows = np.zeros((n, 4), dtype=np.int64)
    corrections = np.zeros((n, 4), dtype=np.int64)
    corrected_ts_ns = np.zeros(n, dtype=np.int64)  # 0: none
    placed = np.zeros(n, dtype=np.bool_)
    _integrate(
        *statuses,
        city.ap_counter_bits,
        city.ap_bytes_per_ms_max,
        3 * settings.status_ms,
        aps,
        rows,
        corrections,
        corrected_ts_ns,
        placed,
    )
    fixed = corrected_ts_ns > 0
    return Usage(
        UsageRows(statuses.ap_ix[placed], statuses.ts_ns[placed], *rows[placed].T.copy()),
        UsageRows(statuses.ap_ix[fixed], corrected_ts_ns[fixed], *corrections[fixed].T.copy()),
        int(n - np.count_nonzero(placed)),
    )


@nb.njit(cache=True)
def _column_of(metric: int, codes: NDArray[np.int64]) -> int:
    """Which column of a status a metric is, or -1."""
    for column in range(codes.size):
        if metric == codes[column]:
            return column
    return -1


@nb.njit(cache=True)
def _gather(
    ts_ns: NDArray[np.int64],  # (n,)
    node_ix: NDArray[np.int32],  # (n,) in [0, N)
    metric: NDArray[np.int16],  # (n,)
    exact: NDArray[np.int64],  # (n,)
    codes: NDArray[np.int64],  # (4,)
    ap_count: int,
) -> tuple[NDArray[np.generic], ...]:
    room = 0
    for i in range(ts_ns.size):
        room += node_ix[i] < ap_count and _column_of(metric[i], codes) >= 0
    status_ap_ix = np.zeros(room, dtype=np.int32)
    status_ts_ns = np.zeros(room, dtype=np.int64)
    values = np.zeros((4, room), dtype=np.int64)
    has = np.zeros(room, dtype=np.uint8)
    at_of = np.full(ap_count, -1, dtype=np.int64)  # each access point's latest status here
    made = 0
    for i in range(ts_ns.size):
        ap_ix = node_ix[i]
        column = _column_of(metric[i], codes) if ap_ix < ap_count else -1
        if column < 0:
            continue
        at = at_of[ap_ix]
        if at < 0 or status_ts_ns[at] != ts_ns[i]:
            at, made = made, made + 1
            at_of[ap_ix] = at
            status_ap_ix[at] = ap_ix
            status_ts_ns[at] = ts_ns[i]
        values[column, at] = exact[i]
        has[at] |= np.uint8(1 << column)
    clients, rx_bytes, tx_bytes, uptime_s = values[:, :made]
    return (
        status_ap_ix[:made],
        status_ts_ns[:made],
        clients,
        rx_bytes,
        tx_bytes,
        uptime_s,
        has[:made],
    )


@nb.njit(cache=True)
def _delta_bytes(
    now: int, before: int, ms: int, new_boot: bool, uptime_s: int, bits: int, bytes_per_ms: float
) -> int:
    """What a counter counted, given wraps, resets and reboots."""
    if new_boot:
        return now if now <= bytes_per_ms * (uptime_s + 1) * _MS_PER_S else 0
    if now >= before:
        return now - before
    if bits <= _BITS_MAX:
        modulus = 1 << bits
        wrapped = modulus - before + now
        if before < modulus and wrapped <= bytes_per_ms * ms:
            return wrapped
    return now


@nb.njit(cache=True)
def _piece(
    from_ts_ns: int,
    from_clients: int,
    from_rx: int,
    from_tx: int,
    from_uptime_s: int,
    from_has: int,
    to_ts_ns: int,
    to_rx: int,
    to_tx: int,
    to_uptime_s: int,
    to_has: int,
    bits: int,
    bytes_per_ms: float,
    known_ms_max: int,
    out: NDArray[np.int64],  # (4,) written
) -> None:
    """Usage between two statuses."""
    ms = to_ts_ns // _MS - from_ts_ns // _MS
    known_ms = min(ms, known_ms_max) if from_has & HAS_CLIENTS else 0
    out[_DEVICE] = from_clients * known_ms
    out[_UNOBSERVED] = ms - known_ms
    both = from_has & to_has
    new_boot = both & HAS_UPTIME != 0 and to_uptime_s < from_uptime_s
    out[_RX], out[_TX] = 0, 0
    if both & HAS_RX:
        out[_RX] = _delta_bytes(to_rx, from_rx, ms, new_boot, to_uptime_s, bits, bytes_per_ms)
    if both & HAS_TX:
        out[_TX] = _delta_bytes(to_tx, from_tx, ms, new_boot, to_uptime_s, bits, bytes_per_ms)


@nb.njit(cache=True)
def _add(ap: Record, figures: NDArray[np.int64], sign: int) -> None:
    ap["device_ms"] += sign * figures[_DEVICE]
    ap["unobserved_ms"] += sign * figures[_UNOBSERVED]
    ap["rx_total_bytes"] += sign * figures[_RX]
    ap["tx_total_bytes"] += sign * figures[_TX]


@nb.njit(cache=True)
def _open_gap(
    ap: Record,
    ts_ns: int,
    rx: int,
    tx: int,
    uptime_s: int,
    has: int,
    known_ms_max: int,
    row: NDArray[np.int64],
) -> None:
    """Keep the gap that this status closes, unless a larger one is still outstanding."""
    gap_ms = ts_ns // _MS - ap["use_ts_ns"] // _MS
    complete = has & ap["has"] == ap["has"]
    left_ms = (ap["end_ts_ns"] - ap["gap_ts_ns"]) // _MS if ap["end_has"] != 0 else known_ms_max
    if gap_ms <= known_ms_max or gap_ms <= left_ms or not complete:
        return
    ap["gap_ts_ns"] = ap["use_ts_ns"]
    ap["gap_clients"] = ap["clients"]
    ap["gap_rx_bytes"] = ap["rx_bytes"]
    ap["gap_tx_bytes"] = ap["tx_bytes"]
    ap["gap_uptime_s"] = ap["uptime_s"]
    ap["gap_has"] = ap["has"]
    ap["end_ts_ns"] = ts_ns
    ap["end_rx_bytes"] = rx
    ap["end_tx_bytes"] = tx
    ap["end_uptime_s"] = uptime_s
    ap["end_has"] = has
    ap["rest_device_ms"] = row[_DEVICE]
    ap["rest_unobserved_ms"] = row[_UNOBSERVED]
    ap["rest_rx_bytes"] = row[_RX]
    ap["rest_tx_bytes"] = row[_TX]


@nb.njit(cache=True)
def _fill_gap(
    ap: Record,
    ts_ns: int,
    clients: int,
    rx: int,
    tx: int,
    uptime_s: int,
    has: int,
    bits: int,
    bytes_per_ms: float,
    known_ms_max: int,
    row: NDArray[np.int64],
    rest: NDArray[np.int64],
) -> bool:
    """A status between the last one known in the gap and the one that closed it."""
    complete = has & ap["gap_has"] == ap["gap_has"]
    inside = ap["gap_ts_ns"] < ts_ns and ts_ns < ap["end_ts_ns"]
    if ap["end_has"] == 0 or not inside or not complete:
        return False
    _piece(
        ap["gap_ts_ns"], ap["gap_clients"], ap["gap_rx_bytes"], ap["gap_tx_bytes"],
        ap["gap_uptime_s"], ap["gap_has"], ts_ns, rx, tx, uptime_s, has,
        bits, bytes_per_ms, known_ms_max, row,
    )  # fmt: skip
    _piece(
        ts_ns, clients, rx, tx, uptime_s, has, ap["end_ts_ns"], ap["end_rx_bytes"],
        ap["end_tx_bytes"], ap["end_uptime_s"], ap["end_has"],
        bits, bytes_per_ms, known_ms_max, rest,
    )  # fmt: skip
    ap["device_ms"] -= ap["rest_device_ms"]
    ap["unobserved_ms"] -= ap["rest_unobserved_ms"]
    ap["rx_total_bytes"] -= ap["rest_rx_bytes"]
    ap["tx_total_bytes"] -= ap["rest_tx_bytes"]
    _add(ap, row, 1)
    _add(ap, rest, 1)
    ap["gap_ts_ns"] = ts_ns
    ap["gap_clients"] = clients
    ap["gap_rx_bytes"] = rx
    ap["gap_tx_bytes"] = tx
    ap["gap_uptime_s"] = uptime_s
    ap["gap_has"] = has
    ap["rest_device_ms"] = rest[_DEVICE]
    ap["rest_unobserved_ms"] = rest[_UNOBSERVED]
    ap["rest_rx_bytes"] = rest[_RX]
    ap["rest_tx_bytes"] = rest[_TX]
    return True


@nb.njit(cache=True)
def _keep(ap: Record, ts_ns: int, clients: int, rx: int, tx: int, uptime_s: int, has: int) -> None:
    """Remember a status; what it does not carry stays as it was."""
    ap["use_ts_ns"] = ts_ns
    if has & HAS_CLIENTS:
        ap["clients"] = clients
    if has & HAS_RX:
        ap["rx_bytes"] = rx
    if has & HAS_TX:
        ap["tx_bytes"] = tx
    if has & HAS_UPTIME:
        ap["uptime_s"] = uptime_s
    ap["has"] |= np.uint8(has)


@nb.njit(cache=True)
def _integrate(
    ap_ix: NDArray[np.int32],  # (n,) in [0, A)
    ts_ns: NDArray[np.int64],  # (n,)
    clients: NDArray[np.int64],  # (n,)
    rx_bytes: NDArray[np.int64],  # (n,)
    tx_bytes: NDArray[np.int64],  # (n,)
    uptime_s: NDArray[np.int64],  # (n,)
    has: NDArray[np.uint8],  # (n,)
    counter_bits: NDArray[np.int64],  # (A,)
    bytes_per_ms_max: NDArray[np.float64],  # (A,)
    known_ms_max: int,
    aps: Records,  # (A,)
    rows: NDArray[np.int64],  # (n, 4) written
    corrections: NDArray[np.int64],  # (n, 4) written
    corrected_ts_ns: NDArray[np.int64],  # (n,) written
    placed: NDArray[np.bool_],  # (n,) written
) -> None:
    for i in range(ap_ix.size):
        ap = aps[ap_ix[i]]
        ts, n, rx, tx, up, bears = (
            ts_ns[i], clients[i], rx_bytes[i], tx_bytes[i], uptime_s[i], has[i],
        )  # fmt: skip
        bits, rate = counter_bits[ap_ix[i]], bytes_per_ms_max[ap_ix[i]]
        if ap["has"] == 0:
            placed[i] = True
        elif ts > ap["use_ts_ns"]:
            _piece(
                ap["use_ts_ns"], ap["clients"], ap["rx_bytes"], ap["tx_bytes"], ap["uptime_s"],
                ap["has"], ts, rx, tx, up, bears, bits, rate, known_ms_max, rows[i],
            )  # fmt: skip
            _add(ap, rows[i], 1)
            _open_gap(ap, ts, rx, tx, up, bears, known_ms_max, rows[i])
            placed[i] = True
        else:
            placed[i] = _fill_gap(
                ap, ts, n, rx, tx, up, bears, bits, rate, known_ms_max, rows[i], corrections[i]
            )
            if placed[i]:
                corrected_ts_ns[i] = ap["end_ts_ns"]
            continue
        _keep(ap, ts, n, rx, tx, up, bears)
