"""The truth ledger: what really happened to every node of a simulated town, and its usage.

The code under test never sees it, and it knows nothing of that code: no import of ``edge``,
``ingest`` or ``processing`` stands here. Times are UTC nanoseconds, intervals are ``[start, end)``.

A fault is written as one interval of its own node (``node == cause_node``) and one of each node it
touches. Own state is about the equipment: an access point without power is down, one behind a dead
gateway is merely unobservable. Service state is what a resident gets, see ``service_down``.
"""

from bisect import bisect_right
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Final, Self

import msgspec

from vocabulary.units import NS_PER_S, S_PER_MIN

OUTAGE_NS_MIN: Final = S_PER_MIN * NS_PER_S
"""From this length on a service interruption is an outage; below it is a blip."""


class TrueLevel(StrEnum):
    """What kind of thing a node is."""

    AP = "ap"
    GATEWAY = "gateway"
    BACKHAUL = "backhaul"
    FEEDER = "feeder"
    AREA = "area"
    BROKER = "broker"


class TrueState(StrEnum):
    """What was the matter. A node without an interval was up and could be seen."""

    DOWN = "down"
    UNOBSERVABLE = "unobservable"
    MAINTENANCE = "maintenance"
    FLAPPING = "flapping"
    DEGRADED = "degraded"
    STALL = "stall"


class TrueInterval(msgspec.Struct, frozen=True):
    """One node, one state, from when to when, and whose fault it was."""

    node: str
    level: TrueLevel
    state: TrueState
    cause: str
    cause_node: str
    start_ns: int
    end_ns: int

    @property
    def is_cause(self) -> bool:
        """Whether this is the fault itself and not what it did to others."""
        return self.node == self.cause_node


class TrueIncident(msgspec.Struct, frozen=True):
    """One cause with the access points it took down or out of sight."""

    level: TrueLevel
    node: str
    cause: str
    start_ns: int
    end_ns: int
    affected: tuple[str, ...]

    @property
    def length_ns(self) -> int:
        """How long it lasted."""
        return self.end_ns - self.start_ns


class TruePath(msgspec.Struct, frozen=True):
    """Where an access point truly hangs, whatever the inventory says."""

    gateway_id: str
    backhaul_id: str | None = None
    feeder_id: str | None = None
    area_id: str = ""


class TrueUsage(msgspec.Struct, frozen=True):
    """Usage of one access point over the whole run, as if no message had been lost."""

    device_ms: int
    rx_bytes: int
    tx_bytes: int


Span = tuple[int, int]
_INCIDENTS: Final = frozenset({TrueState.DOWN, TrueState.FLAPPING})
_TOUCHING: Final = frozenset({TrueState.DOWN, TrueState.UNOBSERVABLE})


class TruthLedger(msgspec.Struct, frozen=True, dict=True):
    """Everything true of one run from ``start_ns`` to ``end_ns``."""

    start_ns: int
    end_ns: int
    paths: dict[str, TruePath]
    """Access point -> where it truly hangs."""
    intervals: tuple[TrueInterval, ...] = ()
    usage: dict[str, TrueUsage] = {}
    never_reporting: tuple[str, ...] = ()
    """Listed in the inventory, but never switched on."""

    @cached_property
    def by_node(self) -> dict[str, list[TrueInterval]]:
        """Node -> its intervals, in order of their start."""
        return _grouped(self.intervals, "node")

    @cached_property
    def by_cause(self) -> dict[str, list[TrueInterval]]:
        """Node at fault -> what its faults did, to itself and to others."""
        return _grouped(self.intervals, "cause_node")

    def spans(self, node: str, state: TrueState) -> list[Span]:
        """When a node was in a state, pieces that touch joined."""
        rows = self.by_node.get(node, ())
        return joined((row.start_ns, row.end_ns) for row in rows if row.state == state)

    def own_down(self, node: str) -> list[Span]:
        """When the node's own equipment did not work."""
        return self.spans(node, TrueState.DOWN)

    def unobservable(self, node: str) -> list[Span]:
        """When nobody could have seen it, whatever its state."""
        return self.spans(node, TrueState.UNOBSERVABLE)

    def maintenance(self, node: str) -> list[Span]:
        """When its silence was announced, at the node itself or above it."""
        return self.spans(node, TrueState.MAINTENANCE)

    def service_down(self, ap_id: str) -> list[Span]:
        """When residents had no service: the access point or its backhaul was down.

        A gateway is an observer and by default not on the service path.
        """
        backhaul_id = self.paths[ap_id].backhaul_id
        return joined([*self.own_down(ap_id), *(self.own_down(backhaul_id) if backhaul_id else ())])

    def is_own_down(self, node: str, at_ns: int) -> bool:
        """Whether its own equipment did not work at that time."""
        return covers(self.own_down(node), at_ns)

    def is_service_down(self, ap_id: str, at_ns: int) -> bool:
        """Whether those who use it had no service at that time."""
        return covers(self.service_down(ap_id), at_ns)

    def incidents(self) -> list[TrueIncident]:
        """One row per cause, in order of time; the outages inside a flapping are one incident."""
        made: list[TrueIncident] = []
        for node, rows in self.by_node.items():
            flapping = self.spans(node, TrueState.FLAPPING)
            made.extend(
                self._incident(row)
                for row in rows
                if row.is_cause and row.state in _INCIDENTS and not _inside(row, flapping)
            )
        return sorted(made, key=lambda row: (row.start_ns, row.level, row.node))

    def _incident(self, row: TrueInterval) -> TrueIncident:
        touched = {
            other.node
            for other in self.by_cause[row.node]
            if other.level == TrueLevel.AP
            and other.state in _TOUCHING
            and other.start_ns < row.end_ns
            and row.start_ns < other.end_ns
        }
        return TrueIncident(
            row.level, row.node, row.cause, row.start_ns, row.end_ns, tuple(sorted(touched))
        )

    def to_json(self) -> bytes:
        """The whole ledger; ``from_json`` gives it back."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """A ledger from ``to_json``.

        Raises:
            msgspec.DecodeError: if it is not one.
        """
        return msgspec.json.decode(data, type=cls)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch made one, empty ones dropped."""
    made: list[Span] = []
    for start_ns, end_ns in sorted(spans):
        if end_ns <= start_ns:
            continue
        if made and start_ns <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end_ns))
        else:
            made.append((start_ns, end_ns))
    return made


def covers(spans: list[Span], at_ns: int) -> bool:
    """Whether an instant lies in one of these ordered spans."""
    ix = bisect_right(spans, at_ns, key=lambda span: span[0]) - 1
    return ix >= 0 and at_ns < spans[ix][1]


def _inside(row: TrueInterval, flapping: list[Span]) -> bool:
    return row.state == TrueState.DOWN and covers(flapping, row.start_ns)


def _grouped(rows: Iterable[TrueInterval], key: str) -> dict[str, list[TrueInterval]]:
    made: dict[str, list[TrueInterval]] = {}
    for row in sorted(rows, key=lambda row: (row.start_ns, row.end_ns)):
        made.setdefault(getattr(row, key), []).append(row)
    return made
