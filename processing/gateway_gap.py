"""The time of one gateway from the last word heard to the next: what broke, it or its backhaul?

Nobody can tell while it lasts. Afterwards the gateway's own spool tells: beats inside the gap say
that it lived on and only its link was gone.
"""

from itertools import pairwise

import msgspec

from processing.intervals import Cause, Claim, Interval, IntervalState, Level, Reason, Rows, Status
from processing.settings import Settings


class GatewayGap(msgspec.Struct):
    """A dark gateway; ``end_ms`` is None while it lasts."""

    node: str
    start_ms: int
    reason: Reason
    rows: Rows
    incident: str
    end_ms: int | None = None
    cause: Cause = Cause.GATEWAY_OR_BACKHAUL
    heartbeats_ms: list[int] = []
    late_since_ms: int | None = None
    """Host's clock at the first and the last of them not yet judged."""
    late_last_ms: int = 0

    @classmethod
    def since(
        cls, gateway: str, last_ms: int, reason: Reason, incident: str, settings: Settings
    ) -> "GatewayGap":
        """A gap that began half a beat after the last word."""
        start_ms = start_after(last_ms, settings)
        return cls(gateway, start_ms, reason, Rows(gateway, Level.GATEWAY), incident)

    @property
    def key(self) -> str:
        """Names this gap among those of its gateway."""
        return f"{self.node}@{self.start_ms}"

    def close(self, first_ms: int, settings: Settings) -> None:
        """A fresh word ends it, half a beat before."""
        self.end_ms = max(self.start_ms + 1, first_ms - settings.gateway_beat_ms // 2)

    def holds(self, ts_ms: int) -> bool:
        """Whether a record of that time falls into the gap."""
        return self.start_ms <= ts_ms and (self.end_ms is None or ts_ms < self.end_ms)

    def judge_cause(self, settings: Settings) -> None:
        """The backhaul, if the gateway's own beats cover at least half of a gap that is over."""
        if self.end_ms is None:
            return
        lived_ms = 0
        beats = sorted({ts for ts in self.heartbeats_ms if self.holds(ts)})
        for ts_ms, after_ms in pairwise([*beats, self.end_ms]):
            lived_ms += min(after_ms - ts_ms, settings.gateway_beat_ms)
        alive = 2 * lived_ms >= self.end_ms - self.start_ms
        self.cause = Cause.BACKHAUL if alive else Cause.GATEWAY
        self.late_since_ms = None

    def revise(self, status: Status) -> list[Interval]:
        """The row versions that changed."""
        down, cause = IntervalState.DOWN, self.cause
        claim = Claim(self.start_ms, self.end_ms, down, self.reason, cause, self.incident)
        return self.rows.revise([claim], status)


def start_after(last_ms: int, settings: Settings) -> int:
    """When a gateway is thought to have gone, given its last word."""
    return last_ms + settings.gateway_beat_ms // 2
