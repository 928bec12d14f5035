"""What the board's one light says: so many flashes, then a pause; the highest need wins.

1 every 4 s  well            5  serial
2  not enrolled              6  storage
3  clock                     7  probe radio
4  no broker                 8  power
on: being provisioned        fast: failed, run the doctor
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from edge.doctor_finding import Severity
from vocabulary.units import NS_PER_MS


class Sign(IntEnum):
    """What is said; a higher one is more urgent."""

    WELL = 1
    NOT_ENROLLED = 2
    CLOCK = 3
    NO_BROKER = 4
    SERIAL = 5
    STORAGE = 6
    PROBE_RADIO = 7
    POWER = 8
    PROVISIONING = 9
    FAILED = 10


class Blink(NamedTuple):
    """Light on or off for so long."""

    on: bool
    ms: int


FLASH_MS: Final = 200
GAP_MS: Final = 300
PAUSE_MS: Final = 1_600
WELL_PERIOD_MS: Final = 4_000
FAST_MS: Final = 100
STEADY_MS: Final = 1_000

_GROUPS: Final = {
    "E-TIME": Sign.CLOCK,
    "E-NET": Sign.NO_BROKER,
    "E-MQ": Sign.NO_BROKER,
    "E-SER": Sign.SERIAL,
    "E-SD": Sign.STORAGE,
    "E-DISK": Sign.STORAGE,
    "E-WIFI-0": Sign.PROBE_RADIO,
    "E-PWR": Sign.POWER,
}


def sign_of(
    findings: Mapping[str, Severity], *, provisioning: bool, failed: bool, enrolled: bool
) -> Sign:
    """The one thing to say. Notes are for a screen, not for a light."""
    if failed:
        return Sign.FAILED
    if provisioning:
        return Sign.PROVISIONING
    needs = [Sign.WELL if enrolled else Sign.NOT_ENROLLED]
    for code, severity in findings.items():
        if severity in (Severity.DEGRADED, Severity.FATAL):
            needs += [sign for head, sign in _GROUPS.items() if code.startswith(head)]
    return max(needs)


def pattern(sign: Sign) -> tuple[Blink, ...]:
    """One round of light and dark."""
    if sign is Sign.PROVISIONING:
        return (Blink(on=True, ms=STEADY_MS),)
    if sign is Sign.FAILED:
        return (Blink(on=True, ms=FAST_MS), Blink(on=False, ms=FAST_MS))
    if sign is Sign.WELL:
        return (Blink(on=True, ms=FLASH_MS), Blink(on=False, ms=WELL_PERIOD_MS - FLASH_MS))
    flashes = [Blink(on=True, ms=FLASH_MS), Blink(on=False, ms=GAP_MS)] * int(sign)
    return (*flashes[:-1], Blink(on=False, ms=PAUSE_MS))


def is_on(sign: Sign, mono_ns: int) -> bool:
    """Whether the light is on at a moment; everybody who looks sees the same."""
    blinks = pattern(sign)
    at_ms = mono_ns // NS_PER_MS % sum(blink.ms for blink in blinks)
    for blink in blinks:
        if at_ms < blink.ms:
            return blink.on
        at_ms -= blink.ms
    return False
