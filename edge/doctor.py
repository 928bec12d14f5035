"""What is wrong with this gateway, whose fault it is, and what to do: judged from given facts.

Nothing is measured here, so every finding can be provoked in a test. Codes are those of the
manual; severities decide the exit code: a fatal finding 2, a degraded one 1, a note none.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from edge import doctor_serial
from edge.access_point_value import Reason
from edge.doctor_finding import Finding, Severity
from edge.serial_status import SensorStatus
from edge.source_state import SourceView, Status
from vocabulary.exit_codes import ExitCode
from vocabulary.units import S_PER_MIN

OLDEST_S_MAX: Final = 10 * S_PER_MIN
FREE_SHARE_MIN: Final = 0.10
FREE_BYTES_MIN: Final = 512 << 20
SYNC_S_MAX: Final = 1
REMEDIES: Final[dict[str, str]] = {
    Reason.RATE: "It sends rates: set StoreRates false in its collectd's mqtt plugin.",
    Reason.TOO_LONG: "Its messages are over 64 KiB: let it send totals, not lists.",
    Reason.SOURCE_TIME_OFF: "Its clock is more than five minutes off: let it ask a time server.",
    Reason.NOT_JSON: "It does not send JSON here: compare its format with [[source]].",
    Reason.NOT_COLLECTD: "It does not send collectd's format here: compare with [[source]].",
    Reason.NOT_SPARKPLUG: "It does not send Sparkplug here: compare with [[source]].",
    Reason.BAD_LINE: "It sends lines that are no line protocol: compare with [[source]].",
    Reason.NO_SUCH_PATH: "A path of [[source]] is not in its messages: compare both.",
    Reason.NOT_A_NUMBER: "A value is no number: give its words in [[source]], or another path.",
    Reason.OUT_OF_RANGE: "A value cannot be true: compare its unit with the one in [[source]].",
    Reason.TOO_MANY_TOPICS: "It uses more than 512 topics: narrow the topic in [[source]].",
    Reason.DROPPED: "It sends faster than the gateway reads: let it report less often.",
}
"""What to do about what a source's messages were refused for; the first that fits is shown."""


class Facts(msgspec.Struct, frozen=True):
    """What the gateway shows of itself; None where it could not be found out.

    ``agent`` are the numbers of its metrics page by name, None when the page does not answer.
    """

    agent: dict[str, float] | None = None
    sources: tuple[SourceView, ...] = ()
    strange_topics: dict[str, int] = {}
    configuration_faults: tuple[str, ...] = ()
    free_bytes: int | None = None
    total_bytes: int | None = None
    clock_synced: bool | None = None
    serial: tuple[SensorStatus, ...] = ()
    adapters: tuple[str, ...] = ()
    """Serial ports that this machine has, by stable path."""


