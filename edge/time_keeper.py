"""What time it was, once we know: a gateway without a battery clock boots in the past.

It samples at once and stamps with what it has. As soon as a source tells the true time (the
kernel's synchronised clock, or the host's time in its first commit), the distance between true
time and our monotonic clock is written down, and what is still unsent of this boot is stamped
anew by it. The first source holds for the whole boot: a record sent twice says the same twice.
"""

import struct
from enum import StrEnum
from typing import Final

from edge.disk import Disk
from edge.spool_record import Record
from edge.spool_segment import FOLDER
from edge.spool_slots import SlotFile
from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import INT64_MAX

FILE: Final = f"{FOLDER}/time.bin"
PLAUSIBLE_FROM_NS: Final = 1_767_225_600_000_000_000
"""2026-01-01: no source that says an earlier time is believed."""
_VALUE = struct.Struct("<QIq")


class TimeSource(StrEnum):
    """Who told us the time."""

    NONE = "none"
    KERNEL = "kernel"
    HOST = "host"


class TimeKeeper:
    """The distance between UTC and this boot's monotonic clock, once known."""

    def __init__(self, disk: Disk, *, epoch: int, boot: int) -> None:
        self._slots = SlotFile(disk, FILE)
        self._epoch, self._boot = epoch, boot
        self._utc_minus_mono_ns: int | None = None
        self.source = TimeSource.NONE
        self.write_faults = 0
        self._load()

    def _load(self) -> None:
        """An agent that was restarted within one boot goes on with what it had."""
        try:
            raw = self._slots.load()
        except OSError:
            self.write_faults += 1
            return
        if raw is not None and len(raw) == _VALUE.size:
            epoch, boot, distance_ns = _VALUE.unpack(raw)
            if (epoch, boot) == (self._epoch, self._boot):
                self._utc_minus_mono_ns = distance_ns
                self.source = TimeSource.HOST

    @property
    def is_known(self) -> bool:
        """Whether this boot's true time is known."""
        return self._utc_minus_mono_ns is not None

    def _learn(self, distance_ns: int, source: TimeSource) -> None:
        self._utc_minus_mono_ns, self.source = distance_ns, source
        try:
            self._slots.store(_VALUE.pack(self._epoch, self._boot, distance_ns))
        except OSError:
            self.write_faults += 1  # the link matters more; a crash now may stamp anew

    def heard_host(self, host_wall_ns: int, now: Moment) -> bool:
        """The host said what time it is; gives whether that was news.

        A clock that is synchronised already knows better than a message that took its time.
        """
        if now.quality is TimeQuality.SYNCED or self.is_known:
            return False
        if not PLAUSIBLE_FROM_NS <= host_wall_ns <= INT64_MAX:
            return False
        self._learn(host_wall_ns - now.mono_ns, TimeSource.HOST)
        return True

    def moment(self, raw: Moment) -> Moment:
        """The best that can be said of now."""
        if raw.quality is TimeQuality.SYNCED:
            if not self.is_known:
                self._learn(raw.wall_ns - raw.mono_ns, TimeSource.KERNEL)
            return raw
        if self._utc_minus_mono_ns is None:
            return raw
        wall_ns = raw.mono_ns + self._utc_minus_mono_ns
        return Moment(raw.mono_ns, wall_ns, TimeQuality.RECOVERED)

    def awaits(self, record: Record) -> bool:
        """Whether this record's time may still be learned."""
        unsynced = record.quality == TimeQuality.UNSYNCED
        return unsynced and record.boot == self._boot and not self.is_known

    def shift_of(self, record: Record) -> int | None:
        """By how many nanoseconds a record's times are wrong; None if they stand as they are."""
        if record.quality != TimeQuality.UNSYNCED or record.boot != self._boot:
            return None
        if self._utc_minus_mono_ns is None:
            return None
        return self._utc_minus_mono_ns - (record.wall_ns - record.mono_ns)
