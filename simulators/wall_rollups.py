"""Rollups of the month, by hour and by day, as the processor is to compute them."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.chance import stream
from simulators.wall_month import DAY_MS, Fields, Month
from simulators.wall_story import HOUR_MS
from vocabulary.line_protocol import render

MINUTE_MS: Final = 60_000
EQUITY_DAYS: Final = 30
BYTES_PER_DEVICE_S: Final = 40_000


class RollupLines:
    """Service and usage by hour, indices by day."""

    def __init__(self, month: Month) -> None:
        self._month = month
        self._site_of = {ap.ap_id: ap.site_id for ap in month.inventory.access_point}

    def _usage(self, ap_id: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Device time and what was expected, by hour: nobody is there while it is down."""
        rng = stream(self._month.story.seed, "wall-usage", ap_id)
        expected = self._month.expected[ap_id] * HOUR_MS
        share = (HOUR_MS - self._month.down[ap_id] - self._month.blind[ap_id]) / HOUR_MS
        noise = rng.normal(1.0, 0.15, self._month.story.hours).clip(0.3, 1.7)
        return (expected * share * noise).astype(np.int64), expected.astype(np.int64)

    def rollups(self) -> Iterator[str]:
        """Service and usage by hour: of access points, areas, and kinds of site."""
        zeros = np.zeros(self._month.story.hours, dtype=np.int64)
        areas: dict[str, dict[str, NDArray[np.int64]]] = {}
        kinds: dict[tuple[str, str], dict[str, NDArray[np.int64]]] = {}
        for ap in self._month.inventory.access_point:
            own, area = ap.ap_id, self._month.area_of[ap.site_id]
            used, expected = self._usage(own)
            lost = np.rint(self._month.down[own] * self._month.expected[own]).astype(np.int64)
            listed = HOUR_MS - self._month.work[own]
            service = {
                "listed_ms": listed,
                "up_ms": listed - self._month.down[own] - self._month.blind[own],
                "down_ms": self._month.down[own],
                "unobserved_ms": self._month.blind[own],
                "maintenance_ms": self._month.work[own],
                "lost_device_ms": lost,
                "outages": self._month.started[own],
            }
            usage = {
                "device_ms": used,
                "rx_bytes": used * BYTES_PER_DEVICE_S // 8_000,
                "tx_bytes": used * BYTES_PER_DEVICE_S // 1_000,
                "expected_device_ms": expected,
                "lost_device_ms": lost,
            }
            tags = self._month.tags.device(own)
            yield from self._month.series("service_hour", tags, service)
            most = {"clients_max": used // (HOUR_MS // 2)}
            yield from self._month.series("usage_hour", tags, usage | most)
            for held, more in (
                (areas.setdefault(area, {}), service),
                (kinds.setdefault((area, self._month.kind_of[ap.site_id]), {}), usage),
            ):
                for name, column in more.items():
                    held[name] = held.get(name, zeros) + column
        for area, columns in areas.items():
            yield from self._month.series("service_area_hour", {"area": area}, columns)
        local = np.array(self._month.story.local)
        clock = {"weekday": local[:, 0], "hour": local[:, 1]}
        city: dict[str, dict[str, NDArray[np.int64]]] = {}
        for (_area, kind), columns in kinds.items():
            held = city.setdefault(kind, {})
            for name, column in columns.items():
                held[name] = held.get(name, zeros) + column
        for kind, columns in city.items():
            yield from self._month.series("usage_kind_hour", {"kind": kind}, columns | clock)
        for (area, kind), columns in kinds.items():
            head = {"area": area, "kind": kind}
            yield from self._month.series("usage_area_hour", head, columns | clock)

    def days(self) -> Iterator[str]:
        """Indices of each day, of the city, its areas and its fifths; equity; the detector."""
        story = self._month.story
        fifth_of = {
            area: str(6 - quarter.hardship_quintile)
            for area, quarter in story.town.quarters.items()
        }
        groups: dict[tuple[str, str], list[str]] = {("", ""): []}
        for ap in self._month.inventory.access_point:
            area = self._month.area_of[ap.site_id]
            for key in (("", ""), (area, ""), ("", fifth_of[area])):
                groups.setdefault(key, []).append(ap.ap_id)
        for (area, fifth), members in groups.items():
            tags = {"area": area, "fifth": fifth}
            sums = [self._sums(members, day, day) for day in range(story.days)]
            for day, fields in enumerate(sums):
                at_ms = story.start_ms + day * DAY_MS
                yield render("service_day", tags, fields, at_ms)
                if fifth:
                    yield render(
                        "equity",
                        {"fifth": fifth},
                        _equity(self._sums(members, max(0, day - EQUITY_DAYS + 1), day)),
                        at_ms,
                    )
        for level in ("ap", "gateway", "feeder"):
            for day in range(story.days):
                yield render(
                    "detector_day",
                    {"level": level},
                    {
                        "declared": len(story.told),
                        "withdrawn": 0,
                        "false_predicted": 0.05,
                        "false_observed": 0.04,
                        "delay_p50_s": 8.0,
                        "delay_p95_s": 11.5,
                        "delay_p99_s": 13.0,
                        "cause_first_pct": 98.0,
                        "node_years": 41.0,
                    },
                    story.start_ms + day * DAY_MS,
                )

    def _sums(self, members: list[str], first: int, last: int) -> Fields:
        """What came of the days from ``first`` to ``last``."""
        hours = slice(first * 24, last * 24 + 24)
        down = sum(int(self._month.down[one][hours].sum()) for one in members)
        blind = sum(int(self._month.blind[one][hours].sum()) for one in members)
        listed = sum(int((HOUR_MS - self._month.work[one][hours]).sum()) for one in members)
        weights = sum(float(self._month.expected[one][hours].mean()) for one in members) or 1.0
        low = sum(
            float(self._month.expected[one][hours] @ self._month.down[one][hours])
            for one in members
        )
        dark = sum(
            float(self._month.expected[one][hours] @ self._month.blind[one][hours])
            for one in members
        )
        count = sum(int(self._month.started[one][hours].sum()) for one in members)
        observed = 100.0 * (listed - blind) / listed
        return {
            "availability_low_pct": 100.0 * (listed - down - blind) / listed,
            "availability_high_pct": 100.0 * (listed - down) / listed,
            "observed_pct": observed,
            "w_saidi_low_min": low / weights / MINUTE_MS,
            "w_saidi_high_min": (low + dark) / weights / MINUTE_MS,
            "w_saifi": count / len(members),
            "w_caidi_min": down / MINUTE_MS / max(count, 1),
            "w_maifi": 0.0,
            "cemi3_pct": 0.0,
            "detect_s": 12.0,
            "restore_s": down / 1_000 / max(count, 1),
            "lost_device_h": low / HOUR_MS,
            "outages": count,
            "sites": len({self._site_of[one] for one in members}),
            "major_event": False,
            "provisional": last == self._month.story.days - 1,
        }


def _equity(fields: Fields) -> Fields:
    restore = float(fields["restore_s"])
    return {
        "restore_s": restore,
        "restore_low_s": 0.7 * restore,
        "restore_high_s": 1.4 * restore,
        "availability_low_pct": fields["availability_low_pct"],
        "availability_high_pct": fields["availability_high_pct"],
        "observed_pct": fields["observed_pct"],
        "lost_device_h": fields["lost_device_h"],
        "outages": fields["outages"],
        "sites": fields["sites"],
        "enough": int(fields["outages"]) >= 10,
        "p_value": 0.4,
    }
