"""Equity, and the detector's own record: whether the numbers can be trusted, and by whom."""

from typing import Final

from dashboards.board import Board, Choice
from dashboards.influxql import Pick, ask, chosen
from dashboards.panels import chart, table

_DAY: Final = "1d"

EQUITY: Final = Board(
    uid="lamplighter-equity",
    title="Equity",
    what="Fifths of the city by need, side by side, with intervals; coverage first.",
    since="now-30d",
    rows=[
        (
            8,
            [
                table(
                    "Coverage, and whether a rate may be shown",
                    ask(
                        "equity",
                        *map(Pick, ("observed_pct", "outages", "sites", "enough", "p_value")),
                        by=["fifth"],
                    ),
                    what="Under 95 % observed is a finding of its own; fifth 1 has most need.",
                    units={"observed_pct": "percent"},
                ),
                table(
                    "Restore time and availability, with their intervals",
                    ask(
                        "equity",
                        *map(Pick, ("restore_s", "restore_low_s", "restore_high_s")),
                        *map(Pick, ("availability_low_pct", "availability_high_pct")),
                        Pick("lost_device_h"),
                        by=["fifth"],
                    ),
                    what="95 % over sites. No comparison where coverage alone makes them overlap.",
                    units={
                        "restore_s": "s",
                        "restore_low_s": "s",
                        "restore_high_s": "s",
                        "availability_low_pct": "percent",
                        "availability_high_pct": "percent",
                        "lost_device_h": "h",
                    },
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Restore time by fifth",
                    (
                        ask("equity", Pick("restore_s"), by=["fifth"], step=_DAY, fill="null"),
                        "fifth $tag_fifth",
                    ),
                    unit="s",
                    low=0,
                    what="Over the 30 days before each day.",
                ),
                chart(
                    "Observed share by fifth",
                    (
                        ask(
                            "service_day",
                            Pick("observed_pct"),
                            where=["\"fifth\" != ''"],
                            by=["fifth"],
                            step=_DAY,
                            fill="null",
                        ),
                        "fifth $tag_fifth",
                    ),
                    unit="percent",
                    high=100,
                    what="By day. Unequal watching looks like unequal service.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Minutes down per site by fifth, if the unknown was up",
                    (
                        ask(
                            "service_day",
                            Pick("w_saidi_low_min"),
                            where=["\"fifth\" != ''"],
                            by=["fifth"],
                            step=_DAY,
                            fill="null",
                        ),
                        "fifth $tag_fifth",
                    ),
                    unit="m",
                    low=0,
                    what="W-SAIDI by day.",
                ),
                chart(
                    "The same, if the unknown was down",
                    (
                        ask(
                            "service_day",
                            Pick("w_saidi_high_min"),
                            where=["\"fifth\" != ''"],
                            by=["fifth"],
                            step=_DAY,
                            fill="null",
                        ),
                        "fifth $tag_fifth",
                    ),
                    unit="m",
                    low=0,
                    what="W-SAIDI by day.",
                ),
            ],
        ),
    ],
)

DETECTOR: Final = Board(
    uid="lamplighter-detector",
    title="Detector",
    what="How often it is wrong, how late it is, and how well it names the cause.",
    since="now-30d",
    choices=[Choice("level", "Level", "detector_day")],
    rows=[
        (
            8,
            [
                table(
                    "False alarms, predicted and observed",
                    ask(
                        "detector_day",
                        *map(Pick, ("false_predicted", "false_observed", "declared", "withdrawn")),
                        Pick("node_years"),
                        where=[chosen("level")],
                        by=["level"],
                    ),
                    what="Per node-year. Where the two part, the evidence is not what it says.",
                ),
                table(
                    "Delay and cause",
                    ask(
                        "detector_day",
                        *map(Pick, ("delay_p50_s", "delay_p95_s", "delay_p99_s")),
                        Pick("cause_first_pct"),
                        where=[chosen("level")],
                        by=["level"],
                    ),
                    what="From onset to declaration; share whose first cause stood.",
                    units={
                        "delay_p50_s": "s",
                        "delay_p95_s": "s",
                        "delay_p99_s": "s",
                        "cause_first_pct": "percent",
                    },
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "False alarms per node-year",
                    (
                        ask(
                            "detector_day",
                            Pick("false_predicted"),
                            Pick("false_observed"),
                            where=[chosen("level")],
                            by=["level"],
                            step=_DAY,
                            fill="null",
                        ),
                        "$col, $tag_level",
                    ),
                    unit="none",
                    low=0,
                    what="Over the 30 days before each day.",
                ),
                chart(
                    "Delay of declaration, 95 %",
                    (
                        ask(
                            "detector_day",
                            Pick("delay_p95_s"),
                            where=[chosen("level")],
                            by=["level"],
                            step=_DAY,
                            fill="null",
                        ),
                        "$tag_level",
                    ),
                    unit="s",
                    low=0,
                    what="Over the 30 days before each day.",
                ),
                chart(
                    "First cause was the final one",
                    (
                        ask(
                            "detector_day",
                            Pick("cause_first_pct"),
                            where=[chosen("level")],
                            by=["level"],
                            step=_DAY,
                            fill="null",
                        ),
                        "$tag_level",
                    ),
                    unit="percent",
                    high=100,
                    what="Over the 30 days before each day.",
                ),
            ],
        ),
    ],
)

BOARDS: Final = (EQUITY, DETECTOR)
