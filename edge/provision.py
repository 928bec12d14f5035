"""The eight steps from a blank board to a trusted gateway: their order, their record, their end.

Each step looks first whether its goal is reached, so doing all of it again harms nothing. What was
reached is on the card before the next step begins; after a power cut ``--resume`` goes on there.
A fatal finding ends the walk, unless somebody waives its code and says why, which is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from edge.doctor_finding import Severity
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_MS


class StepName(StrEnum):
    """The steps in their order."""

    POWER = "power"
    CLOCK = "clock"
    BACKHAUL = "backhaul"
    ENROL = "enrol"
    SERIAL = "serial"
    WIFI = "wifi"
    DOCTOR = "doctor"
    READ_BACK = "read-back"


class Seen(NamedTuple):
    """What one step saw; ``code`` is empty when all is well."""

    severity: Severity
    found: str
    code: str = ""
    expected: str = ""
    remedy: str = ""


def fine(found: str) -> Seen:
    """All is well."""
    return Seen(Severity.FINE, found)


class StepRow(msgspec.Struct, frozen=True):
    """One step as it is kept, shown and sent; the words are those of every report of ours."""

    name: str
    code: str
    severity: Severity
    what: str
    found: str
    expected: str
    remedy: str
    dur_ms: int


class Record(msgspec.Struct):
    """What was reached so far, and what somebody waived."""

    steps: dict[str, StepRow] = {}
    waived: dict[str, str] = {}


WHAT: Final[Mapping[StepName, str]] = {
    StepName.POWER: "supply and card",
    StepName.CLOCK: "clock",
    StepName.BACKHAUL: "way to the city",
    StepName.ENROL: "certificate, agent",
    StepName.SERIAL: "serial adapters",
    StepName.WIFI: "access points",
    StepName.DOCTOR: "doctor",
    StepName.READ_BACK: "a real point, read back from the database",
}
DONE: Final = frozenset({Severity.FINE, Severity.NOTE})

Step = Callable[[], Seen]


class Walk:
    """Goes through the steps. ``mono_ns`` measures, ``keep`` writes the record durably."""

    def __init__(
        self,
        steps: Sequence[tuple[StepName, Step]],
        record: Record,
        *,
        mono_ns: Callable[[], int],
        keep: Callable[[Record], None],
        say: Callable[[int, StepRow], None],
    ) -> None:
        self._steps, self.record = steps, record
        self._mono_ns, self._keep, self._say = mono_ns, keep, say

    def run(self, *, resume: bool) -> list[StepRow]:
        """The rows of this run, up to the first fatal one."""
        rows: list[StepRow] = []
        for number, (name, step) in enumerate(self._steps, start=1):
            before = self.record.steps.get(name)
            if resume and before is not None and before.severity in DONE:
                rows.append(before)
                continue
            began_ns = self._mono_ns()
            row = self._row(name, step(), (self._mono_ns() - began_ns) // NS_PER_MS)
            rows.append(row)
            self.record.steps[name] = row
            self._keep(self.record)
            self._say(number, row)
            if row.severity is Severity.FATAL:
                break
        return rows

    def _row(self, name: StepName, seen: Seen, dur_ms: int) -> StepRow:
        severity, found = seen.severity, seen.found
        reason = self.record.waived.get(seen.code)
        if severity is Severity.FATAL and reason is not None:
            severity, found = Severity.DEGRADED, f"{found} (waived: {reason})"
        return StepRow(
            str(name), seen.code, severity, WHAT[name], found, seen.expected, seen.remedy, dur_ms
        )


def exit_code(rows: Sequence[StepRow]) -> ExitCode:
    """2 for a fatal finding, 1 for a degraded one, else 0."""
    severities = {row.severity for row in rows}
    if Severity.FATAL in severities:
        return ExitCode.FATAL_FINDING
    return ExitCode.DEGRADED if Severity.DEGRADED in severities else ExitCode.FINE


class HandOff(msgspec.Struct, frozen=True):
    """What the technician leaves behind: who this is, and which real point the city has of it."""

    gateway_id: str
    site_id: str
    generation: int
    certificate_until: str
    finished_at: str
    measurement: str
    point_time_ms: int
    point: str
    notes: tuple[str, ...]

    def qr_text(self) -> str:
        """Short enough for a code that a phone reads from a screen."""
        return (
            f"lamplighter-handoff:1:{self.gateway_id}:{self.generation}:{self.finished_at}:"
            f"{self.point_time_ms}"
        )


QR_PARTS: Final = 5


class Key(NamedTuple):
    """What a technician was given: a code, and where and whom to show it to, if that is known."""

    code: str
    fingerprint: str
    enrol_url: str


def key_of(text: str) -> Key | None:
    """A code as typed, or a sheet's QR code as scanned; None for neither."""
    if not text.startswith("lamplighter:"):
        return Key(text, "", "")
    parts = text.split(":", QR_PARTS - 1)
    if len(parts) != QR_PARTS or parts[1] != "1":
        return None
    return Key(parts[2], parts[3], parts[4])
