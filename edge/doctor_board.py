"""What is wrong with the board, its identity and its way to the city: judged from given facts.

As in ``doctor.py`` nothing is measured here. A fact that could not be found out is None, and is
not judged: what a board does not have is no fault of it.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from edge.doctor_finding import Finding, Severity
from edge.identity import DAYS_LEFT_MIN

SOC_C_MAX: Final = 80.0
CARD_SHARE_MAX: Final = 0.80
DNS_S_MAX: Final = 2.0
CONNECT_S_MAX: Final = 2.0
LOSSES_MAX: Final = 2
INODES_SHARE_MIN: Final = 0.05


class Reached(msgspec.Struct, frozen=True):
    """A server that was asked: the code of what went wrong (empty if nothing), and how long."""

    place: str
    code: str = ""
    found: str = ""
    expected: str = ""
    seconds: float = 0.0


class Board(msgspec.Struct, frozen=True):
    """What the machine shows of itself; None where it could not be found out."""

    under_voltage: bool | None = None
    soc_c: float | None = None
    watchdog: str | None = None
    card_share: float | None = None
    inodes_share: float | None = None
    wall_s: int | None = None
    wall_floor_s: int | None = None
    has_rtc: bool | None = None
    enrolled: bool | None = None
    mode_faults: tuple[str, ...] = ()
    identity_faults: tuple[str, ...] = ()
    days_left: int | None = None
    renew_timer: str | None = None
    carriers: tuple[str, ...] | None = None
    has_route: bool | None = None
    dns: tuple[Reached, ...] = ()
    broker: Reached | None = None
    broker_says: str | None = None
    host_online: bool | None = None
    uplink_losses: int | None = None
    ports_missing: tuple[str, ...] | None = None
    open_secrets: tuple[str, ...] | None = None
    too_slow: tuple[str, ...] = ()
    """Questions that gave no answer in their time."""


class _Rule:
    """One finding in the making: fine unless something says otherwise."""

    def __init__(self, code: str, what: str, expected: str, remedy: str) -> None:
        self._code, self._what, self._expected, self._remedy = code, what, expected, remedy

    def __call__(self, found: str, bad: bool, severity: Severity) -> Finding:
        return Finding(
            self._code,
            self._what,
            severity if bad else Severity.FINE,
            found,
            self._expected,
            self._remedy if bad else "",
        )


def _power(board: Board) -> Iterator[Finding]:
    if board.under_voltage is not None:
        rule = _Rule("E-PWR-01", "supply", "no under-voltage", "Official supply, short cable.")
        found = "under-voltage since boot" if board.under_voltage else "steady"
        yield rule(found, board.under_voltage, Severity.DEGRADED)
    if board.soc_c is not None:
        rule = _Rule("E-PWR-02", "temperature", f"below {SOC_C_MAX:g} °C", "Shade, or more air.")
        yield rule(f"{board.soc_c:.0f} °C", board.soc_c >= SOC_C_MAX, Severity.DEGRADED)
    if board.watchdog is not None:
        remedy = "Install the 50- drop-in of this package, then: systemctl daemon-reexec."
        rule = _Rule("E-PWR-03", "hardware watchdog", "armed", remedy)
        off = board.watchdog in ("0", "", "off", "infinity")
        yield rule("not armed" if off else board.watchdog, off, Severity.DEGRADED)


def _card(board: Board) -> Iterator[Finding]:
    if board.card_share is not None:
        rule = _Rule("E-SD-03", "wear of the card", "below 80 % of its budget", "Plan a new card.")
        worn = board.card_share >= CARD_SHARE_MAX
        yield rule(f"{100 * board.card_share:.0f} % of its budget", worn, Severity.NOTE)
    if board.inodes_share is not None:
        remedy = "Find the directory with very many files: df -i, then du --inodes."
        rule = _Rule("E-DISK-01", "room for files", "at least 5 % of inodes free", remedy)
        low = board.inodes_share < INODES_SHARE_MIN
        yield rule(f"{100 * board.inodes_share:.0f} % of inodes free", low, Severity.FATAL)


def _time(board: Board) -> Iterator[Finding]:
    if board.wall_s is not None and board.wall_floor_s is not None:
        remedy = "Allow time servers (UDP 123), or set it: sudo date -s '2026-01-31 12:00'."
        rule = _Rule("E-TIME-03", "date", "not before our own certificate", remedy)
        early = board.wall_s < board.wall_floor_s
        yield rule("before our own certificate" if early else "plausible", early, Severity.FATAL)
    if board.has_rtc is not None:
        rule = _Rule("E-TIME-04", "battery clock", "present", "A DS3231 keeps time over outages.")
        yield rule("present" if board.has_rtc else "none", not board.has_rtc, Severity.NOTE)


def _identity(board: Board) -> Iterator[Finding]:
    if board.enrolled is None:
        return
    if not board.enrolled:
        remedy = "Run: sudo lamplighter gateway provision, with a code from operations."
        rule = _Rule("E-ID-02", "certificate", "enrolled", remedy)
        yield rule("this gateway is not enrolled", True, Severity.FATAL)
        return
    rule = _Rule("E-ID-01", "secrets", "for their owner only", "doctor --fix takes rights away.")
    found = "; ".join(board.mode_faults) or "for their owner only"
    yield rule(found, bool(board.mode_faults), Severity.FATAL)
    days = board.days_left
    faults = list(board.identity_faults)
    if days is not None and days < 0:
        faults.append(f"it ran out {-days} days ago")
    remedy = "Run: sudo lamplighter gateway renew --now; readings are kept meanwhile."
    rule = _Rule("E-ID-02", "certificate", f"ours, more than {DAYS_LEFT_MIN} days left", remedy)
    low = days is not None and days <= DAYS_LEFT_MIN
    found = "; ".join(faults) or f"{days} days left"
    yield rule(found, bool(faults) or low, Severity.FATAL if faults else Severity.DEGRADED)
    if board.renew_timer is not None:
        remedy = "doctor --fix starts it, or: systemctl enable --now lamplighter-renew.timer."
        rule = _Rule("E-ID-03", "renewal timer", "active", remedy)
        yield rule(board.renew_timer, board.renew_timer != "active", Severity.DEGRADED)


def _network(board: Board) -> Iterator[Finding]:
    if board.carriers is not None:
        rule = _Rule("E-NET-11", "cable and route", "a carrier and a default route", "Check both.")
        if not board.carriers:
            yield rule("no interface has a carrier", True, Severity.FATAL)
        else:
            lost = board.has_route is False
            found = f"{', '.join(board.carriers)}; {'no' if lost else 'a'} default route"
            yield rule(found, lost, Severity.FATAL)
    for row in board.dns:
        remedy = f"Is {row.place} the right name server for this network?"
        rule = _Rule("E-NET-13", f"name server {row.place}", f"within {DNS_S_MAX:g} s", remedy)
        bad = bool(row.code) or row.seconds > DNS_S_MAX
        yield rule(row.found or f"{row.seconds:.2f} s", bad, Severity.DEGRADED)
    if len(board.dns) > 0 and all(row.code for row in board.dns):
        remedy = "Check the way to them, or name another one."
        rule = _Rule("E-NET-13", "name servers", "at least one answers", remedy)
        yield rule("none answers", True, Severity.FATAL)


def _broker(board: Board) -> Iterator[Finding]:
    row = board.broker
    if row is not None:
        code = row.code or "E-MQ-01"
        remedy = "Read docs/field for this code; readings are kept meanwhile."
        rule = _Rule(code, "way to the broker", row.expected or f"{CONNECT_S_MAX:g} s", remedy)
        slow = not row.code and row.seconds > CONNECT_S_MAX
        severity = Severity.DEGRADED if slow else Severity.FATAL
        yield rule(row.found or f"{row.seconds:.2f} s", bool(row.code) or slow, severity)
    if board.broker_says is not None:
        remedy = "Operations: is this id retired, or the broker's authority another one?"
        rule = _Rule("E-MQ-02", "our certificate at the broker", "a welcome", remedy)
        yield rule(board.broker_says or "welcome", bool(board.broker_says), Severity.FATAL)
    if board.uplink_losses is not None:
        remedy = "Is there a copy of this card? Then take one out of service, and tell operations."
        expected = f"at most {LOSSES_MAX} in ten minutes"
        rule = _Rule("E-MQ-03", "connections that broke", expected, remedy)
        many = board.uplink_losses > LOSSES_MAX
        found = f"{board.uplink_losses} in ten minutes"
        found += ": the link is bad, or somebody else has our name" if many else ""
        yield rule(found, many, Severity.FATAL)
    if board.host_online is not None:
        rule = _Rule("E-MQ-06", "the city's host", "online", "Call operations.")
        found = "online" if board.host_online else "it says that it is offline"
        yield rule(found, not board.host_online, Severity.DEGRADED)


def _serial(board: Board) -> Iterator[Finding]:
    if board.ports_missing is not None:
        remedy = "Push the plug until it clicks; then look again."
        rule = _Rule("E-SER-01", "serial adapters", "all that are configured", remedy)
        found = "; ".join(board.ports_missing) or "all there"
        yield rule(found, bool(board.ports_missing), Severity.FATAL)


def _secrets(board: Board) -> Iterator[Finding]:
    if board.open_secrets is not None:
        remedy = "doctor --fix takes rights away; if others had access, change the secret."
        rule = _Rule("E-SEC-01", "files with secrets", "for their owner only", remedy)
        found = "; ".join(board.open_secrets) or "closed"
        yield rule(found, bool(board.open_secrets), Severity.DEGRADED)


def _patience(board: Board) -> Iterator[Finding]:
    for name in board.too_slow:
        remedy = "Run the doctor again; if it stays, restart the gateway's board."
        rule = _Rule("E-SW-03", f"the question about {name}", "an answer within 10 s", remedy)
        yield rule(f"{name} did not answer within 10 s", True, Severity.DEGRADED)


CHECKS: Final[tuple[Callable[[Board], Iterator[Finding]], ...]] = (
    _power,
    _card,
    _time,
    _identity,
    _network,
    _broker,
    _serial,
    _secrets,
    _patience,
)

GROUPS: Final = {
    "power": ("E-PWR",),
    "storage": ("E-SD", "E-DISK", "E-SPL"),
    "time": ("E-TIME",),
    "identity": ("E-ID", "E-SEC"),
    "network": ("E-NET",),
    "broker": ("E-MQ", "E-E2E"),
    "serial": ("E-SER",),
    "wifi": ("E-WIFI",),
    "software": ("E-SW",),
}


def examine_board(board: Board) -> tuple[Finding, ...]:
    """Judge every fact that is known."""
    return tuple(finding for check in CHECKS for finding in check(board))


def in_group(finding: Finding, group: str) -> bool:
    """Whether a finding belongs to a group; to every one if none is named."""
    return not group or finding.code.rpartition("-")[0] in GROUPS[group]
