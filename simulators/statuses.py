"""What access points say to their gateways: the statuses of the fast path's walk, as messages.

The same walk as on the fast path, with a gateway that always listens and a line that never
breaks: what is left is what the access point sends and its link lets through.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import numpy as np

from simulators.access_point import made_up_station
from simulators.arrivals import Arrivals, usage_of
from simulators.beat_records import (
    FAIL,
    MESSAGE_DTYPE,
    NEVER_NS,
    Piece,
    pieces_of,
    spans_of,
)
from simulators.beats import walk_access_points
from simulators.outset import begin, nature_of
from simulators.truth import TrueUsage
from vocabulary.units import NS_PER_S

SLICE_NS: Final = 10 * NS_PER_S
_ROOM: Final = 65_536


class Status(NamedTuple):
    """One status as it reaches the gateway."""

    t_ns: int
    ap_ix: int
    clients: int
    rx_bytes: int
    tx_bytes: int
    uptime_s: int

    def payload(self) -> bytes:
        """As JSON. It lists its clients, as real ones do: none of them may leave the gateway."""
        return msgspec.json.encode(
            {
                "uptime": self.uptime_s,
                "radio": {"rx": self.rx_bytes, "tx": self.tx_bytes},
                "stations": [made_up_station(self.ap_ix % 256, ix) for ix in range(self.clients)],
            }
        )


class Statuses:
    """All access points of a run; ask for one stretch of time after the other."""

    def __init__(self, run: Arrivals) -> None:
        calm = nature_of(run.scenario, run.settings, run.seed, run.city, run.effects)
        never: list[list[tuple[int, int]]] = [[] for _ in range(run.city.gateway_count)]
        self._nature = calm._replace(
            delays=calm.delays._replace(plain=True), dead=spans_of(never), pauses=spans_of([[]])
        )
        outset = begin(
            run.town, run.scenario, run.seed, run.city, run.effects, run.fleet, self._nature
        )
        self._aps, self._fleet = outset.aps, run.fleet
        for_ever = Piece(run.start_ns, NEVER_NS, run.start_ns, 1.0)
        self._pieces = pieces_of([for_ever] for _ in range(run.city.gateway_count))
        self._everybody = np.arange(run.city.ap_count, dtype=np.int32)
        self._gateway_count = run.city.gateway_count

    def until(self, to_ns: int) -> Iterator[Status]:
        """What reaches gateways before ``to_ns``, in order of time."""
        until_ns = np.full(self._gateway_count, to_ns, dtype=np.int64)
        todo, out = self._everybody, np.zeros(_ROOM, dtype=MESSAGE_DTYPE)
        parts = []
        while todo.size:
            count, walked = walk_access_points(
                self._nature, self._pieces, self._aps, todo, until_ns, out, 0, False
            )
            assert walked, "one access point has more to say than there is room"
            parts.append(out[:count].copy())
            todo = todo[walked:]
        made = np.concatenate(parts) if parts else out[:0]
        made = made[made["kind"] != FAIL]
        made = made[np.argsort(made["t_ns"], kind="stable")]
        names = ("t_ns", "node_ix", "clients", "rx_bytes", "tx_bytes", "uptime_s")
        for row in zip(*(made[name].tolist() for name in names), strict=True):
            yield Status(*row)

    def usage(self) -> dict[str, TrueUsage]:
        """The truth, up to each access point's last status so far."""
        return usage_of(self._aps, self._fleet)
