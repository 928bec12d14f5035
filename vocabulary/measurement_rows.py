"""What the host itself writes into InfluxDB, row by row; `measurements.py` adds the catalogue.

One row per field, with its unit and its meaning: the schema, its page and the boards are made from
these. Rollups are computed by the processor and written as measurements of their own; nothing is
left to the database.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class FieldType(StrEnum):
    """Types of InfluxDB fields that we use."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    STRING = "string"


class Store(StrEnum):
    """Where a measurement is kept, which says how long; a suffix of the database's name."""

    RAW = ""
    USAGE = "usage"
    HOURS = "hours"


class Column(NamedTuple):
    """One field of one measurement."""

    name: str
    kind: FieldType
    unit: str
    meaning: str


class OwnRow(NamedTuple):
    """One measurement of ours."""

    name: str
    store: Store
    tags: tuple[str, ...]
    meaning: str
    columns: tuple[Column, ...]


_I, _F, _B, _S = FieldType.INTEGER, FieldType.FLOAT, FieldType.BOOLEAN, FieldType.STRING
_AP: Final = ("ap", "area", "gateway", "site")
_GATEWAY: Final = ("area", "gateway", "site")


def _whole(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, _I, unit, meaning)


def _real(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, _F, unit, meaning)


def _truth(name: str, meaning: str) -> Column:
    return Column(name, _B, "", meaning)


def _text(name: str, meaning: str) -> Column:
    return Column(name, _S, "", meaning)


_USAGE: Final = (
    _whole("device_ms", "associated devices, integrated over time", "ms"),
    _whole("rx_bytes", "bytes received from clients in that hour", "bytes"),
    _whole("tx_bytes", "bytes sent to clients in that hour", "bytes"),
    _whole("expected_device_ms", "what this hour of the week usually brings", "ms"),
    _whole("lost_device_ms", "device time that outages cost, estimated", "ms"),
    _whole("weekday", "day of the hour's local week, Monday is 1"),
    _whole("hour", "hour of the local day, 0 to 23"),
)
_SERVICE: Final = (
    _whole("listed_ms", "access-point time in service hours, maintenance left out", "ms"),
    _whole("up_ms", "service seen to be up", "ms"),
    _whole("down_ms", "service seen to be down", "ms"),
    _whole("unobserved_ms", "nobody could have seen it", "ms"),
    _whole("maintenance_ms", "announced work, in no other column", "ms"),
    _whole("lost_device_ms", "device time that outages cost, estimated", "ms"),
    _whole("outages", "outages of a minute or more that began in that hour"),
)
_INDICES: Final = (
    _real("availability_low_pct", "share of time up, unobserved time taken as down", "pct"),
    _real("availability_high_pct", "share of time up, unobserved time taken as up", "pct"),
    _real("observed_pct", "share of time that was observed", "pct"),
    _real("w_saidi_low_min", "minutes down per site, weighted by usage; unobserved is up", "min"),
    _real("w_saidi_high_min", "the same; unobserved is down", "min"),
    _real("w_saifi", "outages over five minutes per site, weighted by usage"),
    _real("w_caidi_min", "minutes down of such an outage", "min"),
    _real("w_maifi", "outages of one to five minutes per site"),
    _real("cemi3_pct", "share of sites with three or more outages in 30 days", "pct"),
    _real("detect_s", "median time from onset to our saying so", "s"),
    _real("restore_s", "median length of an outage over five minutes", "s"),
    _real("lost_device_h", "device-hours that outages cost, estimated", "h"),
    _whole("outages", "outages of a minute or more"),
    _whole("sites", "sites that counted"),
    _truth("major_event", "the day is a major-event day (IEEE 1366, 2.5 beta)"),
    _truth("provisional", "late records may still change it"),
)

