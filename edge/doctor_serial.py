"""The doctor's look at serial ports: what sits where, what arrives broken, who is alive and no use.

Judged from what the agent shows of each sensor's line; nothing is opened, for the agent has the
ports. A port without an agent is what ``lamplighter gateway scan`` is for.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edge.doctor_finding import Finding, Severity
from edge.serial_status import SensorStatus

ERROR_SHARE_MAX: Final = 0.01
UNANSWERED_SHARE_MAX: Final = 0.10
UNITS_MIN: Final = 20
"""Fewer say nothing about a share."""
INTERVALS_MAX: Final = 10
FRESH_S_MIN: Final = 60.0
PIECES_SHOWN: Final = 8
HEX_SHOWN: Final = 32

_MISSING: Final = ("absent", "lost", "mute", "not opened")


def _finding(
    code: str, one: SensorStatus, severity: Severity, found: str, expected: str, remedy: str
) -> Finding:
    return Finding(code, f"sensor {one.sensor_id} on {one.port}", severity, found, expected, remedy)


def _ports(one: SensorStatus, adapters: Sequence[str]) -> Iterator[Finding]:
    state = one.port_state
    if state.startswith("busy"):
        yield _finding(
            "E-SER-02",
            one,
            Severity.FATAL,
            state,
            "nobody else has the port",
            "Stop the program that is named here; on a desktop often ModemManager or brltty.",
        )
        return
    if state.startswith("denied"):
        yield _finding(
            "E-SER-06",
            one,
            Severity.FATAL,
            state,
            "the agent may open it",
            "sudo usermod -aG dialout lamplighter; then restart the agent.",
        )
        return
    missing = state.startswith(_MISSING)
    there = ", ".join(adapters) or "none"
    yield _finding(
        "E-SER-01",
        one,
        Severity.FATAL if missing else Severity.FINE,
        f"{state}; adapters here: {there}" if missing else "open",
        "the adapter of the configuration",
        "Push its USB plug until it clicks, or name the right port in the configuration."
        if missing
        else "",
    )


def _frames(one: SensorStatus) -> Iterator[Finding]:
    counters = one.counters
    errors, tried = counters.get("crc_errors", 0), one.tried
    garbage = one.link == "garbage" or (
        counters.get("bytes_received", 0) > 0 and not counters.get("frames", 0)
    )
    many = tried >= UNITS_MIN and one.error_share > ERROR_SHARE_MAX
    last = "; ".join(
        f"{piece.reason} {piece.hex[:HEX_SHOWN]}" for piece in one.pieces[-PIECES_SHOWN:]
    )
    found = f"{errors} of {tried} units failed their check"
    if garbage:
        found = "bytes come, and none of them make a unit"
    bad = garbage or many
    yield _finding(
        "E-SER-03",
        one,
        Severity.DEGRADED if bad else Severity.FINE,
        f"{found}; refused last: {last or 'nothing'}" if bad else found,
        f"at most {ERROR_SHARE_MAX:.0%}",
        "Run `lamplighter gateway scan` for rate and wiring; then shorten or shield the cable."
        if bad
        else "",
    )


def _answers(one: SensorStatus) -> Iterator[Finding]:
    asked = one.counters.get("requests", 0)
    if not asked:
        return
    rarely = asked >= UNITS_MIN and one.unanswered_share > UNANSWERED_SHARE_MAX
    yield _finding(
        "E-SER-04",
        one,
        Severity.DEGRADED if rarely else Severity.FINE,
        f"{one.counters.get('timeouts', 0)} of {asked} questions unanswered",
        f"at most {UNANSWERED_SHARE_MAX:.0%}",
        "Check A and B, the ends' resistors and the slave's address; it is asked less meanwhile."
        if rarely
        else "",
    )


def _values(one: SensorStatus) -> Iterator[Finding]:
    """Alive and no use is one fault, dead another, and a liar a third."""
    fresh_s = max(FRESH_S_MIN, INTERVALS_MAX * one.interval_s)
    counters = one.counters
    liar = counters.get("out_of_range", 0) + counters.get("inconsistent", 0)
    newest = ", ".join(f"{last.name} {last.value:g}" for last in one.values) or "no value yet"
    severity, remedy = Severity.FINE, ""
    if one.alive_but_silent:
        severity = Severity.DEGRADED
        found = f"it answers and gives no readings for {one.no_reading_s:.0f} s"
        found += f" ({one.why})" if one.why else ""
        remedy = "The line is fine: look at the sensor itself, its mode, its power, its place."
    elif one.no_reading_s > fresh_s:
        severity = Severity.DEGRADED
        found = f"the last reading is {one.no_reading_s:.0f} s old: {newest}"
        remedy = "Check its power and cable; if both are well, replace the sensor."
    elif liar:
        severity = Severity.DEGRADED
        found = f"{liar} values that cannot be true ({one.why}); now {newest}"
        remedy = "They were refused, not stored. If they go on, replace the sensor."
    else:
        found = f"{newest}, {one.no_reading_s:.0f} s ago"
    yield _finding(
        "E-SER-05", one, severity, found, f"a reading within {fresh_s:.0f} s, plausible", remedy
    )


def findings(serial: Iterable[SensorStatus], adapters: Sequence[str]) -> Iterator[Finding]:
    """Everything about serial lines."""
    for one in serial:
        yield from _ports(one, adapters)
        if one.port_state == "open":
            yield from _frames(one)
            yield from _answers(one)
            yield from _values(one)
