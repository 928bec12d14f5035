"""Which record goes next: the live lane first and at once, the replay lane in what room is left.

Live: records of this session, younger than ``LIVE_AGE_NS``; they wait for nobody. Replay: all
else that is not committed, over all epochs the spool holds, rate-limited, in a bounded window,
marked historical. When nothing of an epoch is committed for a while, its replay begins again from
the commit: a message was lost on the way.
"""

from collections.abc import Mapping
from typing import Final

from edge.configuration import Uplink
from edge.lane_cursor import LaneCursor
from edge.spool import Spool
from edge.spool_gaps import Lost
from edge.spool_record import Record
from edge.time_keeper import TimeKeeper
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

LIVE_AGE_NS: Final = 20 * NS_PER_S
PATIENCE_NS: Final = 10 * NS_PER_S
"""Replay begins this long after the births if the host is online but has not answered them."""
LOST_PER_S: Final = 200
HOLD_NS: Final = 15 * 60 * NS_PER_S
"""Readings of a boot that does not know the time wait so long after connecting for a source."""
CARD_RETRY_NS: Final = NS_PER_S
"""A card that could not be read is asked again this much later."""


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
    """Cursors over the spool for one session with the broker.

    The spool may change its epoch under us, when the card fails and when it is well again. What
    the epoch left behind had still to send is then replay.
    """

    def __init__(
        self,
        spool: Spool,
        settings: Uplink,
        now: Moment,
        *,
        sent_below: Mapping[int, int],
        keeper: TimeKeeper | None = None,
    ) -> None:
        self._spool, self._settings, self._keeper = spool, settings, keeper
        self._started_ns = now.mono_ns
        self._answered = False
        self._host_online: bool | None = None
        self._cursors: dict[int, LaneCursor] = {}
        self._order: list[LaneCursor] = []
        self._look(now, live=spool.next_offset)
        if self._plain:
            for cursor in self._order:
                cursor.skip_sent(sent_below.get(cursor.epoch, 0))
        self._messages = Bucket(settings.replay_messages_per_s, now.mono_ns)
        self._bytes = Bucket(settings.replay_bytes_per_s, now.mono_ns)
        self._declarations = Bucket(LOST_PER_S, now.mono_ns)
        self.resent_records = 0

    def _look(self, now: Moment, *, live: int | None = None) -> LaneCursor:
        """Learn which epochs there are; gives the cursor of the one being written.

        An epoch that begins in mid-session is all of this session, unless it was there before.
        """
        spool, known = self._spool, self._cursors
        active = spool.epoch
        cursors: dict[int, LaneCursor] = {}
        for position in spool.positions():
            cursor = known.get(position.epoch)
            if cursor is None:
                fresh = spool.stats.ram_mode and position.epoch == active
                begin = live if live is not None and position.epoch == active else None
                if begin is None:
                    begin = position.committed if fresh else position.next_offset
                cursor = LaneCursor(
                    position.epoch,
                    committed=position.committed,
                    live=begin,
                    mono_ns=now.mono_ns,
                )
            cursor.take(position, is_active=position.epoch == active)
            cursors[position.epoch] = cursor
        self._cursors, self._order = cursors, list(cursors.values())
        return cursors[active]

    @property
    def _plain(self) -> bool:
        """No host acknowledges (yet): nothing is gained by waiting for an answer."""
        mode = self._settings.commit
        return mode == "none" or (mode == "auto" and not self._spool.host_acknowledges)

    @property
    def sent_below(self) -> dict[int, int]:
        """By epoch: every offset below it has been handed to the broker, in order."""
        return {cursor.epoch: cursor.sent_below for cursor in self._order}

    @property
    def in_flight(self) -> int:
        """Replayed records that no commit has confirmed; bounded by the window."""
        return sum(len(cursor.in_flight) for cursor in self._order)

    @property
    def host_online(self) -> bool | None:
        """What the host last said of itself; None before it said anything."""
        return self._host_online

    def host_state(self, *, online: bool) -> None:
        """The host said whether it is there; replay pauses while it is not."""
        self._host_online = online

    def committed(self, epoch: int, now: Moment, *, first: bool) -> None:
        """The host answered. ``first``: it is the first answer ever, so all still held is sent."""
        self._answered = self._host_online = True  # who commits is there, whatever its state said
        answered = self._cursors.get(epoch)
        self._look(now)
        for cursor in self._order:
            if cursor is answered or first:
                cursor.answered(cursor.committed, now.mono_ns, first=first)

    def next_live(self, now: Moment) -> Record | None:
        """The next record of the live lane; those that grew old move to replay."""
        cursor = self._look(now)
        while (found := self._spool.read(cursor.live)) is not None:
            if self._is_live(found, now):
                assert isinstance(found, Record)
                return found
            step = found.count - (cursor.live - found.offset) if isinstance(found, Lost) else 1
            cursor.aged(step)
        return None

    def _is_live(self, found: Record | Lost, now: Moment) -> bool:
        if isinstance(found, Lost):
            return False
        if found.klass >= RecordClass.SENSOR and self._holds(found, now):
            return False  # signs of life never wait for anything
        return now.mono_ns - found.mono_ns <= LIVE_AGE_NS

    def _holds(self, record: Record, now: Moment) -> bool:
        """Whether a record waits for somebody to tell the time."""
        if self._keeper is None or now.mono_ns - self._started_ns >= HOLD_NS:
            return False
        return self._keeper.awaits(record)

    def live_sent(self, item: Record | Lost) -> None:
        """The broker took it."""
        cursor = self._cursors.get(item.epoch)
        if cursor is not None:
            cursor.live = item.offset + 1

    def _may_replay(self, now: Moment) -> bool:
        if self._plain:
            return True
        if self._host_online is False:
            return False
        waited = now.mono_ns - self._started_ns >= PATIENCE_NS
        return self._answered or (waited and self._host_online is True)

    def next_replay(self, now: Moment) -> Record | Lost | None:
        """The next record or declared loss of the replay lane, if it may go now."""
        if not self._may_replay(now):
            return None
        self._look(now)
        if not self._plain:
            for cursor in self._order:
                cursor.resend_if_stuck(now.mono_ns, wanted=self._host_online is not False)
        found = self._first_replay()
        return found if found is not None and self._free_ns(found, now) <= now.mono_ns else None

    def _first_replay(self) -> Record | Lost | None:
        """The head of the replay lane; an epoch that the card cannot say now lets others pass."""
        for cursor in self._order:
            if cursor.has_replay:
                found = self._spool.read(cursor.replay, cursor.epoch)
                if found is not None:
                    return found
        return None

    def _free_ns(self, found: Record | Lost, now: Moment) -> int:
        """When this may be sent if nothing else happens before, monotonic."""
        mono_ns = now.mono_ns
        if isinstance(found, Lost):
            return mono_ns + self._declarations.wait_ns(mono_ns)
        if self._holds(found, now):
            return self._started_ns + HOLD_NS
        if self.in_flight >= self._settings.replay_window_records and not self._plain:
            return min(cursor.resend_ns for cursor in self._order)
        return mono_ns + max(self._messages.wait_ns(mono_ns), self._bytes.wait_ns(mono_ns))

    def replay_sent(self, item: Record | Lost, size_bytes: int) -> None:
        """The broker took it."""
        if isinstance(item, Lost):
            self._declarations.take(1)
        else:
            self._messages.take(1)
            self._bytes.take(size_bytes)
            self.resent_records += 1
        cursor = self._cursors.get(item.epoch)
        if cursor is not None and isinstance(item, Lost):
            cursor.replay = item.offset + item.count
        elif cursor is not None:
            cursor.replay = item.offset + 1
            if not self._plain:  # else no commit would ever take it out again
                cursor.in_flight.append(item.offset)

    def wake_ns(self, now: Moment) -> int | None:
        """When ``next_replay`` may give something again; None when it waits for the host."""
        if not self._may_replay(now):
            patience_ns = self._started_ns + PATIENCE_NS
            return patience_ns if self._host_online and patience_ns > now.mono_ns else None
        self._look(now)
        dues = [] if self._plain else [cursor.resend_ns for cursor in self._order]
        found = self._first_replay()
        if found is not None:
            dues.append(self._free_ns(found, now))
        elif any(cursor.has_replay for cursor in self._order):
            dues.append(now.mono_ns + CARD_RETRY_NS)
        return min(dues, default=None)
