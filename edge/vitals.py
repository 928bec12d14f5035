"""The gateway's own readings: what it says of itself between access points and sensors."""

from typing import Final, NamedTuple

from edge.spool import Spool
from vocabulary.moment import Moment
from vocabulary.payload import Value
from vocabulary.units import NS_PER_S


class Vitals(NamedTuple):
    """What only the machine can tell; None where this machine cannot."""

    cpu_pct: float | None = None
    memory_bytes: int | None = None
    disk_free_bytes: int | None = None
    temperature_c: float | None = None
    sd_written_bytes: int | None = None


_HEARTBEAT: Final = ("gateway/uptime_s", "gateway/uplink_ok", "gateway/broker_ok")
_FULL: Final = (
    "gateway/clock_quality",
    "spool/backlog_records",
    "spool/backlog_bytes",
    "spool/oldest_age_s",
)


def node_metrics() -> list[str]:
    """Everything a gateway may say of itself, for its birth."""
    return [*_HEARTBEAT, *_FULL, *(f"gateway/{name}" for name in Vitals._fields)]


def heartbeat(*, started_ns: int, now: Moment, connected: bool) -> list[tuple[str, Value]]:
    """The short record of every beat: we are here, and whether we can be heard."""
    uptime_s = max(0, now.mono_ns - started_ns) // NS_PER_S
    return list(zip(_HEARTBEAT, (uptime_s, connected, connected), strict=True))


def full(vitals: Vitals, spool: Spool, now: Moment) -> list[tuple[str, Value]]:
    """The longer record, once a minute."""
    oldest_ns = spool.oldest_wall_ns
    age_s = 0 if oldest_ns is None else max(0, now.wall_ns - oldest_ns) // NS_PER_S
    numbers = (int(now.quality), spool.backlog_records, spool.backlog_bytes, age_s)
    rows: list[tuple[str, Value]] = list(zip(_FULL, numbers, strict=True))
    for name, value in zip(Vitals._fields, vitals, strict=True):
        if value is not None:
            rows.append((f"gateway/{name}", value))
    return rows
