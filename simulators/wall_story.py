"""A month of a city, for the boards: its truth, and what a host would have said of it.

Faults are drawn as in every run, but nothing is sent: what a perfect host would have written is
worked out from the truth, so thirty days of five hundred access points are minutes of work, and
every number on a board has one right answer. A few faults are planted at known times, one of them
still open at the end and one under announced work; names have quotes and Arabic in them, one site
has no access point, and the clocks go back in one of the nights.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.incidents import Incident, incident_id
from processing.intervals import Cause, Interval, IntervalState, Level, Reason, Status
from simulators import people
from simulators.effects import Effects
from simulators.fleet import fleet_of
from simulators.nature import draw_faults
from simulators.scenario import Calendar, Kind, Length, Scenario, Trouble
from simulators.town import KINDS, Quarter, Town, generate
from simulators.truth import Span, TrueIncident, TrueLevel, TruthLedger, joined
from vocabulary.alert_rules import RULES
from vocabulary.inventory import AccessPoint, Area, Inventory, Site
from vocabulary.units import NS_PER_MS, NS_PER_S, S_PER_DAY, S_PER_H

HOUR_MS: Final = 3_600_000
ZONE: Final = "America/Chicago"
START: Final = "2026-10-25T00:00:00+00:00"
"""Its second Sunday is the night in which the clocks of the zone go back."""
EMPTY_SITE: Final = "site-empty"
ODD_NAMES: Final = ('مكتبة "النور"', "O'Hara's \"Annex\" \\ Café, no. 5=6")
APS_PER_SITE: Final = 7
SITES_PER_AREA: Final = 5
DECLARED_MS: Final = 12_000
"""How long after the onset this host says so."""

_ORDINARY: Final = (
    Trouble(Kind.AP_CRASH, 6.0, length=Length("lognormal", 900.0, 1.2, 60.0, 40_000.0)),
    Trouble(Kind.GATEWAY_POWER, 5.0, length=Length("lognormal", 1_200.0, 1.0, 60.0, 40_000.0)),
    Trouble(Kind.BACKHAUL_CUT, 8.0, length=Length("lognormal", 1_800.0, 1.0, 60.0, 40_000.0)),
    Trouble(Kind.FEEDER_OUT, 2.0, length=Length("lognormal", 2_400.0, 0.8, 120.0, 20_000.0)),
    Trouble(Kind.MAINTENANCE, 1.0, ap_count=0, length=Length("fixed", 7_200.0)),
)
_CAUSES: Final[dict[str, Cause]] = {
    Kind.AP_CRASH: Cause.ACCESS_POINT,
    Kind.GATEWAY_POWER: Cause.GATEWAY,
    Kind.BACKHAUL_CUT: Cause.BACKHAUL,
    Kind.FEEDER_OUT: Cause.FEEDER,
    Kind.MAINTENANCE: Cause.GATEWAY,
}


class Told(msgspec.Struct, frozen=True):
    """An incident as the host would tell it, with what it cost."""

    incident: Incident
    truth: TrueIncident
    site: str
    lost_device_ms: int
    muted: bool


def _town(aps: int, seed: int) -> Town:
    """The drawn city, its access points spread over places of a few each, two of odd names."""
    drawn = generate(aps, seed)
    sites: list[Site] = []
    placed: list[AccessPoint] = []
    home: dict[str, str] = {}
    for gateway in drawn.inventory.gateway:
        own = [ap for ap in drawn.inventory.access_point if ap.gateway_id == gateway.gateway_id]
        for first in range(0, len(own), APS_PER_SITE):
            ix = len(sites)
            name = ODD_NAMES[ix] if ix < len(ODD_NAMES) else f"Place {ix:03}"
            at = (41.70 + 0.035 * (ix // 9), -87.85 + 0.028 * (ix % 9))
            site = Site(f"place-{ix:03}", name, "", KINDS[ix % len(KINDS)], "", *at)
            sites.append(site)
            home.setdefault(gateway.gateway_id, site.site_id)
            chunk = own[first : first + APS_PER_SITE]
            placed += [msgspec.structs.replace(ap, site_id=site.site_id) for ap in chunk]
    area_ids = [f"area-{ix:02}" for ix in range(-(-len(sites) // SITES_PER_AREA))]
    sites = [
        msgspec.structs.replace(site, area_id=area_ids[ix // SITES_PER_AREA])
        for ix, site in enumerate(sites)
    ]
    sites.append(Site(EMPTY_SITE, "Nobody's Place", area_ids[0], "park", "", 41.6, -87.6))
    inventory = Inventory(
        tuple(Area(one, f"Quarter {one[5:]}") for one in area_ids),
        tuple(sites),
        tuple(
            msgspec.structs.replace(row, site_id=home[row.gateway_id])
            for row in drawn.inventory.gateway
        ),
        tuple(placed),
        drawn.inventory.sensor,
    )
    quarters = {one: Quarter(20_000, 1 + ix % 5) for ix, one in enumerate(area_ids)}
    return Town(inventory, quarters)


class WallStory:
    """Everything that is true of one month, and what follows from it."""

    def __init__(self, *, aps: int, days: int, seed: int, start: str = START) -> None:
        self.town, self.days, self.hours = _town(aps, seed), days, days * 24
        duration_s = days * S_PER_DAY
        last = self.town.inventory.access_point[-1]
        planted = (
            Trouble(
                Kind.AP_CRASH, at_s=duration_s - 5_400, node=last.ap_id, length=Length("fixed", 9e4)
            ),
            Trouble(
                Kind.MAINTENANCE,
                at_s=duration_s - 5_000,
                node=self.town.inventory.gateway[0].gateway_id,
                ap_count=0,
                length=Length("fixed", 36_000.0),
            ),
            Trouble(Kind.BACKHAUL_CUT, at_s=duration_s / 2, length=Length("fixed", 5_400.0)),
            Trouble(Kind.FEEDER_OUT, at_s=duration_s / 3, length=Length("fixed", 2_700.0)),
            Trouble(Kind.GATEWAY_POWER, at_s=duration_s / 4, length=Length("fixed", 3_000.0)),
        )
        self.scenario = Scenario("wall", Calendar(start, ZONE), trouble=(*_ORDINARY, *planted))
        self.start_ms = self.scenario.calendar.start_ns // NS_PER_MS
        self.end_ms = self.start_ms + days * S_PER_DAY * 1_000
        fleet = fleet_of(self.town, self.scenario, seed)
        faults = draw_faults(self.town, self.scenario, seed, duration_s=duration_s)
        end_ns = self.end_ms * NS_PER_MS
        effects = Effects(fleet, faults, self.scenario.calendar.start_ns, end_ns)
        self.truth = TruthLedger(
            self.scenario.calendar.start_ns, end_ns, fleet.paths, tuple(effects.intervals)
        )
        self.seed, self.effects = seed, effects
        self.demand = self._demand()

    def _demand(self) -> Mapping[str, NDArray[np.float64]]:
        """Kind of site -> mean devices of an ordinary access point in each hour."""
        slots = people.demand(self.scenario, self.seed, self.days * S_PER_DAY)
        per_hour = S_PER_H // people.SLOT_S
        whole = slots[:, : self.hours * per_hour].reshape(len(slots), self.hours, per_hour)
        kinds = {site.kind for site in self.town.inventory.site}
        return {kind: whole.mean(axis=2)[people.kind_ix(kind)] for kind in sorted(kinds)}

    @cached_property
    def local(self) -> list[tuple[int, int]]:
        """Weekday (Monday is 1) and hour of the local day, of each hour."""
        zone, first = ZoneInfo(ZONE), datetime.fromtimestamp(self.start_ms / 1_000, UTC)
        times = [(first + timedelta(hours=ix)).astimezone(zone) for ix in range(self.hours)]
        return [(at.isoweekday(), at.hour) for at in times]

    def hourly_ms(self, spans: list[Span]) -> NDArray[np.int64]:
        """How much of each hour lies in the spans."""
        made = np.zeros(self.hours, dtype=np.int64)
        for start_ns, end_ns in joined(spans):
            start = max(start_ns // NS_PER_MS - self.start_ms, 0)
            end = min(end_ns // NS_PER_MS - self.start_ms, self.hours * HOUR_MS)
            for hour in range(start // HOUR_MS, -(-end // HOUR_MS)):
                begin, over = hour * HOUR_MS, (hour + 1) * HOUR_MS
                made[hour] += max(0, min(end, over) - max(start, begin))
        return made

    def expected(self, ap_id: str, kind: str) -> NDArray[np.float64]:
        """Devices that this access point usually has, by hour."""
        return people.level_of(self.seed, ap_id) * self.demand[kind]

    def down(self, ap_id: str) -> list[Span]:
        """When residents had no service, announced work left out."""
        return minus(self.truth.service_down(ap_id), self.truth.maintenance(ap_id))

    def unobserved(self, ap_id: str) -> list[Span]:
        """When nobody could see it and it was not down for certain."""
        seen = self.truth.service_down(ap_id)
        return minus(minus(self.truth.unobservable(ap_id), seen), self.truth.maintenance(ap_id))

    @cached_property
    def told(self) -> list[Told]:
        """Every incident of the month; what is over within a minute is none."""
        kind_of = {site.site_id: site.kind for site in self.town.inventory.site}
        aps = {ap.ap_id: ap for ap in self.town.inventory.access_point}
        first_behind = {
            gateway.backhaul_id: gateway.gateway_id
            for gateway in reversed(self.town.inventory.gateway)
        }
        site_of = {gateway.gateway_id: gateway.site_id for gateway in self.town.inventory.gateway}
        made = []
        for row in self.truth.incidents():
            if row.length_ns < 60 * NS_PER_S or not row.affected:
                continue
            node = first_behind[row.node] if row.level is TrueLevel.BACKHAUL else row.node
            level = {TrueLevel.AP: Level.AP, TrueLevel.FEEDER: Level.FEEDER}.get(
                row.level, Level.GATEWAY
            )
            start_ms, end_ms = row.start_ns // NS_PER_MS, row.end_ns // NS_PER_MS
            window = [(row.start_ns, row.end_ns)]
            lost = 0.0
            for ap_id in row.affected:
                hit = self.hourly_ms(minus(window, minus(window, self.down(ap_id))))
                lost += float(hit @ self.expected(ap_id, kind_of[aps[ap_id].site_id]))
            site = aps[row.affected[0]].site_id if level is not Level.GATEWAY else site_of[node]
            made.append(
                Told(
                    Incident(
                        incident_id(node, start_ms),
                        1,
                        level,
                        node,
                        _CAUSES[row.cause],
                        start_ms,
                        end_ms if end_ms < self.end_ms else None,
                        start_ms + DECLARED_MS,
                        row.affected,
                    ),
                    row,
                    site,
                    round(lost),
                    row.cause == Kind.MAINTENANCE,
                )
            )
        return made

    @cached_property
    def intervals(self) -> list[Interval]:
        """The ledger's rows of every access point."""
        owner: dict[str, list[Told]] = {}
        for one in self.told:
            for ap_id in one.incident.members:
                owner.setdefault(ap_id, []).append(one)
        made = []
        for ap in self.town.inventory.access_point:
            both = ((self.down(ap.ap_id), True), (self.unobserved(ap.ap_id), False))
            for spans, is_down in both:
                for start_ns, end_ns in spans:
                    whose = [
                        one
                        for one in owner.get(ap.ap_id, ())
                        if one.truth.start_ns < end_ns and start_ns < one.truth.end_ns
                    ]
                    end_ms = end_ns // NS_PER_MS
                    made.append(
                        Interval(
                            ap.ap_id,
                            Level.AP,
                            1,
                            start_ns // NS_PER_MS,
                            end_ms if end_ms < self.end_ms else None,
                            IntervalState.DOWN if is_down else IntervalState.UNOBSERVED,
                            Reason.MISSED_BEATS if is_down else Reason.BLIND_VIA_GATEWAY,
                            whose[0].incident.cause if whose else Cause.NONE,
                            whose[0].incident.incident if whose else "",
                            Status.PROVISIONAL,
                        )
                    )
        return sorted(made, key=lambda row: (row.start_ms, row.node))

    def planted(self, level: TrueLevel) -> Told:
        """The longest incident of a level: what the boards are compared with."""
        rows = [one for one in self.told if one.truth.level is level and not one.muted]
        return max(rows, key=lambda one: one.truth.length_ns)


