"""What is wrong with this gateway, whose fault it is, and what to do: judged from given facts.

Nothing is measured here, so every finding can be provoked in a test. Codes are those of the
manual; severities decide the exit code: a fatal finding 2, a degraded one 1, a note none.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from edge import doctor_serial
from edge.doctor_finding import Finding, Severity
from edge.serial_status import SensorStatus
from vocabulary.exit_codes import ExitCode
from vocabulary.units import S_PER_MIN

OLDEST_S_MAX: Final = 10 * S_PER_MIN
FREE_SHARE_MIN: Final = 0.10
FREE_BYTES_MIN: Final = 512 << 20


class Facts(msgspec.Struct, frozen=True):
    """What the gateway shows of itself; None where it could not be found out.

    ``agent`` are the numbers of its metrics page by name, None when the page does not answer.
    """

    agent: dict[str, float] | None = None
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
    _serial,
)


def examine(facts: Facts) -> Report:
    """Judge every fact that is known."""
    return Report(tuple(finding for check in CHECKS for finding in check(facts)))
