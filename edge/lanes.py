"""Which record goes next: the live lane first and at once, the replay lane in what room is left.

Live: records of this session, younger than ``LIVE_AGE_NS``; they wait for nobody. Replay: all
else that is not committed, rate-limited, in a bounded window, marked historical. When nothing is
committed for a while, replay begins again from the commit: a message was lost on the way.
"""

from collections import deque
from typing import Final

from edge.configuration import Uplink
from edge.spool import Spool
from edge.spool_gaps import Lost
from edge.spool_record import Record
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

LIVE_AGE_NS: Final = 20 * NS_PER_S
RESEND_NS: Final = 30 * NS_PER_S
RESEND_NS_MAX: Final = 15 * 60 * NS_PER_S
PATIENCE_NS: Final = 10 * NS_PER_S
"""Replay begins this long after the births if the host is online but has not answered them."""
LOST_PER_S: Final = 200


class Bucket:
    """A token bucket on given time: ``rate`` per second, at most one second's worth saved up."""

    def __init__(self, rate: float, mono_ns: int) -> None:
        self._rate, self._room, self._at_ns = rate, rate, mono_ns

    def _refill(self, mono_ns: int) -> None:
        passed_s = max(0, mono_ns - self._at_ns) / NS_PER_S
        self._room = min(self._rate, self._room + passed_s * self._rate)
        self._at_ns = mono_ns

    def wait_ns(self, mono_ns: int) -> int:
        """How long until one may pass; 0 for now."""
        self._refill(mono_ns)
        return 0 if self._room >= 0 else round(-self._room / self._rate * NS_PER_S) + 1

    def take(self, amount: float) -> None:
        """Let ``amount`` pass; debt is paid before the next may."""
        self._room -= amount


class Lanes:
    """Cursors over the spool for one session with the broker."""

    def __init__(self, spool: Spool, settings: Uplink, now: Moment) -> None:
        self._spool, self._settings = spool, settings
        self._live = spool.next_offset
        self._replay = spool.committed
        self._replay_end = self._live
        self._started_ns = now.mono_ns
        self._answered = False
        self._host_online: bool | None = None
        self._in_flight: deque[int] = deque()
        self._progress_ns = now.mono_ns
        self._resend_ns = RESEND_NS
        self._messages = Bucket(settings.replay_messages_per_s, now.mono_ns)
        self._bytes = Bucket(settings.replay_bytes_per_s, now.mono_ns)
        self._declarations = Bucket(LOST_PER_S, now.mono_ns)
        self.resent_records = 0

    @property
    def _plain(self) -> bool:
        """No host acknowledges (yet): nothing is gained by waiting for an answer."""
        mode = self._settings.commit
        return mode == "none" or (mode == "auto" and not self._spool.host_acknowledges)

    def sent_before(self, offset: int) -> None:
        """In plain mode: what an earlier session has sent is not sent again."""
        if self._plain:
            self._replay = max(self._replay, min(offset, self._replay_end))

    @property
    def sent_below(self) -> int:
        """Every offset below it has been handed to the broker at least once, in order."""
        return self._live if self._replay >= self._replay_end else self._replay

    def host_state(self, *, online: bool) -> None:
        """The host said whether it is there; replay pauses while it is not."""
        self._host_online = online

    def committed(self, now: Moment, *, first: bool) -> None:
        """The host answered. ``first``: it is the first answer ever, so all still held is sent."""
        below = self._spool.committed
        if first:
            self._replay, self._replay_end = below, self._live
        progressed = bool(self._in_flight) and self._in_flight[0] < below
        if not self._answered or progressed or below >= self._live:
            self._progress_ns, self._resend_ns = now.mono_ns, RESEND_NS
        self._answered = True
        self._replay = max(self._replay, below)
        while self._in_flight and self._in_flight[0] < below:
            self._in_flight.popleft()

    def next_live(self, now: Moment) -> Record | None:
        """The next record of the live lane; those that grew old move to replay."""
        while (found := self._spool.read(self._live)) is not None:
            if isinstance(found, Record) and now.mono_ns - found.mono_ns <= LIVE_AGE_NS:
                return found
            step = found.count - (self._live - found.offset) if isinstance(found, Lost) else 1
            self._live += step
            self._replay_end = self._live
        return None

    def live_sent(self, record: Record) -> None:
        """The broker took it."""
        self._live = record.offset + 1

    def _may_replay(self, now: Moment) -> bool:
        if self._plain:
            return True
        if self._host_online is False:
            return False
        waited = now.mono_ns - self._started_ns >= PATIENCE_NS
        return self._answered or (waited and self._host_online is True)

    def _resend_if_stuck(self, now: Moment) -> None:
        if self._plain or now.mono_ns - self._progress_ns < self._resend_ns:
            return
        self._progress_ns = now.mono_ns
        if self._host_online is False or self._spool.committed >= self._live:
            return
        self._resend_ns = min(2 * self._resend_ns, RESEND_NS_MAX)
        self._in_flight.clear()
        self._replay, self._replay_end = self._spool.committed, self._live

    def next_replay(self, now: Moment) -> Record | Lost | None:
        """The next record or declared loss of the replay lane, if it may go now."""
        if not self._may_replay(now):
            return None
        self._resend_if_stuck(now)
        self._replay = max(self._replay, self._spool.committed)
        if self._replay >= self._replay_end:
            return None
        found = self._spool.read(self._replay)
        if isinstance(found, Lost):
            return None if self._declarations.wait_ns(now.mono_ns) else found
        if len(self._in_flight) >= self._settings.replay_window_records and not self._plain:
            return None
        if self._messages.wait_ns(now.mono_ns) or self._bytes.wait_ns(now.mono_ns):
            return None
        return found

    def replay_sent(self, item: Record | Lost, size_bytes: int) -> None:
        """The broker took it."""
        if isinstance(item, Lost):
            self._declarations.take(1)
            self._replay = item.offset + item.count
            return
        self._replay = item.offset + 1
        self._in_flight.append(item.offset)
        self._messages.take(1)
        self._bytes.take(size_bytes)
        self.resent_records += 1

    def wake_ns(self, now: Moment) -> int | None:
        """When ``next_replay`` may give something again; None when it waits for the host."""
        if not self._may_replay(now):
            patience_ns = self._started_ns + PATIENCE_NS
            return patience_ns if self._host_online and patience_ns > now.mono_ns else None
        if self._replay < self._replay_end and len(self._in_flight) < (
            self._settings.replay_window_records
        ):
            mono_ns = now.mono_ns
            wait_ns = max(self._messages.wait_ns(mono_ns), self._bytes.wait_ns(mono_ns))
            return mono_ns + wait_ns
        return None if self._plain else self._progress_ns + self._resend_ns