def minus(spans: list[Span], less: list[Span]) -> list[Span]:
    """What of the spans lies outside the others; both in order and merged."""
    made: list[Span] = []
    for start, end in spans:
        at = start
        for cut_start, cut_end in less:
            if cut_end <= at or cut_start >= end:
                continue
            if cut_start > at:
                made.append((at, cut_start))
            at = max(at, cut_end)
        if at < end:
            made.append((at, end))
    return made


def _calls(one: Told) -> bool:
    return one.incident.end_ms is None and not one.muted


def selections(story: WallStory) -> dict[str, Any]:
    """What to choose on each board, and which panels must then be empty (``*``: all)."""
    crash = story.planted(TrueLevel.AP).incident
    boards = {
        "lamplighter-city-now": [{"name": "city", "variables": {}, "empty": []}],
        "lamplighter-incident": [
            {
                "name": "a crash",
                "variables": {"incident": crash.incident, "node": crash.node},
                "empty": [],
            },
            {
                "name": "no such incident",
                "variables": {"incident": "nobody@0", "node": "nobody"},
                "empty": ["*"],
            },
        ],
        "lamplighter-site": [
            {
                "name": "a site that was hit",
                "variables": {"site": story.planted(TrueLevel.FEEDER).site},
                "empty": [],
            },
            {
                "name": "a site without access points",
                "variables": {"site": EMPTY_SITE},
                "empty": ["*"],
            },
        ],
        "lamplighter-access-point": [
            {"name": "one that crashed", "variables": {"ap": crash.node}, "empty": []},
            {"name": "a stranger", "variables": {"ap": "ap-nowhere"}, "empty": ["*"]},
        ],
    }
    opened = {str(one.incident.cause) for one in story.told if _calls(one)}
    rules = {rule.rule_id: not rule.cause or rule.cause in opened for rule in RULES}
    return {
        "start_ms": story.start_ms,
        "end_ms": story.end_ms,
        "boards": boards,
        "rules": rules,
    }
