"""What befalls one world, drawn from its seed: some kinds of fault are off, the others come often.

A run in which everything fails at once hides as much as one in which nothing does. So each run
first draws how many kinds it has, then which, then when and for how long.
"""

import random
from enum import StrEnum
from typing import Final, NamedTuple

from edge.spool_policy import SpoolLimits
from vocabulary.units import S_PER_MIN

KIB: Final = 1024
GATEWAYS: Final = (1, 1, 1, 2, 2, 3, 4)
MINUTES: Final = (2.0, 3.0, 3.0, 5.0)
SHARES: Final = (0.1, 0.25, 0.5, 0.8)
"""How likely each kind is on."""
QUIET_S: Final = 10.0
"""At the start nothing fails yet, but for worlds that begin broken."""


class FaultKind(StrEnum):
    """Everything that can go wrong."""

    LOSS = "loss"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    PARTITION = "partition"
    HALF_OPEN_UP = "half open upwards"
    HALF_OPEN_DOWN = "half open downwards"
    BROKER_RESTART = "broker restart"
    KICK = "kick"
    POWER_CUT = "power cut"
    POWER_CUT_IN_CALL = "power cut in a call"
    KILL = "kill"
    KILL_IN_CALL = "kill in a call"
    STOP = "clean stop"
    DISK_FULL = "disk full"
    DISK_READ_ONLY = "disk read-only"
    DISK_GONE = "disk gone"
    DISK_SLOW = "disk slow"
    DISK_ONE_CALL = "one call fails"
    DISK_FLIP = "bit flipped"
    HOST_KILL = "host killed"
    HOST_KILL_AT = "host killed while storing"
    HOST_PAUSE = "host paused"
    HOST_CUT = "host cut off"
    LEDGER_REFUSES = "ledger refuses"
    SINK_DOWN = "database down"
    SINK_FAILS = "database fails"
    SINK_MUTE = "database mute"
    SINK_MUTE_AFTER = "database mute after the write"
    POISON = "poison"
    CLOCK_HOUR = "clock steps by an hour"
    CLOCK_YEARS = "clock steps by years"
    CLOCK_DRIFT = "clock drifts"
    BOOT_1970 = "boots in 1970"
    SMALL_SPOOL = "small spool"


PER_GATEWAY: Final = frozenset(
    {
        FaultKind.LOSS,
        FaultKind.DUPLICATE,
        FaultKind.REORDER,
        FaultKind.PARTITION,
        FaultKind.HALF_OPEN_UP,
        FaultKind.HALF_OPEN_DOWN,
        FaultKind.KICK,
        FaultKind.POWER_CUT,
        FaultKind.POWER_CUT_IN_CALL,
        FaultKind.KILL,
        FaultKind.KILL_IN_CALL,
        FaultKind.STOP,
        FaultKind.DISK_FULL,
        FaultKind.DISK_READ_ONLY,
        FaultKind.DISK_GONE,
        FaultKind.DISK_SLOW,
        FaultKind.DISK_ONE_CALL,
        FaultKind.DISK_FLIP,
        FaultKind.CLOCK_HOUR,
        FaultKind.CLOCK_YEARS,
    }
)
STANDING: Final = frozenset(
    {FaultKind.POISON, FaultKind.CLOCK_DRIFT, FaultKind.BOOT_1970, FaultKind.SMALL_SPOOL}
)
"""These hold for the whole run."""


class Fault(NamedTuple):
    """One thing that goes wrong; ``number`` is for the kind to read: which call, which bit."""

    at_s: float
    kind: FaultKind
    gateway_ix: int
    length_s: float
    number: int


class Plan(NamedTuple):
    """A whole run."""

    seed: int
    gateways: int
    access_points: int
    boards: int
    fault_s: float
    kinds: frozenset[FaultKind]
    faults: tuple[Fault, ...]
    limits: SpoolLimits
    commit_s: float
    pending_bytes_max: int
    replay_per_s: float
    window: int


def _limits(rng: random.Random, *, small: bool) -> SpoolLimits:
    segment_bytes = rng.choice((8, 16, 64)) * KIB
    return SpoolLimits(
        segment_bytes=segment_bytes,
        bytes_max=(6 if small else 10_000) * segment_bytes,
        share_pct_max=100,
        free_bytes_min=0,
        free_pct_min=0,
        reserve_bytes=4 * segment_bytes,
        sync_bytes=rng.choice((2, 64)) * KIB,
        ring_bytes_max=(32 if small else 8 * KIB) * KIB,
        cursor_delay_ns=rng.choice((5, 60)) * 1_000_000_000,
    )


def _faults(
    rng: random.Random, kinds: frozenset[FaultKind], gateways: int, fault_s: float
) -> list[Fault]:
    made = []
    for kind in FaultKind:
        if kind not in kinds or kind in STANDING:
            continue
        targets = range(gateways) if kind in PER_GATEWAY else (0,)
        for gateway_ix in targets:
            for _ in range(rng.choice((0, 1, 1, 2, 3))):
                length_s = rng.choice((0.5, 3.0, 20.0, 60.0, 0.4 * fault_s))
                at_s = QUIET_S + rng.random() * (fault_s - QUIET_S)
                made.append(Fault(at_s, kind, gateway_ix, length_s, rng.randrange(1 << 30)))
    return sorted(made)


def draw(seed: int, minutes: float | None = None) -> Plan:
    """The plan of ``seed``; the same for ever, as long as this file is."""
    rng = random.Random(f"swarm/{seed}")
    share = rng.choice(SHARES)
    kinds = frozenset(kind for kind in FaultKind if rng.random() < share)
    gateways = rng.choice(GATEWAYS)
    drawn_s = rng.choice(MINUTES) * S_PER_MIN
    fault_s = drawn_s if minutes is None else minutes * S_PER_MIN
    return Plan(
        seed=seed,
        gateways=gateways,
        access_points=rng.randint(1, 3),
        boards=rng.randint(0, 1),
        fault_s=fault_s,
        kinds=kinds,
        faults=tuple(_faults(rng, kinds, gateways, fault_s)),
        limits=_limits(rng, small=FaultKind.SMALL_SPOOL in kinds),
        commit_s=rng.choice((0.5, 2.0, 5.0)),
        pending_bytes_max=rng.choice((32, 64 * KIB)) * KIB,
        replay_per_s=rng.choice((20.0, 100.0)),
        window=rng.choice((16, 256)),
    )
