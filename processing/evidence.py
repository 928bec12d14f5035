"""Why something was said: one line for each piece of evidence, kept with its incident for good.

Numbers only; the words for people are in ``explain.py``.
"""

from enum import StrEnum

import msgspec

from processing.intervals import Level


class Ground(StrEnum):
    """What a line of evidence is."""

    BEATS_COUNTED = "beats_counted"
    """As many missed beats as the rule asks for."""
    SILENCE = "silence"
    """Silent for so long that nothing healthy is."""
    NO_ANSWER = "no_answer"
    """Silent, then asked and asked again in vain."""
    GATEWAY_SILENT = "gateway_silent"
    """Nothing at all comes from a gateway, though so many of its access points were due."""
    WILL = "will"
    """The broker says that the gateway's session is dead, and it did not come back in time."""
    BACKHAUL_SILENT = "backhaul_silent"
    """All gateways behind one backhaul fell silent together."""
    FEEDER_SHARED = "feeder_shared"
    """Those on one feeder fell together: that is likelier than so many chances at once."""
    ON_BATTERY = "on_battery"
    """A gateway lost its mains."""
    SUPPRESSED = "suppressed"
    """Not called down: nobody could see it."""
    REBOOTED = "rebooted"
    """Back, and by its own account it was off."""
    REFUTED = "refuted"
    """Back, and by its own account it never was off: only its beats were lost."""


class Line(msgspec.Struct, frozen=True):
    """One piece of evidence; ``nats`` are minus the logarithm of how seldom it is by chance."""

    incident: str
    at_ms: int
    """By the host's clock."""
    level: Level
    node: str
    ground: Ground
    missed: int = 0
    """Beats; of a gateway: access points that were due."""
    probes: int = 0
    silence_nats: float = 0.0
    probe_nats: float = 0.0
    need_nats: float = 0.0
