"""What time it was, once we know: a gateway without a battery clock boots in the past.

It samples at once and stamps with what it has. As soon as a source tells the true time (the
kernel's synchronised clock, or the host's time in its first commit), the distance between true
time and our monotonic clock is written down, and what is still unsent of this boot is stamped
anew by it. The first source holds for the whole boot, and what went out before it as it was goes
out so for ever: a record sent twice says the same twice, also when a later boot sends it again.
"""

from enum import StrEnum
from typing import Final

import msgspec

from edge.disk import Disk
from edge.spool_epoch import is_volatile
from edge.spool_record import Record
from edge.spool_segment import FOLDER, identity
from edge.spool_slots import VALUE_BYTES_MAX, SlotFile
from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import INT64_MAX

FILE: Final = f"{FOLDER}/time.bin"
PLAUSIBLE_FROM_NS: Final = 1_767_225_600_000_000_000
"""2026-01-01: no source that says an earlier time is believed."""
BOOTS_MAX: Final = 24
RANGES_MAX: Final = 4
NUMBERS_MAX: Final = 4
AHEAD: Final = 32
"""Offsets noted at once as gone out with a time nobody vouches for: one write for so many."""


class TimeSource(StrEnum):
    """Who told us the time."""

    NONE = "none"
    KERNEL = "kernel"
    HOST = "host"


class AsItWas(msgspec.Struct, frozen=True, array_like=True):
    """Offsets ``first`` .. ``end - 1`` of an epoch may have gone out with the time they had."""

    epoch: int
    first: int
    end: int


class Boot(msgspec.Struct, frozen=True, array_like=True):
    """What is known of the time of one kernel's boot, by the numbers the spool has given it."""

    kernel_boot: bytes
    epoch: int
    numbers: tuple[int, ...]
    utc_minus_mono_ns: int | None = None
    as_they_were: tuple[AsItWas, ...] = ()

    def speaks_of(self, record: Record) -> bool:
        """Whether a record was made in this boot."""
        alike = record.epoch == self.epoch or is_volatile(record.epoch) or is_volatile(self.epoch)
        return alike and record.boot in self.numbers

    def was_sent(self, record: Record) -> bool:
        """Whether a record may have gone out uncorrected."""
        return any(
            known.epoch == record.epoch and known.first <= record.offset < known.end
            for known in self.as_they_were
        )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[Boot, ...])


class TimeKeeper:
    """The distance between UTC and each boot's monotonic clock, once known."""

    def __init__(self, disk: Disk, *, epoch: int, boot: int, kernel_boot_id: str) -> None:
        self._slots = SlotFile(disk, FILE)
        self._now = Boot(identity(kernel_boot_id), epoch, (boot,))
        self._before: tuple[Boot, ...] = ()
        self._loaded = self._unsaved = False
        self.source = TimeSource.NONE
        self.write_faults = 0
        self._load()

    def _load(self) -> bool:
        """Read what is on the card, once it can be read; gives whether it was.

        An agent that was restarted within one boot goes on with what it had.
        """
        if not self._loaded:
            self._loaded = self._read()
        return self._loaded

    def _read(self) -> bool:
        try:
            raw = self._slots.load()
        except OSError:
            self.write_faults += 1
            return False
        try:
            boots: tuple[Boot, ...] = () if raw is None else _DECODER.decode(raw)
        except msgspec.DecodeError:
            return True
        self._before = boots
        self._join()
        return True

    def _join(self) -> None:
        """What the card has of this very boot becomes part of what we know."""
        now = self._now
        known = next((one for one in self._before if one.kernel_boot == now.kernel_boot), None)
        if known is None:
            return
        self._before = tuple(one for one in self._before if one is not known)
        distance_ns = known.utc_minus_mono_ns
        if distance_ns is None:
            distance_ns = now.utc_minus_mono_ns
        elif self.source is TimeSource.NONE:
            self.source = TimeSource.HOST
        self._now = Boot(
            now.kernel_boot,
            known.epoch if is_volatile(now.epoch) else now.epoch,
            tuple(dict.fromkeys((*known.numbers, *now.numbers)))[-NUMBERS_MAX:],
            distance_ns,
            (*known.as_they_were, *now.as_they_were)[-RANGES_MAX:],
        )
        self._unsaved = self._unsaved or self._now != known

    def follow(self, epoch: int, boot: int) -> None:
        """The spool has another number for this boot: a card that could not be read now can."""
        now = self._now
        if is_volatile(epoch) or (epoch == now.epoch and boot in now.numbers):
            return
        numbers = tuple(dict.fromkeys((*now.numbers, boot)))[-NUMBERS_MAX:]
        self._now = msgspec.structs.replace(now, epoch=epoch, numbers=numbers)
        self._save()

    def _save(self) -> None:
        """Bring what is known onto the card, if it takes it now."""
        self._unsaved = True
        if not self._load():
            return
        boots = (*self._before, self._now)[-BOOTS_MAX:]
        value = _ENCODER.encode(boots)
        while len(value) > VALUE_BYTES_MAX:
            boots = boots[1:]
            value = _ENCODER.encode(boots)
        try:
            self._slots.store(value)
        except OSError:
            self.write_faults += 1  # the link matters more; a crash now may stamp anew
        else:
            self._unsaved = False

    def settle(self) -> None:
        """Try again what the card has not taken; best before records that need it go there."""
        if self._unsaved:
            self._save()

    @property
    def is_known(self) -> bool:
        """Whether this boot's true time is known."""
        return self._now.utc_minus_mono_ns is not None

    def _learn(self, distance_ns: int, source: TimeSource) -> None:
        self._now = msgspec.structs.replace(self._now, utc_minus_mono_ns=distance_ns)
        self.source = source
        self._save()

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
        distance_ns = self._now.utc_minus_mono_ns
        if distance_ns is None:
            return raw
        wall_ns = raw.mono_ns + distance_ns
        return Moment(raw.mono_ns, wall_ns, TimeQuality.RECOVERED)

    def awaits(self, record: Record) -> bool:
        """Whether this record's time may still be learned."""
        return self._is_ours(record) and not self.is_known and not self._now.was_sent(record)

    def _is_ours(self, record: Record) -> bool:
        return record.quality == TimeQuality.UNSYNCED and self._now.speaks_of(record)

    def shift_of(self, record: Record) -> int | None:
        """By how many nanoseconds a record's times are wrong; None if they stand as they are."""
        if record.quality != TimeQuality.UNSYNCED:
            return None
        self._load()
        boots = [boot for boot in (self._now, *self._before) if boot.speaks_of(record)]
        distances_ns = [boot.utc_minus_mono_ns for boot in boots if boot.utc_minus_mono_ns]
        if not distances_ns or any(boot.was_sent(record) for boot in boots):
            return None
        return distances_ns[0] - (record.wall_ns - record.mono_ns)

    def goes_out(self, record: Record) -> None:
        """A record is about to be sent as it is: if its time may still be learned, note it first.

        Signs of life are never held back for the time, and nothing is for ever.
        """
        if not self.awaits(record):
            return
        ranges = list(self._now.as_they_were)
        end = record.offset + AHEAD
        last = ranges[-1] if ranges else None
        if last is not None and last.epoch == record.epoch and record.offset >= last.first:
            ranges[-1] = AsItWas(last.epoch, last.first, end)
        else:
            ranges.append(AsItWas(record.epoch, record.offset, end))
        kept = tuple(ranges[-RANGES_MAX:])
        self._now = msgspec.structs.replace(self._now, as_they_were=kept)
        self._save()
