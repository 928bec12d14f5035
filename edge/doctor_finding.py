"""One thing the doctor looked at: what was found, what was expected, what to do next."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    NOTE = "note"
    DEGRADED = "degraded"
    FATAL = "fatal"


class Finding(msgspec.Struct, frozen=True):
    """One checked thing: what was found, what was expected, what to do next."""

    code: str
    what: str
    severity: Severity
    found: str
    expected: str
    remedy: str = ""