class Report(msgspec.Struct, frozen=True):
    """All findings of one run."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> ExitCode:
        """2 for a fatal finding, 1 for a degraded one, else 0."""
        severities = {finding.severity for finding in self.findings}
        if Severity.FATAL in severities:
            return ExitCode.FATAL_FINDING
        return ExitCode.DEGRADED if Severity.DEGRADED in severities else ExitCode.FINE


def _configuration(facts: Facts) -> Iterator[Finding]:
    faults = facts.configuration_faults
    yield Finding(
        "E-SW-01",
        "configuration",
        Severity.FATAL if faults else Severity.FINE,
        "; ".join(faults) or "valid",
        "no fault, no unknown key",
        "Correct the lines named here, then run the doctor again." if faults else "",
    )


def _agent(facts: Facts) -> Iterator[Finding]:
    runs = facts.agent is not None
    yield Finding(
        "E-SW-02",
        "the agent",
        Severity.FINE if runs else Severity.FATAL,
        "running" if runs else "its metrics page does not answer",
        "running",
        "" if runs else "Start it: systemctl start lamplighter-gateway; then read its log.",
    )


def _card(facts: Facts) -> Iterator[Finding]:
    if facts.agent is None:
        return
    in_memory = facts.agent.get("spool_in_memory", 0) > 0
    yield Finding(
        "E-SD-02",
        "the card takes readings",
        Severity.FATAL if in_memory else Severity.FINE,
        "no: readings wait in memory only" if in_memory else "yes",
        "yes",
        "Look whether the card is full or read-only; if neither, replace it. Sampling goes on."
        if in_memory
        else "",
    )
    sync_s = facts.agent.get("spool_sync_seconds", 0)
    slow = sync_s > SYNC_S_MAX
    yield Finding(
        "E-SD-01",
        "pace of the card",
        Severity.DEGRADED if slow else Severity.FINE,
        f"{sync_s:.2f} s for the last group of readings",
        f"at most {SYNC_S_MAX} s",
        "Replace the card soon. Readings go on meanwhile; a power cut would cost more of them."
        if slow
        else "",
    )
    damaged = facts.agent.get("spool_torn_tails_total", 0)
    yield Finding(
        "E-SPL-01",
        "damage in the spool",
        Severity.NOTE if damaged else Severity.FINE,
        f"{damaged:.0f} torn tails cut since the start",
        "none, or a few after a power cut",
        "Nothing, unless they come without power cuts: then replace the card." if damaged else "",
    )


def _disk(facts: Facts) -> Iterator[Finding]:
    if facts.free_bytes is None or not facts.total_bytes:
        return
    floor_bytes = max(FREE_BYTES_MIN, FREE_SHARE_MIN * facts.total_bytes)
    low = facts.free_bytes < floor_bytes
    yield Finding(
        "E-DISK-01",
        "room on the disk",
        Severity.FATAL if low else Severity.FINE,
        f"{facts.free_bytes >> 20} MiB free",
        f"at least {int(floor_bytes) >> 20} MiB",
        "Delete what is not Lamplighter's; readings of low priority are given up meanwhile."
        if low
        else "",
    )


def _backlog(facts: Facts) -> Iterator[Finding]:
    if facts.agent is None:
        return
    old_s = facts.agent.get("spool_oldest_age_seconds", 0)
    waiting = old_s > OLDEST_S_MAX
    yield Finding(
        "E-SPL-02",
        "oldest reading not yet in the database",
        Severity.DEGRADED if waiting else Severity.FINE,
        f"{old_s:.0f} s old, {facts.agent.get('spool_records', 0):.0f} waiting",
        f"at most {OLDEST_S_MAX} s",
        "Check uplink and broker below; if both are up, call operations." if waiting else "",
    )
    lost = facts.agent.get("spool_lost_records_total", 0)
    yield Finding(
        "E-SPL-03",
        "readings given up since the start",
        Severity.DEGRADED if lost else Severity.FINE,
        f"{lost:.0f}",
        "0",
        "The uplink was away for longer than the spool lasts, or the card is failing."
        if lost
        else "",
    )


def _uplink(facts: Facts) -> Iterator[Finding]:
    if facts.agent is None:
        return
    up = facts.agent.get("uplink_up", 0) > 0
    yield Finding(
        "E-MQ-01",
        "connection to the city's broker",
        Severity.FINE if up else Severity.DEGRADED,
        "up" if up else "down",
        "up",
        "" if up else "Check cable and address; the agent's log says what the broker answered.",
    )
    answered = facts.agent.get("commits_total", 0) > 0
    yield Finding(
        "E-E2E-01",
        "the host has confirmed readings",
        Severity.FINE if answered or not up else Severity.DEGRADED,
        "yes" if answered else "not since the start",
        "yes",
        "" if answered or not up else "Is this gateway in the inventory? Call operations.",
    )


def _clock(facts: Facts) -> Iterator[Finding]:
    if facts.clock_synced is None:
        return
    yield Finding(
        "E-TIME-01",
        "clock",
        Severity.FINE if facts.clock_synced else Severity.NOTE,
        "synchronised" if facts.clock_synced else "nobody keeps it right",
        "synchronised",
        "" if facts.clock_synced else "Allow time servers (UDP 123); until then the host helps.",
    )


def _said_of(source: SourceView) -> str:
    values = ", ".join(f"{name} {value:g}" for name, value in sorted(source.values.items()))
    last = "never heard" if source.age_s < 0 else f"{source.age_s:.0f} s ago: {values}"
    refused = ", ".join(f"{reason} {count}" for reason, count in sorted(source.refused.items()))
    status = f"; it said it is {source.status}" if source.status == Status.OFFLINE else ""
    return f"{last}{status}; refused: {refused or 'nothing'}"


def _remedy_of(source: SourceView) -> str:
    for reason, remedy in REMEDIES.items():
        if source.refused.get(reason):
            return remedy
    if source.age_s < 0:
        return "Does it publish on this topic, and may it? Compare with the topics nobody reads."
    return "Is it powered and connected? If so: does it still publish on this topic?"


def _sources(facts: Facts) -> Iterator[Finding]:
    """Each source: last values, their age, what was refused."""
    for source in facts.sources:
        silent = not 0 <= source.age_s <= source.max_age_s or source.status == Status.OFFLINE
        severity = Severity.NOTE if source.refused else Severity.FINE
        yield Finding(
            "E-AP-01",
            f"access point {source.ap_id} ({source.format}, {source.topic})",
            Severity.DEGRADED if silent else severity,
            _said_of(source),
            f"a value within {source.max_age_s:.0f} s, nothing refused",
            _remedy_of(source) if silent or source.refused else "",
        )
    if facts.strange_topics:
        names = sorted(facts.strange_topics.items(), key=lambda one: (-one[1], one[0]))
        yield Finding(
            "E-AP-02",
            "topics that nobody reads",
            Severity.NOTE,
            ", ".join(f"{topic} ({count})" for topic, count in names),
            "none",
            "Correct the topic in the access point or in [[source]]; else narrow [local] watch.",
        )


def _serial(facts: Facts) -> Iterator[Finding]:
    yield from doctor_serial.findings(facts.serial, facts.adapters)


CHECKS: Final[tuple[Callable[[Facts], Iterator[Finding]], ...]] = (
    _configuration,
    _agent,
    _card,
    _disk,
    _backlog,
    _uplink,
    _clock,
    _sources,
    _serial,
)


def examine(facts: Facts) -> Report:
    """Judge every fact that is known."""
    return Report(tuple(finding for check in CHECKS for finding in check(facts)))
