"""What a city may set about its detector and its usage figures, with the limits of each.

Every time is in whole milliseconds. The defaults are those of a city whose access points are
polled every ten seconds by gateways that beat every five.
"""

from typing import Annotated

import msgspec

Ms = Annotated[int, msgspec.Meta(ge=1, le=86_400_000)]
MsOrOff = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times and counts of the missed-beats detector; the same values for the whole city."""

    beat_ms: Ms = 10_000
    """How often a gateway says, for each access point, whether it answered."""

    gateway_beat_ms: Ms = 5_000
    """How often a gateway speaks for itself."""

    margin_ms: Ms = 500
    """Jitter a beat may have before it counts as missed."""

    misses_down: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """Missed beats in a row that make an access point DOWN."""

    gateway_misses: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """Missed gateway beats after which nobody sees its access points."""

    status_ms: Ms = 10_000
    """How often an access point reports clients and counters."""

    pause_ms: MsOrOff = 2_000
    """A longer stretch without an arrival or a call is our own pause, not silence. 0: never."""

    sweep_ms: Ms = 250
    """How often silence is looked at."""

    future_ms: Ms = 300_000
    """A reading further ahead of its arrival is refused."""

    will_grace_ms: MsOrOff = 3_000
    """A gateway that speaks this soon after its last will was only reconnecting."""

    reconnect_grace_ms: MsOrOff = 30_000
    """After our own broker session was lost: time for gateways to come back, wills ignored."""

    settle_ms: Ms = 5_000
    """Late data revise the ledger once they have been quiet for so long ..."""

    settle_ms_max: Ms = 60_000
    """... or have been waiting for so long."""

    cause_wait_ms: Ms = 60_000
    """After a gateway is back: how long its own record may take before it is blamed."""

    final_after_ms: Ms = 86_400_000
    """How long after its end an interval may still be revised."""

    @property
    def hole_ms(self) -> int:
        """Between two proofs of life this far apart, nothing is assumed to have happened."""
        return min(3, self.misses_down) * self.beat_ms + self.margin_ms

    @property
    def gateway_silence_ms(self) -> int:
        """A gateway unheard for longer is not observing."""
        return self.gateway_misses * self.gateway_beat_ms + self.margin_ms
