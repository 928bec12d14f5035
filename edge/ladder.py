"""The recovery ladder: what a gateway does by itself when nothing reaches the city, and when not.

Restarting what is healthy is worse than waiting. So a rung is taken only if the city once confirmed
a reading on this card, nothing was confirmed within the hour, and two independent tests (the broker
by TCP; a name server or a second target) both fail: a router that drops pings reboots nobody. At
most one reboot a day; the count is on the card before the board goes down.
"""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from vocabulary.units import S_PER_DAY, S_PER_H

NETWORK_AFTER_S: Final = 1 * S_PER_H
REBOOT_AFTER_S: Final = 3 * S_PER_H
QUIET_S: Final = 1 * S_PER_H
"""Nothing happens within so long after a commit."""
NETWORK_AGAIN_S: Final = 1 * S_PER_H


class Rung(StrEnum):
    """What to do now."""

    NOTHING = "nothing"
    RESTART_NETWORK = "restart-network"
    REBOOT = "reboot"


class Ladder(msgspec.Struct, frozen=True):
    """What the card remembers. Times are Unix seconds, 0 for never."""

    armed: bool = False
    committed_s: int = 0
    failing_since_s: int = 0
    network_s: int = 0
    reboot_s: int = 0


class Answers(NamedTuple):
    """Two ways of asking; each must be independent of the other, and neither is a ping."""

    broker_reached: bool
    second_reached: bool


class Climb(NamedTuple):
    """What to keep (first) and what to do (then)."""

    ladder: Ladder
    rung: Rung
    reason: str


def committed(ladder: Ladder, now_s: int) -> Ladder:
    """The city confirmed a reading: the ladder is armed, and starts from the ground."""
    return msgspec.structs.replace(ladder, armed=True, committed_s=now_s, failing_since_s=0)


def climb(ladder: Ladder, tests: Answers, now_s: int) -> Climb:
    """One look, every few minutes."""
    ladder = _not_ahead(ladder, now_s)
    if tests.broker_reached or tests.second_reached:
        fine = msgspec.structs.replace(ladder, failing_since_s=0)
        return Climb(fine, Rung.NOTHING, "something answers: no fault of this board")
    since_s = ladder.failing_since_s
    if not 0 < since_s <= now_s:  # the first look, or a clock that was set back
        return Climb(
            msgspec.structs.replace(ladder, failing_since_s=now_s), Rung.NOTHING, "first failure"
        )
    if not ladder.armed:
        return Climb(
            ladder, Rung.NOTHING, "never yet confirmed: perhaps it was never meant to work"
        )
    if now_s - ladder.committed_s < QUIET_S:
        return Climb(ladder, Rung.NOTHING, "confirmed within the hour")
    return _rung(ladder, now_s - since_s, now_s)


def _not_ahead(ladder: Ladder, now_s: int) -> Ladder:
    """A clock that was set back must not make the last reboot look like one of another day."""
    return msgspec.structs.replace(
        ladder,
        committed_s=min(ladder.committed_s, now_s),
        network_s=min(ladder.network_s, now_s),
        reboot_s=min(ladder.reboot_s, now_s),
    )


def _rung(ladder: Ladder, failing_s: int, now_s: int) -> Climb:
    if failing_s >= REBOOT_AFTER_S and now_s - ladder.reboot_s >= S_PER_DAY:
        kept = msgspec.structs.replace(ladder, reboot_s=now_s, failing_since_s=now_s)
        return Climb(kept, Rung.REBOOT, f"both tests fail for {failing_s // S_PER_H} h")
    if failing_s >= NETWORK_AFTER_S and now_s - ladder.network_s >= NETWORK_AGAIN_S:
        kept = msgspec.structs.replace(ladder, network_s=now_s)
        return Climb(kept, Rung.RESTART_NETWORK, f"both tests fail for {failing_s // S_PER_H} h")
    return Climb(ladder, Rung.NOTHING, "waiting")
