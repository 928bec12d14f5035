"""Proofs of life in a stream of readings: what a product that knows nothing else would count.

Of an access point: a fresh record that it answered. Of a gateway: its own heartbeat. What comes
from a spool proves nothing about now, and a record that says "no answer" is none.
"""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.city import City
from processing.columns import Readings
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS

_MS: Final = NS_PER_MS


class Proofs(NamedTuple):
    """n proofs of life in order of arrival; every column has shape (n,)."""

    at_ns: NDArray[np.int64]  # arrival
    stream_ix: NDArray[np.int32]
    sent_ms: NDArray[np.int64]  # by the gateway's monotonic clock if it told, else event time
    boot: NDArray[np.int32]


def proofs_in(city: City, readings: Readings) -> Proofs:
    """Draw them out."""
    assert np.all((readings.node_ix >= 0) & (readings.node_ix < city.node_count))
    codes = code_of("wifi/ok"), code_of("gateway/uplink_ok")
    return Proofs(*_proofs_in(readings, codes, (city.ap_count, city.gateway_count)))


@nb.njit(cache=True)
def _proofs_in(
    readings: Readings, codes: tuple[int, int], counts: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    ok_code, heartbeat_code = codes
    ap_count, gateway_count = counts
    n = readings.node_ix.size
    at_ns, stream_ix = np.empty(n, np.int64), np.empty(n, np.int32)
    sent_ms, boot = np.empty(n, np.int64), np.empty(n, np.int32)
    count = 0
    for i in range(n):
        if readings.historical[i]:
            continue
        node, metric = readings.node_ix[i], readings.metric[i]
        if metric == ok_code:
            if node >= ap_count or readings.value[i] == 0.0:
                continue
        elif metric != heartbeat_code or not ap_count <= node < ap_count + gateway_count:
            continue
        at_ns[count] = readings.arrival_ns[i]
        stream_ix[count] = node
        mono_ms = readings.mono_ms[i]
        sent_ms[count] = mono_ms if mono_ms >= 0 else readings.ts_ns[i] // _MS
        boot[count] = readings.boot[i]
        count += 1
    return at_ns[:count], stream_ix[:count], sent_ms[:count], boot[:count]
