"""Which record goes next; what the conversation shows is in test_uplink_session.py."""

from hypothesis import given
from hypothesis import strategies as st

from edge.configuration import Uplink
from edge.lanes import CARD_RETRY_NS, HOLD_NS, LIVE_AGE_NS, LOST_PER_S, Bucket, Lanes
from edge.spool import BootInfo, Lost, Record, Spool
from edge.time_keeper import TimeKeeper
from simulators.disk import SimulatedDisk
from tests.edge.one_gateway import START
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

UPLINK = Uplink("mqtt://127.0.0.1:1883")


class Desk:
    """A spool, and the lanes of one session over it."""

    def __init__(self, *, before: int = 0, acknowledged: bool = False) -> None:
        self.disk = SimulatedDisk(seed=1)
        self.spool = Spool.open(self.disk, boot=BootInfo("kernel", "board"), now=START)
        self.keeper: TimeKeeper | None = None
        if acknowledged:
            self.spool.commit(self.spool.epoch, 0, START)
        self.append(before, START)
        self.lanes = self.session(START)

    def session(self, now: Moment) -> Lanes:
        return Lanes(self.spool, UPLINK, now, sent_below={}, keeper=self.keeper)

    def keep_time(self) -> TimeKeeper:
        """From now on the lanes of a gateway that does not know the time."""
        epoch, boot = self.spool.epoch, self.spool.boot
        made = TimeKeeper(self.disk, epoch=epoch, boot=boot, kernel_boot_id="kernel")
        self.keeper = made
        self.lanes = self.session(unsynced(START))
        return made

    def append(self, count: int, now: Moment, klass: RecordClass = RecordClass.CHECK) -> None:
        for _record in range(count):
            self.spool.append(b"body", klass=klass, now=now)

    def live(self, now: Moment) -> list[int]:
        """Offsets the live lane gives now, all of them sent."""
        taken = []
        while (record := self.lanes.next_live(now)) is not None:
            taken.append(record.offset)
            self.lanes.live_sent(record)
        return taken

    def replay(self, now: Moment, size_bytes: int = 100) -> list[int]:
        """Offsets the replay lane gives now, all of them sent."""
        taken = []
        while (item := self.lanes.next_replay(now)) is not None:
            taken.append(item.offset)
            self.lanes.replay_sent(item, size_bytes)
        return taken


@given(
    rate=st.floats(0.5, 1_000),
    gaps_ms=st.lists(st.integers(0, 3_000), max_size=60),
    amount=st.floats(0.1, 50),
)
def test_a_bucket_never_lets_more_through_than_its_rate(
    rate: float, gaps_ms: list[int], amount: float
) -> None:
    bucket, now_ns, passed = Bucket(rate, 0), 0, 0.0
    for gap_ms in gaps_ms:
        now_ns += gap_ms * 1_000_000
        while bucket.wait_ns(now_ns) == 0:
            bucket.take(amount)
            passed += amount
        assert passed <= rate * (now_ns / NS_PER_S + 1) + amount + 1e-6
        now_ns += bucket.wait_ns(now_ns)
        assert bucket.wait_ns(now_ns) == 0


def test_a_clock_that_stands_still_gives_a_bucket_nothing() -> None:
    bucket = Bucket(1, 0)
    bucket.take(2)
    assert bucket.wait_ns(0) == bucket.wait_ns(0) > NS_PER_S
    assert bucket.wait_ns(-5) > 0


def test_what_is_older_than_the_session_is_replay_and_what_is_newer_live() -> None:
    desk = Desk(before=3)
    desk.append(2, START.later(1))
    assert desk.live(START.later(1)) == [3, 4]
    assert desk.replay(START.later(1)) == [0, 1, 2]
    assert desk.replay(START.later(60)) == []


def test_a_live_record_that_grew_old_is_replayed() -> None:
    desk = Desk()
    desk.append(2, START)
    at_last = Moment(START.mono_ns + LIVE_AGE_NS, START.wall_ns)
    assert desk.lanes.next_live(at_last) is not None
    too_late = Moment(at_last.mono_ns + 1, at_last.wall_ns)
    assert desk.live(too_late) == []
    assert desk.replay(too_late) == [0, 1]


