"""Names of the delivery metrics that ride in every message, and the commit built from them.

The gateway numbers every spool record; the host answers with the offset below which everything
is stored. Ordinary Sparkplug metrics carry both, so any Sparkplug tool can read them.
"""

from enum import IntEnum
from typing import Final

SPOOL_EPOCH: Final = "Spool/Epoch"
SPOOL_OFFSET: Final = "Spool/Offset"
SPOOL_COMMITTED: Final = "Spool/Committed"
SPOOL_LOST: Final = "Spool/Lost"
SPOOL_LOST_REASON: Final = "Spool/LostReason"
TIME_BOOT: Final = "Time/Boot"
TIME_MONOTONIC: Final = "Time/Monotonic"
TIME_QUALITY: Final = "Time/Quality"
TIME_SENT: Final = "Time/Sent"

BD_SEQ: Final = "bdSeq"
REBIRTH: Final = "Node Control/Rebirth"
CHECK_NOW: Final = "Node Control/Check Now"
"""String: the device that the gateway is to check at once; empty for the gateway itself."""
CONFIGURATION: Final = "Node Info/Configuration"
"""String: a digest of the configuration a gateway runs with; equal ones are equal."""

EPOCH_MAX: Final = 2**53 - 1
BD_SEQ_MODULUS: Final = 256
SEQ_MODULUS: Final = 256


class TimeQuality(IntEnum):
    """How far a reading's wall-clock time may be trusted."""

    SYNCED = 0
    RECOVERED = 1
    UNSYNCED = 2


class LostReason(IntEnum):
    """Why a range of offsets will never come; travels beside ``Spool/Lost``.

    ``SKIPPED`` offsets were never given to a reading, so they are no loss.
    """

    OVERFLOW = 0
    CORRUPT = 1
    IO_ERROR = 2
    SKIPPED = 3


class RecordClass(IntEnum):
    """Priority of a spool record; the highest number is given up first when the spool is full."""

    EVENT = 0
    CHECK = 1
    SENSOR = 2
    DETAIL = 3
