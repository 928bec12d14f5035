"""The lines that a host would have written in the month of a `WallStory`, rollups and all.

Rendered by the same code as the host's, held to the schema line by line. Raw usage is the bulk; how
often it is written is an argument, for a small machine may not want a month of it by the minute.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.points import Tags
from simulators.chance import stream
from simulators.truth import Span
from simulators.wall_story import HOUR_MS, Told, WallStory
from vocabulary import line_protocol
from vocabulary.alert_rules import cause_code
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS, S_PER_DAY, S_PER_MIN

MINUTE_MS: Final = 60_000
TEN_MIN_MS: Final = 600_000
DAY_MS: Final = S_PER_DAY * 1_000
STAGES: Final = (2, 3, 5, 7)
BYTES_PER_DEVICE_S: Final = 40_000
_THRESHOLD_NATS: Final = 18.0

Fields = dict[str, bool | int | float | str]


class Lines:
    """Makes them, one family after another."""

    def __init__(self, story: WallStory, *, raw_s: int) -> None:
        self.story, self.raw_s = story, raw_s
        self.inventory = story.town.inventory
        self.tags = Tags(self.inventory)
        self.kind_of = {site.site_id: site.kind for site in self.inventory.site}
        self.area_of = {site.site_id: site.area_id for site in self.inventory.site}
        self.hours_ms = [story.start_ms + ix * HOUR_MS for ix in range(story.hours)]
        aps = self.inventory.access_point
        self.down = {ap.ap_id: story.hourly_ms(story.down(ap.ap_id)) for ap in aps}
        self.blind = {ap.ap_id: story.hourly_ms(story.unobserved(ap.ap_id)) for ap in aps}
        self.work = {ap.ap_id: story.hourly_ms(story.truth.maintenance(ap.ap_id)) for ap in aps}
        self.expected = {ap.ap_id: story.expected(ap.ap_id, self.kind_of[ap.site_id]) for ap in aps}
        self.started = {ap.ap_id: self._starts(story.down(ap.ap_id)) for ap in aps}

    def _starts(self, spans: list[Span]) -> NDArray[np.int64]:
        made = np.zeros(self.story.hours, dtype=np.int64)
        for start_ns, end_ns in spans:
            if end_ns - start_ns >= S_PER_MIN * 1_000 * NS_PER_MS:
                made[(start_ns // NS_PER_MS - self.story.start_ms) // HOUR_MS] += 1
        return made

    def all(self) -> Iterator[str]:
        """Every line."""
        return chain(
            self.incidents(),
            self.outages(),
            self.states(),
            self.counts(),
            self.rollups(),
            self.days(),
            self.gateways(),
            self.host(),
            self.checks(),
            self.raw(),
        )

    # Incidents and states

    def incidents(self) -> Iterator[str]:
        """Incidents, their revisions, and the evidence that led to them."""
        places = {site.site_id: site.name for site in self.inventory.site}
        for one in self.story.told:
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

    def _members(self, one: Told) -> list:  # type: ignore[type-arg]
        wanted = set(one.incident.members)
        return [ap for ap in self.inventory.access_point if ap.ap_id in wanted]

    def _place(self, one: Told) -> dict[str, str]:
        row = one.incident
        known = self.tags.at(row.level, row.node)
        return known or {"site": one.site, "area": self.area_of[one.site]}

    def outages(self) -> Iterator[str]:
        """Rows of the ledger."""
        for row in self.story.intervals:
            tags = {"level": str(row.level), **self.tags.at(row.level, row.node)}
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
        story = self.story
        for ap in self.inventory.access_point:
            tags = {"level": "ap", **self.tags.device(ap.ap_id)}
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
        story = self.story
        steps = story.hours * 6
        ticks = story.start_ms + TEN_MIN_MS * np.arange(1, steps + 1, dtype=np.int64) - 1
        by_site: dict[str, list[NDArray[np.int64]]] = {}
        for ap in self.inventory.access_point:
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
                self.area_of[site], [np.zeros(steps, dtype=np.int64) for _ in range(4)]
            )
            for ix, more in enumerate(rows):
                held[ix] += more
        for area, (down, blind, work, listed) in by_area.items():
            head = {"area": area, "level": "ap"}
            for ix, at_ms in enumerate(ticks.tolist()):
                fields: Fields = {
                    "listed": int(listed[ix]),
                    "down": int(down[ix]),
                    "unobserved": int(blind[ix]),
                    "maintenance": int(work[ix]),
                    "degraded": 0,
                    "up": int(listed[ix] - down[ix] - blind[ix] - work[ix]),
                }
                yield render("state_count", head, fields, at_ms)

    def _sites(
        self, by_site: dict[str, list[NDArray[np.int64]]], ticks: NDArray[np.int64]
    ) -> Iterator[str]:
        for site in self.inventory.site:
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

    # Rollups

    def _usage(self, ap_id: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Device time and what was expected, by hour: nobody is there while it is down."""
        rng = stream(self.story.seed, "wall-usage", ap_id)
        expected = self.expected[ap_id] * HOUR_MS
        share = (HOUR_MS - self.down[ap_id] - self.blind[ap_id]) / HOUR_MS
        noise = rng.normal(1.0, 0.15, self.story.hours).clip(0.3, 1.7)
        return (expected * share * noise).astype(np.int64), expected.astype(np.int64)

    def rollups(self) -> Iterator[str]:
        """Service and usage by hour: of access points, areas, and kinds of site."""
        zeros = np.zeros(self.story.hours, dtype=np.int64)
        areas: dict[str, dict[str, NDArray[np.int64]]] = {}
        kinds: dict[tuple[str, str], dict[str, NDArray[np.int64]]] = {}
        for ap in self.inventory.access_point:
            own, area = ap.ap_id, self.area_of[ap.site_id]
            used, expected = self._usage(own)
            lost = np.rint(self.down[own] * self.expected[own]).astype(np.int64)
            listed = HOUR_MS - self.work[own]
            service = {
                "listed_ms": listed,
                "up_ms": listed - self.down[own] - self.blind[own],
                "down_ms": self.down[own],
                "unobserved_ms": self.blind[own],
                "maintenance_ms": self.work[own],
                "lost_device_ms": lost,
                "outages": self.started[own],
            }
            usage = {
                "device_ms": used,
                "rx_bytes": used * BYTES_PER_DEVICE_S // 8_000,
                "tx_bytes": used * BYTES_PER_DEVICE_S // 1_000,
                "expected_device_ms": expected,
                "lost_device_ms": lost,
            }
            tags = self.tags.device(own)
            yield from self._series("service_hour", tags, service)
            most = {"clients_max": used // (HOUR_MS // 2)}
            yield from self._series("usage_hour", tags, usage | most)
            for held, more in (
                (areas.setdefault(area, {}), service),
                (kinds.setdefault((area, self.kind_of[ap.site_id]), {}), usage),
            ):
                for name, column in more.items():
                    held[name] = held.get(name, zeros) + column
        for area, columns in areas.items():
            yield from self._series("service_area_hour", {"area": area}, columns)
        local = np.array(self.story.local)
        clock = {"weekday": local[:, 0], "hour": local[:, 1]}
        for (area, kind), columns in kinds.items():
            head = {"area": area, "kind": kind}
            yield from self._series("usage_area_hour", head, columns | clock)

    def _series(
        self, measurement: str, tags: dict[str, str], columns: dict[str, NDArray[np.int64]]
    ) -> Iterator[str]:
        """Whole-number columns as lines, the schema checked on the first."""
        head, names = line_protocol.head(measurement, tags), list(columns)
        rows = zip(*(columns[name].tolist() for name in names), strict=True)
        for ix, row in enumerate(rows):
            if not ix:
                render(measurement, tags, dict(zip(names, row, strict=True)), 0)
            text = ",".join(f"{name}={one}i" for name, one in zip(names, row, strict=True))
            yield f"{head} {text} {self.hours_ms[ix]}"

    def days(self) -> Iterator[str]:
        """Indices of each day, of the city, its areas and its fifths; equity; the detector."""
        story = self.story
        fifth_of = {
            area: str(6 - quarter.hardship_quintile)
            for area, quarter in story.town.quarters.items()
        }
        groups: dict[tuple[str, str], list[str]] = {("", ""): []}
        for ap in self.inventory.access_point:
            area = self.area_of[ap.site_id]
            for key in (("", ""), (area, ""), ("", fifth_of[area])):
                groups.setdefault(key, []).append(ap.ap_id)
        for (area, fifth), members in groups.items():
            tags = {"area": area, "fifth": fifth}
            sums = [self._sums(members, day) for day in range(story.days)]
            for day, fields in enumerate(sums):
                at_ms = story.start_ms + day * DAY_MS
                yield render("service_day", tags, fields, at_ms)
                if fifth:
                    yield render("equity", {"fifth": fifth}, _equity(fields), at_ms)
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

    def _sums(self, members: list[str], day: int) -> Fields:
        hours = slice(day * 24, day * 24 + 24)
        down = sum(int(self.down[one][hours].sum()) for one in members)
        blind = sum(int(self.blind[one][hours].sum()) for one in members)
        listed = sum(int((HOUR_MS - self.work[one][hours]).sum()) for one in members)
        weights = sum(float(self.expected[one][hours].mean()) for one in members) or 1.0
        low = sum(float(self.expected[one][hours] @ self.down[one][hours]) for one in members)
        dark = sum(float(self.expected[one][hours] @ self.blind[one][hours]) for one in members)
        count = sum(int(self.started[one][hours].sum()) for one in members)
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
            "sites": len(members),
            "major_event": False,
            "provisional": day == self.story.days - 1,
        }

    # Equipment

    def gateways(self) -> Iterator[str]:
        """Vitals by hour, facts by day, accounts by hour."""
        story = self.story
        zeros = np.zeros(story.hours, dtype=np.int64)
        for row in self.inventory.gateway:
            tags = self.tags.gateway(row.gateway_id)
            rng = stream(story.seed, "wall-gateway", row.gateway_id)
            silent = story.hourly_ms(story.truth.own_down(row.gateway_id))
            cut = story.hourly_ms(story.truth.unobservable(row.gateway_id))
            offset = rng.normal(0.0, 2.0, story.hours).round(3)
            backlog = 40 + cut // 200
            yield from self._series(
                "gateway_hour",
                tags,
                {
                    "backlog_records_max": backlog,
                    "oldest_age_max_s": 2 + cut // 1_000,
                    "dropped_records": zeros,
                    "unsynced_ms": zeros,
                    "sd_written_bytes": zeros + 3_000_000,
                    "crc_errors": rng.poisson(0.2, story.hours).astype(np.int64),
                    "on_battery_ms": zeros,
                    "silent_ms": silent,
                },
            )
            for ix, at_ms in enumerate(self.hours_ms):
                heat = 42.0 + 8.0 * float(np.sin(ix / 24 * 2 * np.pi))
                warm: Fields = {"clock_offset_max_ms": float(offset[ix]), "temperature_max_c": heat}
                yield render("gateway_hour", tags, warm, at_ms)
                count = 360 * (ix + 1)
                account: Fields = {"expected": count, "received": count, "late": int(cut[ix] > 0)}
                account |= {"duplicate": 0, "quarantined": 0, "lost": 0, "skipped": 0, "shed": 0}
                yield render("completeness", tags, account, at_ms)
            for day in range(story.days):
                facts: Fields = {
                    "agent_version": "0.1.0",
                    "doctor_worst": "",
                    "doctor_findings": 0,
                    "card_used_pct": 1.0 + 0.1 * day,
                    "certificate_left_d": 300.0 - day,
                }
                yield render("gateway_facts", tags, facts, story.start_ms + day * DAY_MS)

    def host(self) -> Iterator[str]:
        """The host and the detector about themselves, each minute."""
        story = self.story
        rng = stream(story.seed, "wall-host")
        lags = rng.gamma(4.0, 8.0, story.hours * 60).round(2).tolist()
        listed = len(self.inventory.gateway)
        blind = np.zeros(story.hours * 60, dtype=np.int64)
        for ap in self.inventory.access_point:
            for start_ns, end_ns in story.unobserved(ap.ap_id):
                first = (start_ns // NS_PER_MS - story.start_ms) // MINUTE_MS
                blind[first : (end_ns // NS_PER_MS - story.start_ms) // MINUTE_MS] += 1
        share = (blind / len(self.inventory.access_point)).tolist()
        for ix, lag_ms in enumerate(lags):
            at_ms = story.start_ms + ix * MINUTE_MS
            readings = ix * 3_000
            about: Fields = {"readings": readings, "lag_ms": lag_ms, "unobserved_share": share[ix]}
            yield render("detector", {}, about | {"ready": True}, at_ms)
            yield render(
                "host",
                {},
                {
                    "broker_up": True,
                    "database_up": True,
                    "pending_bytes": int(lag_ms * 900),
                    "gateways_alive": listed,
                    "gateways_listed": listed,
                    "lines_stored": readings,
                    "dead_letters": 0,
                    "refused": 0,
                    "shed": 0,
                    "write_ms": lag_ms / 2,
                    "ledger_ms": lag_ms / 4,
                    "notices_waiting": 0,
                },
                at_ms,
            )

    def checks(self) -> Iterator[str]:
        """Active checks by stage and hour; none passes while there is no service."""
        for ap in self.inventory.access_point:
            tried = np.full(self.story.hours, 4, dtype=np.int64)
            passed = tried - np.rint(4 * self.down[ap.ap_id] / HOUR_MS).astype(np.int64)
            for stage in STAGES:
                head = line_protocol.head(
                    "check_hour", self.tags.device(ap.ap_id) | {"stage": str(stage)}
                )
                for at_ms, ok in zip(self.hours_ms, passed.tolist(), strict=True):
                    yield f"{head} tried=4i,passed={ok}i,p50_ms={40.0 * stage} {at_ms}"

    def raw(self) -> Iterator[str]:
        """Usage as it is stored raw; nothing while nobody sees the access point."""
        per_hour = 3_600 // self.raw_s
        for ap in self.inventory.access_point:
            head = line_protocol.head("wifi_usage", self.tags.device(ap.ap_id))
            rng = stream(self.story.seed, "wall-raw", ap.ap_id)
            dark = (self.down[ap.ap_id] + self.blind[ap.ap_id]).tolist()
            for hour, mean in enumerate(self.expected[ap.ap_id].tolist()):
                if dark[hour] >= HOUR_MS:
                    continue
                base = self.hours_ms[hour]
                for ix, clients in enumerate(rng.poisson(mean, per_hour).tolist()):
                    at_ms = base + ix * self.raw_s * 1_000
                    used_ms = clients * self.raw_s * 1_000
                    yield (
                        f"{head} clients={clients}i,device_ms={used_ms}i,unobserved_ms=0i,"
                        f"rx_delta_bytes={used_ms * 5}i,tx_delta_bytes={used_ms * 40}i {at_ms}"
                    )


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


def batches(lines: Iterable[str], count: int) -> Iterator[list[str]]:
    """Lines in lists of at most ``count``."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == count:
            yield held
            held = []
    if held:
        yield held
