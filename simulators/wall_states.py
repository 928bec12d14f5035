"""Lines on incidents and states of the month, as a host writes them when something changes."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.wall_month import DAY_MS, Fields, Month
from simulators.wall_story import HOUR_MS, Told
from vocabulary.alert_rules import cause_code
from vocabulary.inventory import AccessPoint
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS

TEN_MIN_MS: Final = 600_000
_THRESHOLD_NATS: Final = 18.0


class StateLines:
    """Incidents, evidence, outages, states, counts."""

    def __init__(self, month: Month) -> None:
        self._month = month

    def incidents(self) -> Iterator[str]:
        """Incidents, their revisions, and the evidence that led to them."""
        places = {site.site_id: site.name for site in self._month.inventory.site}
        for one in self._month.story.told:
            row = one.incident
            tags = {"level": str(row.level), **self._place(one)}
            fields: Fields = {
                "incident": row.incident,
                "node": row.node,
                "place": places[one.site],
                "cause": str(row.cause),
                "alt_cause": "",
                "cause_code": cause_code(str(row.cause)),
                "start_ms": row.start_ms,
                "end_ms": row.end_ms or 0,
                "declared_ms": row.declared_ms,
                "is_open": int(row.end_ms is None),
                "is_muted": int(one.muted),
                "affected": len(row.members),
                "sites": len({ap.site_id for ap in self._members(one)}),
                "lost_device_h": one.lost_device_ms / HOUR_MS,
                "observed_pct": 100.0,
                "p_down": 0.99,
                "version": 1 if row.end_ms is None else 2,
            }
            yield render("incident", tags, fields, row.start_ms)
            revisions = [(row.declared_ms, 1, 1)]
            revisions += [] if row.end_ms is None else [(row.end_ms + 5_000, 2, 0)]
            for at_ms, version, is_open in revisions:
                told: Fields = {
                    "incident": row.incident,
                    "node": row.node,
                    "cause": str(row.cause),
                    "version": version,
                    "affected": len(row.members),
                    "is_open": is_open,
                }
                yield render("incident_revision", tags, told, at_ms)
            for step, passive in enumerate((2.0, 4.6, 9.2, 13.8, 18.4)):
                routes: Fields = {
                    "passive_nats": passive,
                    "confirm_nats": 1.7 * passive,
                    "session_nats": 0.0,
                    "threshold_nats": _THRESHOLD_NATS,
                }
                yield render("evidence", tags, routes, row.start_ms + 2_500 * step)

    def _members(self, one: Told) -> list[AccessPoint]:
        wanted = set(one.incident.members)
        return [ap for ap in self._month.inventory.access_point if ap.ap_id in wanted]

    def _place(self, one: Told) -> dict[str, str]:
        row = one.incident
        known = self._month.tags.at(row.level, row.node)
        return known or {"site": one.site, "area": self._month.area_of[one.site]}

    def outages(self) -> Iterator[str]:
        """Rows of the ledger."""
        for row in self._month.story.intervals:
            tags = {"level": str(row.level), **self._month.tags.at(row.level, row.node)}
            fields: Fields = {
                "state": str(row.state),
                "cause": str(row.cause),
                "incident": row.incident,
                "status": str(row.status),
                "version": row.version,
            }
            if row.end_ms is not None:
                fields |= {"end_ms": row.end_ms, "duration_ms": row.end_ms - row.start_ms}
            yield render("outage", tags, fields, row.start_ms)

    def states(self) -> Iterator[str]:
        """Changes of state of access points, and all of them once a day."""
        story = self._month.story
        for ap in self._month.inventory.access_point:
            tags = {"level": "ap", **self._month.tags.device(ap.ap_id)}
            changes = {story.start_ms + day * DAY_MS: "up" for day in range(story.days)}
            for spans, state in (
                (story.truth.maintenance(ap.ap_id), "maintenance"),
                (story.unobserved(ap.ap_id), "unknown"),
                (story.down(ap.ap_id), "down"),
            ):
                for start_ns, end_ns in spans:
                    start_ms, end_ms = start_ns // NS_PER_MS, end_ns // NS_PER_MS
                    inside = [at for at in changes if start_ms <= at < end_ms]
                    changes |= dict.fromkeys(inside, state) | {start_ms: state}
                    if end_ms < story.end_ms:
                        changes.setdefault(end_ms, "up")
            for at_ms, state in sorted(changes.items()):
                service = state if state in ("up", "down") else "unknown"
                fields: Fields = {"state": state, "service": service, "reason": ""}
                yield render("node_state", tags, fields, at_ms)

    def counts(self) -> Iterator[str]:
        """How many are in which state, by area and site, every ten minutes and hour."""
        story = self._month.story
        steps = story.hours * 6
        ticks = story.start_ms + TEN_MIN_MS * np.arange(1, steps + 1, dtype=np.int64) - 1
        by_site: dict[str, list[NDArray[np.int64]]] = {}
        for ap in self._month.inventory.access_point:
            rows = by_site.setdefault(
                ap.site_id, [np.zeros(steps, dtype=np.int64) for _ in range(4)]
            )
            rows[3] += 1
            for ix, spans in enumerate(
                (
                    story.down(ap.ap_id),
                    story.unobserved(ap.ap_id),
                    story.truth.maintenance(ap.ap_id),
                )
            ):
                for start_ns, end_ns in spans:
                    rows[ix] += (ticks >= start_ns // NS_PER_MS) & (ticks < end_ns // NS_PER_MS)
        yield from self._sites(by_site, ticks)
        by_area: dict[str, list[NDArray[np.int64]]] = {}
        for site, rows in by_site.items():
            held = by_area.setdefault(
                self._month.area_of[site], [np.zeros(steps, dtype=np.int64) for _ in range(4)]
            )
            for ix, more in enumerate(rows):
                held[ix] += more
        whole = [sum(rows[ix] for rows in by_area.values()) for ix in range(4)]
        heads = [
            ("state_count", {"area": area, "level": "ap"}, rows) for area, rows in by_area.items()
        ]
        heads.append(("city_count", {"level": "ap"}, [np.asarray(one) for one in whole]))
        for measurement, head, (down, blind, work, listed) in heads:
            for ix, at_ms in enumerate(ticks.tolist()):
                fields: Fields = {
                    "listed": int(listed[ix]),
                    "down": int(down[ix]),
                    "unobserved": int(blind[ix]),
                    "maintenance": int(work[ix]),
                    "degraded": 0,
                    "up": int(listed[ix] - down[ix] - blind[ix] - work[ix]),
                }
                yield render(measurement, head, fields, at_ms)

    def _sites(
        self, by_site: dict[str, list[NDArray[np.int64]]], ticks: NDArray[np.int64]
    ) -> Iterator[str]:
        for site in self._month.inventory.site:
            if site.site_id not in by_site:
                continue
            down, blind, _work, listed = by_site[site.site_id]
            tags = {"area": site.area_id, "site": site.site_id}
            for ix in range(5, len(ticks), 6):
                bad, count = int(down[ix]), int(listed[ix])
                code = 3 if blind[ix] == count else 2 if bad == count else 1 if bad else 0
                fields: Fields = {
                    "name": site.name,
                    "kind": site.kind,
                    "state": ("working", "partly", "dark", "unknown")[code],
                    "code": code,
                    "lat": float(site.lat_deg or 0.0),
                    "lon": float(site.lon_deg or 0.0),
                    "listed": count,
                    "down": bad,
                    "unobserved": int(blind[ix]),
                }
                yield render("site_now", tags, fields, int(ticks[ix]))
