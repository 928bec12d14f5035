"""City now, and one incident: what is dark, why, since when, for whom."""

from typing import Final

from dashboards.board import Board, Choice, address
from dashboards.influxql import RANGE, STEP, Pick, Query, ask, is_
from dashboards.panels import (
    BLUE,
    GREY,
    RED,
    chart,
    place_map,
    stat,
    steps,
    table,
    timeline,
)

ALWAYS: Final = "time > now() - 35d"
"""An incident is asked for by what it is, not by the range: it may have begun before it."""
NOW: Final = "time > now() - 2h"
"""A map shows the present; a site speaks at least once an hour."""
_APS: Final = is_("city_count", "level", "ap")
_OPEN: Final = (is_("incident", "is_open", 1), is_("incident", "is_muted", 0))
_UNITS: Final = {
    "start_ms": "dateTimeAsIso",
    "declared_ms": "dateTimeAsIso",
    "end_ms": "dateTimeAsIso",
    "lost_device_h": "h",
    "observed_pct": "percent",
    "p_down": "percentunit",
}


def counts(names: tuple[str, ...], *, within: str, step: str = "", fill: str = "") -> Query:
    """Access points of the city by state."""
    picks = [Pick(name) for name in names]
    function = "max" if step else "last"
    worst = [pick._replace(function=function) for pick in picks]
    return ask("city_count", *worst, where=[_APS], within=within, step=step, fill=fill)


def _incidents(*where: str) -> Query:
    names = ("incident", "cause", "place", "node", "start_ms", "affected", "lost_device_h")
    picks = [Pick(name, "") for name in (*names, "observed_pct", "alt_cause")]
    return ask("incident", *picks, where=where, by=[], within=ALWAYS, latest=200)


CITY_NOW: Final = Board(
    uid="lamplighter-city-now",
    title="City now",
    what="What is dark, why, since when, for whom, and what to do first.",
    since="now-6h",
    choices=[],
    rows=[
        (
            4,
            [
                stat(
                    "Access points dark",
                    counts(("down",), within=RANGE),
                    unit="none",
                    what="Service seen to be down at the end of the range.",
                    thresholds=steps((None, BLUE), (1, RED)),
                ),
                stat(
                    "Cannot tell, and planned work",
                    counts(("unobserved", "maintenance", "listed"), within=RANGE),
                    unit="none",
                    what="Nobody can see these now; these are under announced work; of so many.",
                    thresholds=steps((None, GREY)),
                ),
                stat(
                    "Processor",
                    ask("detector", Pick("lag_ms"), Pick("unobserved_share", by=0.01)),
                    unit="none",
                    decimals=1,
                    what="Milliseconds from arrival to judgement; per cent that nobody can see.",
                ),
            ],
        ),
        (
            9,
            [
                table(
                    "Open incidents",
                    _incidents(*_OPEN),
                    what="One row per cause. The runbook says what to do first.",
                    units=_UNITS,
                    links={
                        "incident": address(
                            "lamplighter-incident",
                            incident="${__data.fields.incident}",
                            node="${__data.fields.node}",
                        ),
                        "cause": "/public/lamplighter/runbooks/${__data.fields.cause}.html",
                    },
                ),
            ],
        ),
        (
            11,
            [
                place_map(
                    "Places",
                    ask(
                        "site_now",
                        *map(Pick, ("lat", "lon", "code", "state", "name", "down", "listed")),
                        by=["site"],
                        within=NOW,
                    ),
                    what="Now, whatever the range: each place with its state as a word.",
                    link=address("lamplighter-site", site="${__data.fields.site}"),
                ),
                chart(
                    "Access points without service",
                    counts(("down", "unobserved"), within=RANGE, step=STEP, fill="null"),
                    unit="none",
                    what="Dark, and what nobody could see, side by side.",
                    low=0,
                    step_min="10m",
                ),
            ],
        ),
        (
            7,
            [
                table(
                    "Silenced: planned work or part of another incident",
                    _incidents(is_("incident", "is_open", 1), is_("incident", "is_muted", 1)),
                    what="Open, and nobody is called for it.",
                    units=_UNITS,
                ),
                table(
                    "Ended in the last hours",
                    ask(
                        "incident",
                        *(Pick(n, "") for n in ("incident", "cause", "place", "start_ms")),
                        *(Pick(n, "") for n in ("end_ms", "affected", "lost_device_h")),
                        where=[is_("incident", "is_open", 0), is_("incident", "is_muted", 0)],
                        latest=50,
                    ),
                    what="Incidents that began in the range and are over.",
                    units=_UNITS,
                ),
            ],
        ),
    ],
)

_THIS: Final = is_("incident", "incident", "${incident}")

INCIDENT: Final = Board(
    uid="lamplighter-incident",
    title="Incident",
    what="One incident: its evidence over time, whom it took along, how our opinion changed.",
    since="now-24h",
    choices=[Choice("incident", "Incident", free=True), Choice("node", "Node", free=True)],
    rows=[
        (
            4,
            [
                table(
                    "What we think now",
                    ask(
                        "incident",
                        *(Pick(n, "") for n in ("cause", "alt_cause", "place", "node")),
                        *(Pick(n, "") for n in ("start_ms", "end_ms", "declared_ms", "affected")),
                        *(Pick(n, "") for n in ("sites", "lost_device_h", "p_down")),
                        *(Pick(n, "") for n in ("observed_pct", "version")),
                        where=[_THIS],
                        within=ALWAYS,
                    ),
                    what="Cause and the next best one, times, extent, how sure we are.",
                    units=_UNITS,
                )
            ],
        ),
        (
            8,
            [
                chart(
                    "Evidence",
                    ask(
                        "evidence",
                        Pick("passive_nats", "max"),
                        Pick("confirm_nats", "max"),
                        Pick("session_nats", "max"),
                        Pick("threshold_nats", "min"),
                        where=["(\"ap\" = '${node}' OR \"gateway\" = '${node}')"],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    what="In nats, by route; down is said where one reaches the threshold.",
                ),
                timeline(
                    "The node itself",
                    (
                        ask(
                            "node_state",
                            Pick("state", ""),
                            where=["(\"ap\" = '${node}' OR \"gateway\" = '${node}')"],
                            by=["level", "ap"],
                        ),
                        "$tag_level $tag_ap",
                    ),
                    what="State as decided, on change.",
                ),
            ],
        ),
        (
            9,
            [
                table(
                    "Taken along",
                    ask(
                        "outage",
                        *(Pick(n, "") for n in ("state", "cause", "end_ms", "duration_ms")),
                        *(Pick(n, "") for n in ("status", "version")),
                        where=[is_("outage", "incident", "${incident}")],
                        by=["level", "site", "ap"],
                        within=ALWAYS,
                    ),
                    what="Every row of the ledger that belongs to it.",
                    units={"end_ms": "dateTimeAsIso", "duration_ms": "dtdurationms"},
                    links={"ap": address("lamplighter-access-point", ap="${__data.fields.ap}")},
                ),
                table(
                    "Revisions",
                    ask(
                        "incident_revision",
                        *(Pick(n, "") for n in ("version", "cause", "node", "affected", "is_open")),
                        where=[is_("incident_revision", "incident", "${incident}")],
                        within=ALWAYS,
                    ),
                    what="What we said, and when; nothing is written over.",
                ),
            ],
        ),
    ],
)

BOARDS: Final = (CITY_NOW, INCIDENT)
