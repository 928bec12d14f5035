"""Announced work: one row that silences, is published, and does not count. Nothing here does I/O.

Work is announced for an area, a site, a gateway or an access point, and holds for everything below.
While it lasts nobody is called; it goes on being measured; its time leaves numerator and
denominator. What is still dead at its end is an ordinary outage from then on.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from processing.incidents import Incident
from processing.intervals import Level
from vocabulary.inventory import Inventory

LEVELS: Final = ("area", "site", "gateway", "ap")
WINDOWS_MAX: Final = 10_000
LENGTH_MS_MAX: Final = 31 * 86_400_000
"""Longer is no work but a closure, and belongs into the inventory."""
Span = tuple[int, int]


class Window(msgspec.Struct, frozen=True):
    """One announcement."""

    id: int
    level: str
    node: str
    start_ms: int
    end_ms: int
    reason: str
    added_ms: int
    removed_ms: int | None = None

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return self.removed_ms is None

    @property
    def span(self) -> Span:
        """When it holds: taken back during the work, it ends then."""
        end_ms = self.end_ms if self.removed_ms is None else min(self.end_ms, self.removed_ms)
        return self.start_ms, max(self.start_ms, end_ms)


def covered(inventory: Inventory) -> dict[tuple[str, str], frozenset[str]]:
    """(level, node) -> the access points and gateways that work on it concerns."""
    made: dict[tuple[str, str], set[str]] = {}

    def put(level: str, node: str, *below: str) -> None:
        made.setdefault((level, node), set()).update(below)

    area_of = {site.site_id: site.area_id for site in inventory.site}
    for area in inventory.area:
        put("area", area.area_id)
    for site in inventory.site:
        put("site", site.site_id)
    for gateway in inventory.gateway:
        own = gateway.gateway_id
        put("gateway", own, own)
        put("site", gateway.site_id, own)
        put("area", area_of[gateway.site_id], own)
    for ap in inventory.access_point:
        put("ap", ap.ap_id, ap.ap_id)
        put("gateway", ap.gateway_id, ap.ap_id)
        put("site", ap.site_id, ap.ap_id)
        put("area", area_of[ap.site_id], ap.ap_id)
    return {key: frozenset(below) for key, below in made.items()}


class Works:
    """All announcements, asked by node and time."""

    def __init__(
        self, windows: Iterable[Window], below: Mapping[tuple[str, str], frozenset[str]]
    ) -> None:
        self._spans: dict[str, list[Span]] = {}
        for window in windows:
            for node in below.get((window.level, window.node), ()):
                if window.span[0] < window.span[1]:
                    self._spans.setdefault(node, []).append(window.span)

    def spans(self, node: str) -> list[Span]:
        """When work was announced for a node, in order, overlaps joined: what does not count."""
        made: list[Span] = []
        for start_ms, end_ms in sorted(self._spans.get(node, ())):
            if made and start_ms <= made[-1][1]:
                made[-1] = (made[-1][0], max(made[-1][1], end_ms))
            else:
                made.append((start_ms, end_ms))
        return made

    def at(self, node: str, ts_ms: int) -> bool:
        """Whether work was announced for the node at that time."""
        return any(start <= ts_ms < end for start, end in self._spans.get(node, ()))

    def silences(self, incident: Incident, ts_ms: int) -> bool:
        """Whether nobody is called for an incident now: all it took along is under work."""
        nodes = set(incident.members)
        if incident.level is not Level.FEEDER:
            nodes.add(incident.node)
        return bool(nodes) and all(self.at(node, ts_ms) for node in nodes)

    def counted_ms(self, node: str, start_ms: int, end_ms: int) -> int:
        """How much of a time counts for availability."""
        taken = sum(
            max(0, min(end, end_ms) - max(start, start_ms)) for start, end in self.spans(node)
        )
        return end_ms - start_ms - taken
