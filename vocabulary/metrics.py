"""The metric catalogue: every quantity Lamplighter knows, one row each.

Docs, dashboards, the payload types and the database fields are all read from this table. No row
has room for a client's address: values are numbers and truth values, never text.
"""

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from vocabulary.payload import Datatype
from vocabulary.units import INT64_MAX


class Kind(StrEnum):
    """How values of a metric follow one another."""

    GAUGE = "gauge"
    COUNTER = "counter"
    STATE = "state"
    EVENT = "event"


class Metric(NamedTuple):
    """One row. ``low`` and ``high`` are the closed range outside which a value is refused."""

    name: str
    unit: str
    kind: Kind
    datatype: Datatype
    low: float
    high: float
    meaning: str

    @property
    def family(self) -> str:
        """What stands before the slash: which database measurement it belongs to."""
        return self.name.split("/", 1)[0]

    @property
    def quantity(self) -> str:
        """What stands behind the slash."""
        return self.name.split("/", 1)[1]


_I, _L = Datatype.INT32, Datatype.INT64
_D, _B = Datatype.DOUBLE, Datatype.BOOLEAN
_G, _C, _S = Kind.GAUGE, Kind.COUNTER, Kind.STATE

_ROWS: Final[list[Metric]] = [
    Metric("wifi/ok", "", _S, _B, 0, 1, "the access point answered its gateway in this beat"),
    Metric("wifi/seq", "", _C, _L, 0, 2**32 - 1, "number of this beat, counted by the gateway"),
    Metric("wifi/clients", "", _G, _I, 0, 2_048, "devices associated now"),
    Metric("wifi/rx_bytes", "bytes", _C, _L, 0, INT64_MAX, "bytes received from clients"),
    Metric("wifi/tx_bytes", "bytes", _C, _L, 0, INT64_MAX, "bytes sent to clients"),
    Metric("wifi/auth_failures", "", _C, _L, 0, INT64_MAX, "refused associations"),
    Metric("wifi/retries", "", _C, _L, 0, INT64_MAX, "retransmitted frames"),
    Metric("wifi/uptime_s", "s", _C, _L, 0, 2**32 - 1, "time since the access point started"),
    Metric(
        "wifi/channel_utilisation_pct", "pct", _G, _D, 0, 100, "share of time the channel is busy"
    ),
    Metric("wifi/noise_dbm", "dbm", _G, _D, -120, 0, "noise floor of the radio"),
    Metric("check/stage_reached", "", _S, _I, 0, 7, "last stage of an active check that passed"),
    Metric("check/associate_ms", "ms", _G, _D, 0, 60_000, "time to associate"),
    Metric("check/dhcp_ms", "ms", _G, _D, 0, 60_000, "time to a lease"),
    Metric("check/dns_ms", "ms", _G, _D, 0, 60_000, "time to a DNS answer"),
    Metric("check/portal_ms", "ms", _G, _D, 0, 60_000, "time to the portal's page"),
    Metric("check/internet_ms", "ms", _G, _D, 0, 60_000, "time to the signed page"),
    Metric("check/rtt_ms", "ms", _G, _D, 0, 60_000, "round trip to the probe server"),
    Metric("check/loss_pct", "pct", _G, _D, 0, 100, "share of probes unanswered"),
    Metric("check/throughput_mbps", "mbps", _G, _D, 0, 100_000, "rate of the test download"),
    Metric("check/ipv6_ok", "", _S, _B, 0, 1, "the Internet was reached over IPv6"),
    Metric("air/pm2_5_ugm3", "ugm3", _G, _D, 0, 1_000, "particles up to 2.5 micrometres"),
    Metric("air/pm10_ugm3", "ugm3", _G, _D, 0, 2_000, "particles up to 10 micrometres"),
    Metric("air/co2_ppm", "ppm", _G, _D, 0, 50_000, "carbon dioxide"),
    Metric("env/temperature_c", "c", _G, _D, -60, 100, "air temperature"),
    Metric("env/humidity_pct", "pct", _G, _D, 0, 100, "relative humidity"),
    Metric("env/pressure_hpa", "hpa", _G, _D, 300, 1_200, "air pressure"),
    Metric("env/noise_dba", "dba", _G, _D, 0, 160, "sound level"),
    Metric("power/voltage_v", "v", _G, _D, 0, 1_000, "mains or battery voltage"),
    Metric("power/current_a", "a", _G, _D, -1_000, 1_000, "current"),
    Metric("power/active_power_w", "w", _G, _D, -1e6, 1e6, "active power"),
    Metric("power/energy_wh", "wh", _C, _D, 0, 1e12, "energy since installation"),
    Metric("power/frequency_hz", "hz", _G, _D, 0, 100, "mains frequency"),
    Metric("power/power_factor", "", _G, _D, -1, 1, "power factor"),
    Metric("gnss/lat_deg", "deg", _G, _D, -90, 90, "latitude, WGS 84"),
    Metric("gnss/lon_deg", "deg", _G, _D, -180, 180, "longitude, WGS 84"),
    Metric("gnss/fix", "", _S, _I, 0, 8, "kind of fix, 0 none"),
    Metric("gnss/hdop", "", _G, _D, 0, 100, "horizontal dilution of precision"),
    Metric("gnss/satellites", "", _G, _I, 0, 99, "satellites in use"),
    Metric("gateway/cpu_pct", "pct", _G, _D, 0, 100, "share of one core used by the agent"),
    Metric("gateway/memory_bytes", "bytes", _G, _L, 0, INT64_MAX, "resident memory of the agent"),
    Metric("gateway/temperature_c", "c", _G, _D, -60, 150, "temperature of the processor"),
    Metric("gateway/under_voltage", "", _S, _B, 0, 1, "the supply sagged since boot"),
    Metric("gateway/disk_free_bytes", "bytes", _G, _L, 0, INT64_MAX, "room left for the spool"),
    Metric("gateway/sd_written_bytes", "bytes", _C, _L, 0, INT64_MAX, "bytes written to the card"),
    Metric("gateway/clock_offset_ms", "ms", _G, _D, -1e15, 1e15, "our clock minus true time"),
    Metric("gateway/clock_quality", "", _S, _I, 0, 2, "0 synced, 1 recovered, 2 unsynced"),
    Metric("gateway/uptime_s", "s", _C, _L, 0, 2**32 - 1, "time since the agent started"),
    Metric("gateway/uplink_ok", "", _S, _B, 0, 1, "the link to the broker is up"),
    Metric("gateway/broker_ok", "", _S, _B, 0, 1, "the broker accepted us"),
    Metric("gateway/on_battery", "", _S, _B, 0, 1, "mains power is gone"),
    Metric("spool/backlog_records", "records", _G, _L, 0, INT64_MAX, "records not yet committed"),
    Metric("spool/backlog_bytes", "bytes", _G, _L, 0, INT64_MAX, "bytes not yet committed"),
    Metric("spool/oldest_age_s", "s", _G, _L, 0, INT64_MAX, "age of the oldest such record"),
    Metric("spool/dropped_records", "records", _C, _L, 0, INT64_MAX, "records declared lost"),
    Metric("link/frames", "", _C, _L, 0, INT64_MAX, "good frames from this serial port"),
    Metric("link/crc_errors", "", _C, _L, 0, INT64_MAX, "frames whose check failed"),
    Metric("link/resyncs", "", _C, _L, 0, INT64_MAX, "times the reader lost its place"),
    Metric("link/reopens", "", _C, _L, 0, INT64_MAX, "times the port was opened again"),
    Metric("link/refused", "", _C, _L, 0, INT64_MAX, "units and values that were not believed"),
    Metric("link/timeouts", "", _C, _L, 0, INT64_MAX, "questions that were not answered"),
    Metric("link/no_reading_s", "s", _G, _D, 0, 1e9, "time since the last reading"),
    Metric("link/silence_s", "s", _G, _D, 0, 1e9, "time since the last good frame"),
]

CATALOGUE: Final[dict[str, Metric]] = {row.name: row for row in _ROWS}
"""Name -> row, in the order of the table."""

MetricCode = IntEnum("MetricCode", {row.name: ix for ix, row in enumerate(_ROWS)})  # type: ignore[misc]
"""Dense number of each metric, for columns. Numbers are local to a process, never stored."""


def code_of(name: str) -> int:
    """The dense number of a catalogue metric; KeyError for a stranger."""
    return MetricCode[name].value


def in_range(metric: Metric, value: float) -> bool:
    """Whether a value can be true; NaN never is. Ranges refuse, they never clip."""
    return metric.low <= value <= metric.high
