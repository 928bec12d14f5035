"""One site, and one access point: state over time, usage beside what was expected, checks."""

from typing import Final

from dashboards.board import Board, Choice, address
from dashboards.influxql import PER_HOUR, STEP, STEP_MS, Pick, ask, chosen, share
from dashboards.panels import chart, stat, table, timeline

_HOUR_MS: Final = 3_600_000
_OUTAGE_UNITS: Final = {"end_ms": "dateTimeAsIso", "duration_ms": "dtdurationms"}
_SHARES: Final = (
    ("if the unknown was down", ["up_ms"], ["listed_ms"]),
    ("if the unknown was up", ["up_ms", "unobserved_ms"], ["listed_ms"]),
    ("observed share", ["up_ms", "down_ms"], ["listed_ms"]),
)

SITE: Final = Board(
    uid="lamplighter-site",
    title="Site",
    what="One place: what its access points were, and what they are used for.",
    since="now-24h",
    choices=[Choice("site", "Site", "service_hour")],
    rows=[
        (
            4,
            [
                stat(
                    "Availability, as an interval, and how much was observed",
                    share("service_hour", _SHARES, where=[chosen("site")]),
                    unit="percent",
                    decimals=2,
                    what="In service hours, planned work left out.",
                ),
                stat(
                    "Cost of outages",
                    ask(
                        "service_hour",
                        Pick("lost_device_ms", "sum", _HOUR_MS, "device-hours lost"),
                        Pick("outages", "sum"),
                        where=[chosen("site")],
                    ),
                    unit="none",
                    decimals=1,
                    what="Device-hours that outages of a minute or more cost, estimated.",
                ),
            ],
        ),
        (
            9,
            [
                timeline(
                    "Service of each access point",
                    (
                        ask(
                            "node_state",
                            Pick("service", ""),
                            where=[chosen("site"), "\"level\" = 'ap'"],
                            by=["ap"],
                        ),
                        "$tag_ap",
                    ),
                    what="What residents got, on change.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Devices, and what this hour of the week usually brings",
                    ask(
                        "usage_hour",
                        Pick("device_ms", "sum", STEP_MS, "devices"),
                        Pick("expected_device_ms", "sum", STEP_MS, "expected"),
                        where=[chosen("site")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    step_min="60m",
                    what="Mean number of associated devices in each hour.",
                ),
                chart(
                    "Bytes an hour",
                    ask(
                        "usage_hour",
                        Pick("rx_bytes", "sum", PER_HOUR),
                        Pick("tx_bytes", "sum", PER_HOUR),
                        where=[chosen("site")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="bytes",
                    low=0,
                    step_min="60m",
                    what="Received from and sent to devices.",
                ),
            ],
        ),
        (
            8,
            [
                table(
                    "Rows of the ledger",
                    ask(
                        "outage",
                        *(Pick(n, "") for n in ("state", "cause", "end_ms", "duration_ms")),
                        *(Pick(n, "") for n in ("incident", "status")),
                        where=[chosen("site")],
                        by=["level", "ap"],
                    ),
                    what="Outages and unobserved times that began in the range.",
                    units=_OUTAGE_UNITS,
                    links={
                        "ap": address("lamplighter-access-point", ap="${__data.fields.ap}"),
                        "incident": address(
                            "lamplighter-incident",
                            incident="${__data.fields.incident}",
                            node="${__data.fields.ap}",
                        ),
                    },
                ),
                chart(
                    "Checks passed, by stage",
                    (
                        share(
                            "check_hour",
                            [("passed", ["passed"], ["tried"])],
                            where=[chosen("site")],
                            by=["stage"],
                            step=STEP,
                        ),
                        "stage $tag_stage",
                    ),
                    unit="percent",
                    low=0,
                    high=100,
                    step_min="60m",
                    what="Share of active checks that passed each stage they came to.",
                ),
            ],
        ),
    ],
)

ACCESS_POINT: Final = Board(
    uid="lamplighter-access-point",
    title="Access point",
    what="One access point: state history, usage, checks by stage, evidence.",
    since="now-24h",
    choices=[Choice("ap", "Access point", "service_hour", many=False)],
    rows=[
        (
            6,
            [
                timeline(
                    "Own state, and service",
                    (ask("node_state", Pick("state", ""), where=[chosen("ap")]), "own state"),
                    (ask("node_state", Pick("service", ""), where=[chosen("ap")]), "service"),
                    what="The equipment itself, and what residents got through it.",
                ),
                stat(
                    "Availability",
                    share("service_hour", _SHARES, where=[chosen("ap")]),
                    unit="percent",
                    decimals=2,
                    what="As an interval, with the share that was observed.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Devices now",
                    ask(
                        "wifi_usage",
                        Pick("clients", "mean"),
                        where=[chosen("ap")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    what="Associated devices; a gap where nobody could see.",
                ),
                chart(
                    "Devices by hour, and expected",
                    ask(
                        "usage_hour",
                        Pick("device_ms", "sum", STEP_MS, "devices"),
                        Pick("expected_device_ms", "sum", STEP_MS, "expected"),
                        where=[chosen("ap")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    step_min="60m",
                    what="Expected is the median of this hour of the week in four weeks.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Time of each stage of the check",
                    (
                        ask(
                            "check_hour",
                            Pick("p50_ms", "mean"),
                            where=[chosen("ap")],
                            by=["stage"],
                            step=STEP,
                            fill="null",
                        ),
                        "stage $tag_stage",
                    ),
                    unit="ms",
                    low=0,
                    step_min="60m",
                    what="Median of the checks that passed it.",
                ),
                chart(
                    "Evidence",
                    ask(
                        "evidence",
                        Pick("passive_nats", "max"),
                        Pick("confirm_nats", "max"),
                        Pick("threshold_nats", "min"),
                        where=[chosen("ap")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    what="While it was suspected, in nats.",
                ),
            ],
        ),
        (
            7,
            [
                table(
                    "Rows of the ledger",
                    ask(
                        "outage",
                        *(Pick(n, "") for n in ("state", "cause", "end_ms", "duration_ms")),
                        *(Pick(n, "") for n in ("incident", "status", "version")),
                        where=[chosen("ap")],
                    ),
                    what="Outages and unobserved times that began in the range.",
                    units=_OUTAGE_UNITS,
                    links={
                        "incident": address(
                            "lamplighter-incident",
                            incident="${__data.fields.incident}",
                            node="${ap}",
                        )
                    },
                ),
            ],
        ),
    ],
)

BOARDS: Final = (SITE, ACCESS_POINT)