OWN: Final[tuple[OwnRow, ...]] = (
    OwnRow(
        "wifi_usage",
        Store.RAW,
        _AP,
        "usage of an access point since its point before",
        (
            _whole("device_ms", "associated devices, integrated over time", "ms"),
            _whole("unobserved_ms", "time for which nothing is known", "ms"),
            _whole("rx_delta_bytes", "bytes received from clients", "bytes"),
            _whole("tx_delta_bytes", "bytes sent to clients", "bytes"),
        ),
    ),
    OwnRow("wifi_check", Store.RAW, _AP, "proofs of life and active checks", ()),
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
        _GATEWAY,
        "what changes rarely: written when it changes, and daily",
        (
            _text("agent_version", "version of the agent"),
            _text("doctor_worst", "the doctor's worst finding, by its code; empty if none"),
            _whole("doctor_findings", "how many findings the doctor has"),
            _real("card_used_pct", "share of the card's write budget that is spent", "pct"),
            _real("certificate_left_d", "days until the certificate ends", "d"),
        ),
    ),
    OwnRow(
        "node_state",
        Store.RAW,
        ("ap", "area", "gateway", "level", "site"),
        "a node's state, written when it changes",
        (
            _text("state", "up, suspect, down, unknown, degraded, flapping or maintenance"),
            _text("service", "what a resident gets: up, down or unknown"),
            _text("reason", "why we say so"),
        ),
    ),
    OwnRow(
        "state_count",
        Store.RAW,
        ("area", "level"),
        "how many nodes are in which state, on change and every ten minutes",
        (
            _whole("listed", "nodes in the inventory"),
            _whole("up", "nodes up or suspect"),
            _whole("down", "nodes down"),
            _whole("unobserved", "nodes that nobody can see now"),
            _whole("degraded", "nodes degraded or flapping"),
            _whole("maintenance", "nodes under announced work"),
        ),
    ),
    OwnRow(
        "city_count",
        Store.RAW,
        ("level",),
        "the same of the whole city, so that a wall asks one series",
        (
            _whole("listed", "nodes in the inventory"),
            _whole("up", "nodes up or suspect"),
            _whole("down", "nodes down"),
            _whole("unobserved", "nodes that nobody can see now"),
            _whole("degraded", "nodes degraded or flapping"),
            _whole("maintenance", "nodes under announced work"),
        ),
    ),
    OwnRow(
        "site_now",
        Store.RAW,
        ("area", "site"),
        "a site as a whole, on change and every hour",
        (
            _text("name", "the site's name in the inventory"),
            _text("kind", "the site's kind in the inventory"),
            _text("state", "working, partly, dark or unknown: of its access points' service"),
            _whole("code", "the same as a number: 0 working, 1 partly, 2 dark, 3 unknown"),
            _real("lat", "latitude, WGS 84", "deg"),
            _real("lon", "longitude, WGS 84", "deg"),
            _whole("listed", "access points in the inventory"),
            _whole("down", "access points without service"),
            _whole("unobserved", "access points that nobody can see now"),
        ),
    ),
    OwnRow(
        "outage",
        Store.RAW,
        # the cause is a field: a revision changes it, and a changed tag would leave a second point
        ("ap", "area", "gateway", "level", "site"),
        "a row of the ledger at its start; a revision writes over it",
        (
            _text("cause", "what broke"),
            _whole("duration_ms", "how long it lasted; absent while it lasts", "ms"),
            _whole("end_ms", "when it ended; absent while it lasts", "ms"),
            _text("incident", "the incident it belongs to"),
            _text("state", "down, unobserved, observed_up or withdrawn"),
            _text("status", "provisional, amended or final"),
            _whole("version", "which revision this is"),
        ),
    ),
    OwnRow(
        "incident",
        Store.RAW,
        # of the node blamed first, whose time and name are the incident's id: they never change
        ("ap", "area", "gateway", "level", "site"),
        "an incident at the time in its id; a revision writes over it",
        (
            _text("incident", "its id"),
            _text("node", "what is blamed now"),
            _text("place", "the site's or feeder's name"),
            _text("cause", "what broke"),
            _text("alt_cause", "what else it may be; empty if nothing comes near"),
            _whole("cause_code", "the cause as a number, see the page of alert rules"),
            _whole("start_ms", "when it began, as known now", "ms"),
            _whole("end_ms", "when it ended; 0 while it lasts", "ms"),
            _whole("declared_ms", "when we said so", "ms"),
            _whole("is_open", "1 while it lasts, else 0"),
            _whole("is_muted", "1 if maintenance or a merge keeps it from people, else 0"),
            _whole("affected", "access points it took along"),
            _whole("sites", "sites it took along"),
            _real("lost_device_h", "device-hours it cost so far, estimated", "h"),
            _real("observed_pct", "share of its time that was observed", "pct"),
            _real("p_down", "how sure we are", "share"),
            _whole("version", "which revision this is"),
        ),
    ),
    OwnRow(
        "incident_revision",
        Store.RAW,
        ("ap", "area", "gateway", "level", "site"),
        "every version of an incident, at the time it was written",
        (
            _text("incident", "its id"),
            _text("node", "what was blamed then"),
            _text("cause", "what broke, as thought then"),
            _whole("version", "which revision"),
            _whole("affected", "access points it took along"),
            _whole("is_open", "1 while it lasted, else 0"),
        ),
    ),
    OwnRow(
        "evidence",
        Store.RAW,
        ("ap", "area", "gateway", "level", "site"),
        "why a node is suspected: evidence by route, while it is suspected",
        (
            _real("passive_nats", "from missed beats", "nats"),
            _real("confirm_nats", "from probes", "nats"),
            _real("session_nats", "from the session's end", "nats"),
            _real("threshold_nats", "what it takes to say down", "nats"),
        ),
    ),
    OwnRow(
        "completeness",
        Store.RAW,
        _GATEWAY,
        "what became of a gateway's records since its beginning",
        tuple(
            _whole(name, meaning, "records")
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
            _whole("readings", "readings taken in since its start"),
            _real("lag_ms", "from arrival to judgement", "ms"),
            _real("unobserved_share", "share of access points nobody can see", "share"),
            _truth("ready", "it judges; false while it learns or catches up"),
        ),
    ),
    OwnRow(
        "host",
        Store.RAW,
        (),
        "the host about itself, once a minute",
        (
            _truth("broker_up", "the connection to the broker stands"),
            _truth("database_up", "the last write was stored"),
            _whole("pending_bytes", "what waits for the database", "bytes"),
            _whole("gateways_alive", "gateways with a session"),
            _whole("gateways_listed", "gateways in the inventory"),
            _whole("lines_stored", "lines stored since its start"),
            _whole("dead_letters", "lines that the database refused since its start"),
            _whole("refused", "messages refused since its start"),
            _whole("shed", "messages turned away since its start"),
            _real("write_ms", "time of the last write", "ms"),
            _real("ledger_ms", "time of the last transaction", "ms"),
            _whole("notices_waiting", "notices not yet delivered"),
        ),
    ),
    OwnRow(
        "usage_hour",
        Store.USAGE,
        _AP,
        "usage of an access point, by hour",
        (*_USAGE[:5], _whole("clients_max", "most devices at once")),
    ),
    OwnRow(
        "usage_area_hour",
        Store.USAGE,
        ("area", "kind"),
        "usage by area and kind of site, by hour",
        _USAGE,
    ),
    OwnRow(
        "usage_kind_hour",
        Store.USAGE,
        ("kind",),
        "usage of the whole city by kind of site, by hour",
        _USAGE,
    ),
    OwnRow(
        "service_hour",
        Store.HOURS,
        _AP,
        "service of an access point, by hour",
        _SERVICE,
    ),
    OwnRow("service_area_hour", Store.HOURS, ("area",), "service by area, by hour", _SERVICE),
    OwnRow(
        "service_day",
        Store.HOURS,
        ("area", "fifth"),
        "indices of a day: of an area, of a fifth of the city, or without either of the whole",
        _INDICES,
    ),
    OwnRow(
        "equity",
        Store.HOURS,
        ("fifth",),
        "fifths of the city side by side over 30 days; written daily",
        (
            _real("restore_s", "mean restore time on a logarithmic scale", "s"),
            _real("restore_low_s", "lower end of its 95 % interval over sites", "s"),
            _real("restore_high_s", "upper end", "s"),
            _real("availability_low_pct", "taking every unobserved minute as down", "pct"),
            _real("availability_high_pct", "taking every unobserved minute as up", "pct"),
            _real("observed_pct", "share of time that was observed", "pct"),
            _real("lost_device_h", "device-hours that outages cost, estimated", "h"),
            _whole("outages", "outages over five minutes"),
            _whole("sites", "sites"),
            _truth("enough", "ten outages and two sites or more, so a rate may be shown"),
            _real("p_value", "chance of such a difference among equal fifths", "share"),
        ),
    ),
    OwnRow(
        "check_hour",
        Store.HOURS,
        ("ap", "area", "gateway", "site", "stage"),
        "active checks by stage, by hour",
        (
            _whole("tried", "checks that came as far as this stage"),
            _whole("passed", "checks that passed it"),
            _real("p50_ms", "median time of those that passed", "ms"),
        ),
    ),
    OwnRow(
        "gateway_hour",
        Store.HOURS,
        _GATEWAY,
        "a gateway's vitals, by hour",
        (
            _whole("backlog_records_max", "most records not yet committed", "records"),
            _whole("oldest_age_max_s", "greatest age of such a record", "s"),
            _whole("dropped_records", "records declared lost in that hour", "records"),
            _real("clock_offset_max_ms", "greatest distance of its clock, either way", "ms"),
            _whole("unsynced_ms", "time without a clock to trust", "ms"),
            _real("temperature_max_c", "hottest", "c"),
            _whole("sd_written_bytes", "bytes written to the card in that hour", "bytes"),
            _whole("crc_errors", "frames whose check failed, all serial ports"),
            _whole("on_battery_ms", "time without mains", "ms"),
            _whole("silent_ms", "time without a word from it", "ms"),
        ),
    ),
    OwnRow(
        "detector_day",
        Store.HOURS,
        ("level",),
        "how good the detector was over 30 days, by level; written daily",
        (
            _whole("declared", "incidents declared"),
            _whole("withdrawn", "of these, taken back"),
            _real("false_predicted", "false alarms per node-year, predicted from evidence"),
            _real("false_observed", "false alarms per node-year, as records turned out"),
            _real("delay_p50_s", "median time from onset to declaration", "s"),
            _real("delay_p95_s", "95 % were declared within", "s"),
            _real("delay_p99_s", "99 % were declared within", "s"),
            _real("cause_first_pct", "share whose first cause was the final one", "pct"),
            _real("node_years", "how long nodes were watched", "years"),
        ),
    ),
)
