"""The gateway fleet and the platform: spools, clocks, cards, versions; host and database."""

from typing import Final

from dashboards.board import Board, Choice, address
from dashboards.influxql import PER_HOUR, STEP, STEP_MS, Pick, ask, chosen
from dashboards.panels import RED, YELLOW, chart, stat, steps, table

_WORST: Final = (
    "backlog_records_max",
    "oldest_age_max_s",
    "clock_offset_max_ms",
    "temperature_max_c",
)
_HOUR_MS: Final = 3_600_000

FLEET: Final = Board(
    uid="lamplighter-gateway-fleet",
    title="Gateway fleet",
    what="Spool, lag, clock, card wear, versions and what the doctor found.",
    since="now-24h",
    choices=[Choice("gateway", "Gateway", "gateway_hour")],
    rows=[
        (
            9,
            [
                table(
                    "Each gateway, worst of the range",
                    ask(
                        "gateway_hour",
                        *(Pick(name, "max") for name in _WORST),
                        *(Pick(name, "sum") for name in ("dropped_records", "crc_errors")),
                        Pick("sd_written_bytes", "sum"),
                        Pick("silent_ms", "sum"),
                        where=[chosen("gateway")],
                        by=["gateway", "site"],
                    ),
                    what="Most waiting, oldest record, worst clock, hottest; sums of the rest.",
                    units={
                        "oldest_age_max_s": "s",
                        "clock_offset_max_ms": "ms",
                        "temperature_max_c": "celsius",
                        "sd_written_bytes": "bytes",
                        "silent_ms": "dtdurationms",
                    },
                    links={"site": address("lamplighter-site", site="${__data.fields.site}")},
                ),
                table(
                    "Versions and the doctor",
                    ask(
                        "gateway_facts",
                        *map(Pick, ("agent_version", "doctor_worst", "doctor_findings")),
                        *map(Pick, ("card_used_pct", "certificate_left_d")),
                        where=[chosen("gateway")],
                        by=["gateway"],
                        within="time > now() - 35d",
                    ),
                    what="As each gateway said last.",
                    units={"card_used_pct": "percent", "certificate_left_d": "d"},
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Waiting on gateways",
                    ask(
                        "gateway_hour",
                        Pick("backlog_records_max", "sum", PER_HOUR, name="records waiting"),
                        where=[chosen("gateway")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    step_min="60m",
                    what="Records not yet committed, most in each hour, all gateways.",
                ),
                chart(
                    "Oldest waiting record",
                    ask(
                        "gateway_hour",
                        Pick("oldest_age_max_s", "max", name="oldest"),
                        where=[chosen("gateway")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="s",
                    low=0,
                    step_min="60m",
                    what="The furthest that any gateway was behind.",
                ),
                chart(
                    "Declared lost",
                    ask(
                        "gateway_hour",
                        Pick("dropped_records", "sum", name="records lost"),
                        where=[chosen("gateway")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    bars=True,
                    step_min="60m",
                    what="What gateways had to throw away, and said so.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "Clocks",
                    ask(
                        "gateway_hour",
                        Pick("clock_offset_max_ms", "max", name="worst offset"),
                        where=[chosen("gateway")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="ms",
                    step_min="60m",
                    what="Greatest distance from true time, either way.",
                ),
                chart(
                    "Without mains, without a clock, without a word",
                    ask(
                        "gateway_hour",
                        Pick("on_battery_ms", "sum", STEP_MS, "on battery"),
                        Pick("unsynced_ms", "sum", STEP_MS, "clock not to trust"),
                        Pick("silent_ms", "sum", STEP_MS, "silent"),
                        where=[chosen("gateway")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    step_min="60m",
                    what="How many gateways, on average over each hour.",
                ),
                chart(
                    "Written to cards",
                    ask(
                        "gateway_hour",
                        Pick("sd_written_bytes", "sum", PER_HOUR, name="written"),
                        where=[chosen("gateway")],
                        step=STEP,
                        fill="null",
                    ),
                    unit="bytes",
                    low=0,
                    step_min="60m",
                    what="Bytes an hour; a card bears about a hundred times its size.",
                ),
            ],
        ),
    ],
)

PLATFORM: Final = Board(
    uid="lamplighter-platform",
    title="Platform",
    what="Host, broker, InfluxDB, and whether everything that was measured is here.",
    since="now-24h",
    choices=[Choice("area", "Area", "completeness")],
    rows=[
        (
            4,
            [
                stat(
                    "Gateways with a session, of so many",
                    ask("host", Pick("gateways_alive"), Pick("gateways_listed")),
                    unit="none",
                    what="As the host said last.",
                ),
                stat(
                    "Waiting for the database",
                    ask("host", Pick("pending_bytes"), Pick("write_ms", name="last write, ms")),
                    unit="none",
                    what="Bytes in memory, and how long the last write took.",
                    thresholds=steps((None, "#3b6ea5"), (16e6, YELLOW), (64e6, RED)),
                ),
                stat(
                    "Refused since the start",
                    ask("host", *map(Pick, ("dead_letters", "refused", "shed"))),
                    unit="none",
                    what="Lines the database refused, messages refused, messages turned away.",
                ),
                stat(
                    "Notices not delivered",
                    ask("host", Pick("notices_waiting")),
                    unit="none",
                    what="Webhook notices that wait for their receiver.",
                ),
            ],
        ),
        (
            8,
            [
                chart(
                    "From arrival to judgement",
                    ask("detector", Pick("lag_ms", "max"), step=STEP, fill="null"),
                    unit="ms",
                    low=0,
                    what="Worst lag of the processor; a gap where it did not run.",
                ),
                chart(
                    "Writing",
                    ask(
                        "host",
                        Pick("write_ms", "max"),
                        Pick("ledger_ms", "max"),
                        step=STEP,
                        fill="null",
                    ),
                    unit="ms",
                    low=0,
                    what="Slowest batch into InfluxDB and into the ledger.",
                ),
                chart(
                    "Sessions",
                    ask(
                        "host",
                        Pick("gateways_alive", "min"),
                        Pick("gateways_listed", "max"),
                        step=STEP,
                        fill="null",
                    ),
                    unit="none",
                    low=0,
                    what="Fewest gateways with a session in each step.",
                ),
            ],
        ),
        (
            9,
            [
                table(
                    "Completeness of each gateway",
                    ask(
                        "completeness",
                        *map(Pick, ("expected", "received", "lost", "late", "duplicate")),
                        *map(Pick, ("quarantined", "shed")),
                        where=[chosen("area")],
                        by=["gateway"],
                    ),
                    what="Since its beginning: expected is received, lost and still to come.",
                ),
                chart(
                    "Nobody can see",
                    ask(
                        "detector",
                        Pick("unobserved_share", "max", 0.01, "share unobserved"),
                        step=STEP,
                        fill="null",
                    ),
                    unit="percent",
                    low=0,
                    high=100,
                    what="Share of access points that nobody could see, worst in each step.",
                ),
            ],
        ),
    ],
)

BOARDS: Final = (FLEET, PLATFORM)
