"""What the host itself writes into InfluxDB, row by row; `measurements.py` adds the catalogue.

One row per field, with its unit and its meaning: the schema, its page and the boards are made from
these. Rollups are computed by the processor, see `rollup_rows.py`;
nothing is left to the database.
"""

from typing import Final

from vocabulary.measurement_words import (
    AP_TAGS,
    GATEWAY_TAGS,
    OwnRow,
    Store,
    real,
    text,
    truth,
    whole,
)
from vocabulary.rollup_rows import ROLLUPS

OWN: Final[tuple[OwnRow, ...]] = (
    OwnRow(
        "wifi_usage",
        Store.RAW,
        AP_TAGS,
        "usage of an access point since its point before",
        (
            whole("device_ms", "associated devices, integrated over time", "ms"),
            whole("unobserved_ms", "time for which nothing is known", "ms"),
            whole("rx_delta_bytes", "bytes received from clients", "bytes"),
            whole("tx_delta_bytes", "bytes sent to clients", "bytes"),
        ),
    ),
    OwnRow("wifi_check", Store.RAW, AP_TAGS, "proofs of life and active checks", ()),
    OwnRow("sensor", Store.RAW, ("area", "gateway", "sensor", "site"), "readings of sensors", ()),
    OwnRow(
        "gateway",
        Store.RAW,
        ("area", "gateway", "port", "site"),
        "a gateway's own health, spool and links",
        (),
    ),
    OwnRow(
        "gateway_facts",
        Store.RAW,
        GATEWAY_TAGS,
        "what changes rarely: written when it changes, and daily",
        (
            text("agent_version", "version of the agent"),
            text("doctor_worst", "the doctor's worst finding, by its code; empty if none"),
            whole("doctor_findings", "how many findings the doctor has"),
            real("card_used_pct", "share of the card's write budget that is spent", "pct"),
            real("certificate_left_d", "days until the certificate ends", "d"),
        ),
    ),
    OwnRow(
        "node_state",
        Store.RAW,
        ("ap", "area", "gateway", "level", "site"),
        "a node's state, written when it changes",
        (
            text("state", "up, suspect, down, unknown, degraded, flapping or maintenance"),
            text("service", "what a resident gets: up, down or unknown"),
            text("reason", "why we say so"),
        ),
    ),
    OwnRow(
        "state_count",
        Store.RAW,
        ("area", "level"),
        "how many nodes are in which state, on change and every ten minutes",
        (
            whole("listed", "nodes in the inventory"),
            whole("up", "nodes up or suspect"),
            whole("down", "nodes down"),
            whole("unobserved", "nodes that nobody can see now"),
            whole("degraded", "nodes degraded or flapping"),
            whole("maintenance", "nodes under announced work"),
        ),
    ),
    OwnRow(
        "city_count",
        Store.RAW,
        ("level",),
        "the same of the whole city, so that a wall asks one series",
        (
            whole("listed", "nodes in the inventory"),
            whole("up", "nodes up or suspect"),
            whole("down", "nodes down"),
            whole("unobserved", "nodes that nobody can see now"),
            whole("degraded", "nodes degraded or flapping"),
            whole("maintenance", "nodes under announced work"),
        ),
    ),
    OwnRow(
        "site_now",
        Store.RAW,
        ("area", "site"),
        "a site as a whole, on change and every hour",
        (
            text("name", "the site's name in the inventory"),
            text("kind", "the site's kind in the inventory"),
            text("state", "working, partly, dark or unknown: of its access points' service"),
            whole("code", "the same as a number: 0 working, 1 partly, 2 dark, 3 unknown"),
            real("lat", "latitude, WGS 84", "deg"),
            real("lon", "longitude, WGS 84", "deg"),
            whole("listed", "access points in the inventory"),
            whole("down", "access points without service"),
            whole("unobserved", "access points that nobody can see now"),
        ),
    ),
    OwnRow(
        "outage",
        Store.RAW,
        # the cause is a field: a revision changes it, and a changed tag would leave a second point
        ("ap", "area", "gateway", "level", "site"),
        "a row of the ledger at its start; a revision writes over it",
        (
            text("cause", "what broke"),
            whole("duration_ms", "how long it lasted; absent while it lasts", "ms"),
            whole("end_ms", "when it ended; absent while it lasts", "ms"),
            text("incident", "the incident it belongs to"),
            text("state", "down, unobserved, observed_up or withdrawn"),
            text("status", "provisional, amended or final"),
            whole("version", "which revision this is"),
        ),
    ),
    OwnRow(
        "incident",
        Store.RAW,
        # of the node blamed first, whose time and name are the incident's id: they never change
        ("ap", "area", "gateway", "level", "site"),
        "an incident at the time in its id; a revision writes over it",
        (
            text("incident", "its id"),
            text("node", "what is blamed now"),
            text("place", "the site's or feeder's name"),
            text("cause", "what broke"),
            text("alt_cause", "what else it may be; empty if nothing comes near"),
            whole("cause_code", "the cause as a number, see the page of alert rules"),
            whole("start_ms", "when it began, as known now", "ms"),
            whole("end_ms", "when it ended; 0 while it lasts", "ms"),
            whole("declared_ms", "when we said so", "ms"),
            whole("is_open", "1 while it lasts, else 0"),
            whole("is_muted", "1 if maintenance or a merge keeps it from people, else 0"),
            whole("affected", "access points it took along"),
            whole("sites", "sites it took along"),
            real("lost_device_h", "device-hours it cost so far, estimated", "h"),
            real("observed_pct", "share of its time that was observed", "pct"),
            real("p_down", "how sure we are", "share"),
            whole("version", "which revision this is"),
        ),
    ),
    OwnRow(
        "incident_revision",
        Store.RAW,
        ("ap", "area", "gateway", "level", "site"),
        "every version of an incident, at the time it was written",
        (
            text("incident", "its id"),
            text("node", "what was blamed then"),
            text("cause", "what broke, as thought then"),
            whole("version", "which revision"),
            whole("affected", "access points it took along"),
            whole("is_open", "1 while it lasted, else 0"),
        ),
    ),
    OwnRow(
        "evidence",
        Store.RAW,
        ("ap", "area", "gateway", "level", "site"),
        "why a node is suspected: evidence by route, while it is suspected",
        (
            real("passive_nats", "from missed beats", "nats"),
            real("confirm_nats", "from probes", "nats"),
            real("session_nats", "from the session's end", "nats"),
            real("threshold_nats", "what it takes to say down", "nats"),
        ),
    ),
    OwnRow(
        "completeness",
        Store.RAW,
        GATEWAY_TAGS,
        "what became of a gateway's records since its beginning",
        tuple(
            whole(name, meaning, "records")
            for name, meaning in (
                ("expected", "records that must exist"),
                ("received", "records that arrived"),
                ("late", "of these, late"),
                ("duplicate", "records that came again"),
                ("quarantined", "records refused on arrival"),
                ("lost", "records declared lost by the gateway"),
                ("skipped", "records that the gateway chose not to send"),
                ("shed", "records turned away for want of room, to come again"),
            )
        ),
    ),
    OwnRow(
        "detector",
        Store.RAW,
        (),
        "the processor about itself",
        (
            whole("readings", "readings taken in since its start"),
            real("lag_ms", "from arrival to judgement", "ms"),
            real("unobserved_share", "share of access points nobody can see", "share"),
            truth("ready", "it judges; false while it learns or catches up"),
        ),
    ),
    OwnRow(
        "host",
        Store.RAW,
        (),
        "the host about itself, once a minute",
        (
            truth("broker_up", "the connection to the broker stands"),
            truth("database_up", "the last write was stored"),
            whole("pending_bytes", "what waits for the database", "bytes"),
            whole("gateways_alive", "gateways with a session"),
            whole("gateways_listed", "gateways in the inventory"),
            whole("lines_stored", "lines stored since its start"),
            whole("dead_letters", "lines that the database refused since its start"),
            whole("refused", "messages refused since its start"),
            whole("shed", "messages turned away since its start"),
            real("write_ms", "time of the last write", "ms"),
            real("ledger_ms", "time of the last transaction", "ms"),
            whole("notices_waiting", "notices not yet delivered"),
        ),
    ),
    *ROLLUPS,
)
