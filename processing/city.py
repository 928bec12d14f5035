"""The inventory as index spaces: every node has a dense number, so that kernels need no names.

Access points come first (0 .. A-1), then gateways (A .. A+G-1), then sensors (A+G .. A+G+S-1).
Inside the gateway columns a gateway is 0 .. G-1. Numbers are local to a process: whatever is
stored uses ids, so an inventory may be edited between two runs.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from vocabulary.inventory import Inventory

NO_FEEDER: Final = -1
BYTES_PER_MS_PER_MBPS: Final = 125


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """A access points, G gateways, S sensors, F feeders; N = A + G + S nodes."""

    node_ids: tuple[str, ...]  # (N,)
    ap_count: int
    gateway_count: int
    node_gateway_ix: NDArray[np.int32]  # (N,) in [0, G): who sees this node; a gateway itself
    ap_feeder_ix: NDArray[np.int32]  # (A,) in [0, F), or NO_FEEDER
    ap_counter_bits: NDArray[np.int64]  # (A,) width of the byte counters
    ap_bytes_per_ms_max: NDArray[np.float64]  # (A,) what the line can carry
    feeder_ids: tuple[str, ...]  # (F,)
    feeder_members: tuple[tuple[int, ...], ...]  # (F,) access points of each
    gateway_aps: tuple[tuple[int, ...], ...]  # (G,) access points seen by each
    ix_of: dict[str, int]
    """Id of an access point, gateway or sensor -> node number. See :meth:`gateway_ix`."""

    gateway_ix_of: dict[str, int]
    """Gateway id -> 0 .. G-1. A device may share a gateway's id, so the two are kept apart."""

    @classmethod
    def of(cls, inventory: Inventory) -> Self:
        """Number the nodes of a consistent inventory, in the order of its rows."""
        aps, gateways, sensors = inventory.access_point, inventory.gateway, inventory.sensor
        gateway_ix_of = {row.gateway_id: ix for ix, row in enumerate(gateways)}
        feeders: dict[str, list[int]] = {}
        for ap_ix, ap in enumerate(aps):
            if ap.feeder_id is not None:
                feeders.setdefault(ap.feeder_id, []).append(ap_ix)
        gateway_aps: list[list[int]] = [[] for _ in gateways]
        for ap_ix, ap in enumerate(aps):
            gateway_aps[gateway_ix_of[ap.gateway_id]].append(ap_ix)
        feeder_ix_of = {feeder: ix for ix, feeder in enumerate(feeders)}
        node_ids = (
            *(row.ap_id for row in aps),
            *(row.gateway_id for row in gateways),
            *(row.sensor_id for row in sensors),
        )
        observers = (
            *(row.gateway_id for row in aps),
            *gateway_ix_of,
            *(row.gateway_id for row in sensors),
        )
        seen_by = [gateway_ix_of[gateway_id] for gateway_id in observers]
        sensor_base = len(aps) + len(gateways)
        devices = [*range(len(aps)), *range(sensor_base, len(node_ids))]
        feeder_of = [
            NO_FEEDER if ap.feeder_id is None else feeder_ix_of[ap.feeder_id] for ap in aps
        ]
        rates = [ap.line_rate_mbps * BYTES_PER_MS_PER_MBPS for ap in aps]
        return cls(
            node_ids=node_ids,
            ap_count=len(aps),
            gateway_count=len(gateways),
            node_gateway_ix=np.array(seen_by, dtype=np.int32),
            ap_feeder_ix=np.array(feeder_of, dtype=np.int32),
            ap_counter_bits=np.array([ap.counter_bits for ap in aps], dtype=np.int64),
            ap_bytes_per_ms_max=np.array(rates, dtype=np.float64),
            feeder_ids=tuple(feeders),
            feeder_members=tuple(tuple(members) for members in feeders.values()),
            gateway_aps=tuple(tuple(members) for members in gateway_aps),
            ix_of={node_ids[ix]: ix for ix in devices},
            gateway_ix_of=gateway_ix_of,
        )

    @property
    def node_count(self) -> int:
        """N, all access points, gateways and sensors."""
        return len(self.node_ids)

    def gateway_node_ix(self, gateway_ix: int) -> int:
        """The node number of gateway 0 .. G-1."""
        assert 0 <= gateway_ix < self.gateway_count
        return self.ap_count + gateway_ix

    def gateway_id(self, gateway_ix: int) -> str:
        """The id of gateway 0 .. G-1."""
        return self.node_ids[self.gateway_node_ix(gateway_ix)]