def test_the_rate_of_the_replay_lane() -> None:
    desk = Desk(before=100)
    assert len(desk.replay(START)) == 21  # a second's worth saved up, and the one that pays for it
    assert len(desk.replay(START.later(1))) == 20
    wake_ns = desk.lanes.wake_ns(START.later(1))
    assert wake_ns is not None
    assert START.mono_ns + NS_PER_S < wake_ns <= START.mono_ns + round(1.1 * NS_PER_S)


def test_bytes_count_as_well() -> None:
    desk = Desk(before=100)
    assert len(desk.replay(START, size_bytes=UPLINK.replay_bytes_per_s)) == 2


def test_losses_are_told_outside_the_rate_of_data() -> None:
    desk = Desk(before=1)
    desk.spool.close(START)
    booted = START.later(1)
    desk.disk.crash()
    desk.spool = Spool.open(desk.disk, boot=BootInfo("other", "board"), now=booted)
    desk.lanes = desk.session(booted)
    kinds = []
    while (item := desk.lanes.next_replay(booted)) is not None:
        kinds.append(type(item))
        desk.lanes.replay_sent(item, 100)
    assert set(kinds) <= {Record, Lost}
    assert LOST_PER_S == 200


def test_the_shell_is_never_told_to_wake_in_the_past_for_ever() -> None:
    """Whatever is due at the time we were told of, is there when we ask."""
    desk = Desk(before=500, acknowledged=True)
    desk.lanes.committed(desk.spool.epoch, START, first=False)
    now = START
    for _turn in range(300):
        desk.live(now)
        desk.replay(now)
        wake_ns = desk.lanes.wake_ns(now)
        assert wake_ns is not None
        assert wake_ns > now.mono_ns
        now = Moment(wake_ns, now.wall_ns + wake_ns - now.mono_ns)


def test_a_host_that_never_answers_is_not_waited_for_by_the_clock() -> None:
    desk = Desk(before=5, acknowledged=True)
    assert desk.replay(START.later(3_600)) == []
    assert desk.lanes.wake_ns(START.later(3_600)) is None
    desk.lanes.host_state(online=True)
    assert desk.replay(START.later(3_600)) == [0, 1, 2, 3, 4]


def test_while_the_card_cannot_be_read_it_is_asked_again() -> None:
    desk = Desk(before=0)
    desk.disk.gone = True
    desk.append(3, START)
    lanes = desk.session(START)
    wake_ns = lanes.wake_ns(START)
    assert wake_ns is None or wake_ns <= START.mono_ns + CARD_RETRY_NS


def unsynced(now: Moment) -> Moment:
    return now._replace(quality=TimeQuality.UNSYNCED)


def test_readings_without_a_time_wait_for_one_but_signs_of_life_do_not() -> None:
    desk = Desk()
    keeper = desk.keep_time()
    now = unsynced(START.later(1))
    desk.append(1, now, RecordClass.SENSOR)
    desk.append(1, now, RecordClass.CHECK)
    assert desk.live(now) == [1]
    assert desk.replay(now) == []
    assert desk.lanes.wake_ns(now) == START.mono_ns + HOLD_NS
    keeper.heard_host(START.wall_ns, now)
    assert desk.replay(now) == [0]


def test_readings_whose_time_nobody_tells_go_as_they_are_in_the_end() -> None:
    desk = Desk()
    desk.keep_time()
    desk.append(1, unsynced(START), RecordClass.SENSOR)
    assert desk.live(unsynced(START)) == []
    assert desk.replay(unsynced(START.later(HOLD_NS / NS_PER_S - 1))) == []
    assert desk.replay(unsynced(START.later(HOLD_NS / NS_PER_S))) == [0]


def test_a_session_on_a_failed_card_and_back() -> None:
    """The epoch changes under the lanes; nothing is forgotten and nothing goes twice."""
    desk = Desk(before=2)
    assert desk.replay(START) == [0, 1]
    first = desk.spool.epoch
    desk.disk.full = desk.disk.read_only = True
    now = START.later(1)
    desk.append(3, now)
    assert desk.spool.epoch != first
    assert desk.live(now) == [0, 1, 2]
    desk.disk.full = desk.disk.read_only = False
    for second in range(2, 200):
        desk.spool.tick(START.later(second))
    assert not desk.spool.stats.ram_mode
    now = START.later(200)
    desk.append(1, now)
    assert len(desk.live(now)) == 1
    assert desk.replay(now) == []
