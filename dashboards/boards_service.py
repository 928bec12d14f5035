"""Usage and service levels: what the city gives, and how reliably."""

from typing import Final

from dashboards.board import Board, Choice
from dashboards.influxql import PER_HOUR, STEP, STEP_MS, Pick, ask, chosen, share
from dashboards.panels import bars, chart, stat, table

_HOUR_MS: Final = 3_600_000
_DAY: Final = "1d"
_CITY: Final = ("\"area\" = ''", "\"fifth\" = ''")
"""The rows of a day that stand for the whole city have neither tag."""
_SHARES: Final = (
    ("if the unknown was down", ["up_ms"], ["listed_ms"]),
    ("if the unknown was up", ["up_ms", "unobserved_ms"], ["listed_ms"]),
    ("observed share", ["up_ms", "down_ms"], ["listed_ms"]),
)
_WEEK: Final = (
    {
        "id": "groupBy",
        "options": {
            "fields": {
                "weekday": {"aggregations": [], "operation": "groupby"},
                "hour": {"aggregations": [], "operation": "groupby"},
                "devices": {"aggregations": ["sum"], "operation": "aggregate"},
            }
        },
    },
    {
        "id": "groupingToMatrix",
        "options": {"columnField": "weekday", "rowField": "hour", "valueField": "devices (sum)"},
    },
)

USAGE: Final = Board(
    uid="lamplighter-usage",
    title="Usage",
    what="Device-hours and bytes by area, kind of site and hour of the week. Counts, not people.",
    since="now-7d",
    choices=[
        Choice("area", "Area", "usage_area_hour"),
        Choice("kind", "Kind of site", "usage_area_hour"),
    ],
    rows=[
        (
            4,
            [
                stat(
                    "Device-hours, expected, lost to outages; bytes",
                    ask(
                        "usage_kind_hour",
                        Pick("device_ms", "sum", _HOUR_MS, "device-hours"),
                        Pick("expected_device_ms", "sum", _HOUR_MS, "expected"),
                        Pick("lost_device_ms", "sum", _HOUR_MS, "lost"),
                        Pick("rx_bytes", "sum", 2**30, "GiB from devices"),
                        Pick("tx_bytes", "sum", 2**30, "GiB to devices"),
                        where=[chosen("kind")],
                    ),
                    unit="none",
                    what="Whole city: associated devices integrated over time, what they carried.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Devices by kind of site",
                    (
                        ask(
                            "usage_kind_hour",
                            Pick("device_ms", "sum", STEP_MS, "devices"),
                            where=[chosen("kind")],
                            by=["kind"],
                            step=STEP,
                            fill="null",
                        ),
                        "$tag_kind",
                    ),
                    unit="none",
                    low=0,
                    stacked=True,
                    step_min="60m",
                    what="Mean number of devices, whole city.",
                ),
                chart(
                    "Devices, and what the hour of the week usually brings",
                    ask(
                        "usage_kind_hour",
                        Pick("device_ms", "sum", STEP_MS, "devices"),
                        Pick("expected_device_ms", "sum", STEP_MS, "expected"),
                        where=[chosen("kind")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    step_min="60m",
                    what="Whole city. A gap that no outage explains is worth a look.",
                ),
            ],
        ),
        (
            9,
            [
                bars(
                    "Device-hours by area",
                    ask(
                        "usage_area_hour",
                        Pick("device_ms", "sum", _HOUR_MS, "device-hours"),
                        where=[chosen("area"), chosen("kind")],
                        by=["area"],
                    ),
                    unit="none",
                    what="In the order of names: areas are not ranked.",
                    by="area",
                ),
                table(
                    "Hour of the local week",
                    ask(
                        "usage_kind_hour",
                        Pick("weekday", ""),
                        Pick("hour", ""),
                        Pick("device_ms", "", STEP_MS, "devices"),
                        where=[chosen("kind")],
                    ),
                    what="Device-hours of the city: hours down, weekdays across, Monday is 1.",
                    transformations=_WEEK,
                ),
                chart(
                    "Bytes an hour",
                    ask(
                        "usage_kind_hour",
                        Pick("rx_bytes", "sum", PER_HOUR),
                        Pick("tx_bytes", "sum", PER_HOUR),
                        where=[chosen("kind")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="bytes",
                    low=0,
                    step_min="60m",
                    what="From and to devices, whole city.",
                ),
            ],
        ),
    ],
)

LEVELS: Final = Board(
    uid="lamplighter-service-levels",
    title="Service levels",
    what="Availability with its observed share; indices as power networks have, weighted by use.",
    since="now-30d",
    choices=[Choice("area", "Area", "service_area_hour")],
    rows=[
        (
            4,
            [
                stat(
                    "Availability, as an interval, and how much was observed",
                    share("service_area_hour", _SHARES, where=[chosen("area")]),
                    unit="percent",
                    decimals=3,
                    what="In service hours, planned work left out.",
                ),
                stat(
                    "Outages, and what they cost",
                    ask(
                        "service_area_hour",
                        Pick("outages", "sum"),
                        Pick("lost_device_ms", "sum", _HOUR_MS, "device-hours lost"),
                        Pick("down_ms", "sum", _HOUR_MS, "hours down, all access points"),
                        where=[chosen("area")],
                    ),
                    unit="none",
                    decimals=1,
                    what="Outages of a minute or more.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Availability by day",
                    share("service_area_hour", _SHARES, where=[chosen("area")], step=_DAY),
                    unit="percent",
                    high=100,
                    what="The truth lies between the two; days are UTC.",
                ),
                chart(
                    "Minutes down per site (W-SAIDI), whole city",
                    ask(
                        "service_day",
                        Pick("w_saidi_low_min", "sum", name="if the unknown was up"),
                        Pick("w_saidi_high_min", "sum", name="if the unknown was down"),
                        where=_CITY,
                        step=_DAY,
                        fill="null",
                    ),
                    unit="m",
                    low=0,
                    what="Weighted by expected use.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Outages per site: W-SAIFI over five minutes, W-MAIFI under",
                    ask(
                        "service_day",
                        Pick("w_saifi", "sum"),
                        Pick("w_maifi", "sum"),
                        where=_CITY,
                        step=_DAY,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    bars=True,
                    what="Whole city, by day.",
                ),
                chart(
                    "Detect and restore",
                    ask(
                        "service_day",
                        Pick("detect_s", "max"),
                        Pick("restore_s", "max"),
                        Pick("w_caidi_min", "max", 1 / 60, "w_caidi"),
                        where=_CITY,
                        step=_DAY,
                        fill="null",
                    ),
                    unit="s",
                    low=0,
                    what="Medians of the day's outages; whole city.",
                ),
            ],
        ),
        (
            9,
            [
                table(
                    "By area, in the order of names",
                    share("service_area_hour", _SHARES, where=[chosen("area")], by=["area"]),
                    what="An interval each. Not a ranking: a small area swings by chance.",
                    units={name: "percent" for name, _above, _below in _SHARES},
                ),
                table(
                    "Days of the city",
                    ask(
                        "service_day",
                        *(Pick(n, "") for n in ("outages", "sites", "cemi3_pct", "lost_device_h")),
                        *(Pick(n, "") for n in ("major_event", "provisional")),
                        where=_CITY,
                    ),
                    what="Major-event days and days that late records may still change are marked.",
                    units={"cemi3_pct": "percent", "lost_device_h": "h"},
                ),
            ],
        ),
    ],
)

BOARDS: Final = (USAGE, LEVELS)
