"""A gateway that boots in 1970 and learns the time later."""

from hypothesis import given
from hypothesis import strategies as st

from edge.spool_epoch import VOLATILE
from edge.spool_record import Record
from edge.spool_slots import SlotFile
from edge.time_keeper import AHEAD, BOOTS_MAX, FILE, PLAUSIBLE_FROM_NS, TimeKeeper, TimeSource
from simulators.disk import SimulatedDisk
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import INT64_MAX, NS_PER_S

VOLATILE_EPOCH = (1 << 32) + VOLATILE + 9
TRUE_NS = PLAUSIBLE_FROM_NS + 1_000 * NS_PER_S


def unsynced(mono_s: float) -> Moment:
    mono_ns = round(mono_s * NS_PER_S)
    return Moment(mono_ns, 40 * NS_PER_S + mono_ns, TimeQuality.UNSYNCED)


def record(at: Moment, boot: int = 1) -> Record:
    return Record(7, 1, at.wall_ns, at.mono_ns, boot, at.quality, RecordClass.SENSOR, b"")


def keeper(disk: SimulatedDisk | None = None, boot: int = 1) -> TimeKeeper:
    kernel = f"kernel-{boot}"
    return TimeKeeper(disk or SimulatedDisk(seed=1), epoch=7, boot=boot, kernel_boot_id=kernel)


def test_before_anybody_says_the_time_nothing_is_changed() -> None:
    clock = keeper()
    now = unsynced(5)
    assert clock.moment(now) == now
    assert not clock.is_known
    assert clock.shift_of(record(now)) is None
    assert clock.awaits(record(now))


def test_the_host_tells_and_unsent_records_of_this_boot_are_moved() -> None:
    clock = keeper()
    assert clock.heard_host(TRUE_NS, unsynced(100))
    assert clock.source is TimeSource.HOST
    early = record(unsynced(10))
    shift_ns = clock.shift_of(early)
    assert shift_ns is not None
    assert early.wall_ns + shift_ns == TRUE_NS - 90 * NS_PER_S
    assert not clock.awaits(early)
    now = clock.moment(unsynced(101))
    assert now.wall_ns == TRUE_NS + NS_PER_S
    assert now.quality is TimeQuality.RECOVERED


def test_records_of_another_boot_or_with_a_good_time_stay() -> None:
    clock = keeper()
    clock.heard_host(TRUE_NS, unsynced(100))
    assert clock.shift_of(record(unsynced(10), boot=0)) is None
    synced = unsynced(10)._replace(quality=TimeQuality.SYNCED)
    assert clock.shift_of(record(synced)) is None


def test_the_first_source_holds() -> None:
    clock = keeper()
    clock.heard_host(TRUE_NS, unsynced(100))
    assert not clock.heard_host(TRUE_NS + 5 * NS_PER_S, unsynced(101))
    synced = Moment(200 * NS_PER_S, TRUE_NS + 300 * NS_PER_S, TimeQuality.SYNCED)
    assert clock.moment(synced) == synced
    assert clock.moment(unsynced(100)).wall_ns == TRUE_NS


def test_a_synchronised_kernel_tells_too_and_the_host_is_not_asked() -> None:
    clock = keeper()
    synced = Moment(100 * NS_PER_S, TRUE_NS, TimeQuality.SYNCED)
    assert clock.moment(synced) == synced
    assert clock.source is TimeSource.KERNEL
    assert not clock.heard_host(TRUE_NS + NS_PER_S, synced)


def test_it_survives_a_restart_of_the_agent_but_not_of_the_machine() -> None:
    disk = SimulatedDisk(seed=1)
    keeper(disk).heard_host(TRUE_NS, unsynced(100))
    assert keeper(disk).moment(unsynced(100)).wall_ns == TRUE_NS
    assert not keeper(disk, boot=2).is_known


def test_a_full_disk_costs_only_the_memory_of_it() -> None:
    disk = SimulatedDisk(seed=1)
    clock = keeper(disk)
    disk.full = True
    assert clock.heard_host(TRUE_NS, unsynced(100))
    assert clock.write_faults == 1
    assert clock.moment(unsynced(100)).wall_ns == TRUE_NS
    assert FILE not in disk.names("")


@given(st.integers())
def test_an_absurd_host_time_is_not_believed(host_ns: int) -> None:
    clock = keeper()
    believed = clock.heard_host(host_ns, unsynced(100))
    assert believed == (PLAUSIBLE_FROM_NS <= host_ns <= INT64_MAX)


def sent(number: int, at: Moment, klass: RecordClass = RecordClass.CHECK) -> Record:
    return record(at)._replace(offset=number, klass=klass)


def test_what_went_out_as_it_was_goes_out_so_for_ever() -> None:
    disk = SimulatedDisk(seed=1)
    clock = keeper(disk)
    early, live = sent(3, unsynced(10)), sent(7, unsynced(20))
    clock.goes_out(live)
    assert clock.awaits(early)
    clock.heard_host(TRUE_NS, unsynced(100))
    for one in (clock, keeper(disk), keeper(disk, boot=2)):  # a later boot sends it again
        assert one.shift_of(live) is None
        assert one.shift_of(early) == TRUE_NS - 140 * NS_PER_S


def test_it_is_on_the_card_before_the_record_goes_out_and_seldom_written() -> None:
    disk = SimulatedDisk(seed=1)
    clock = keeper(disk)
    calls = disk.calls
    for number in range(AHEAD):
        clock.goes_out(sent(number, unsynced(10 + number)))
    assert disk.calls - calls <= 3
    disk.crash()
    assert not keeper(disk).awaits(sent(0, unsynced(10)))


def test_a_card_that_could_not_be_read_tells_later_what_it_knows() -> None:
    disk = SimulatedDisk(seed=1)
    keeper(disk).heard_host(TRUE_NS, unsynced(100))
    disk.gone = True
    blind = TimeKeeper(disk, epoch=VOLATILE_EPOCH, boot=40_000, kernel_boot_id="kernel-1")
    assert not blind.is_known
    blind.heard_host(TRUE_NS + NS_PER_S, unsynced(100))
    disk.gone = False
    blind.settle()
    blind.follow(7, 1)
    own = sent(3, unsynced(10))
    in_memory = own._replace(epoch=VOLATILE_EPOCH, boot=40_000)
    assert blind.shift_of(own) == blind.shift_of(in_memory) == TRUE_NS - 140 * NS_PER_S
    assert keeper(disk).shift_of(in_memory) == TRUE_NS - 140 * NS_PER_S


def test_a_number_that_another_kernel_had_is_not_its_time() -> None:
    disk = SimulatedDisk(seed=1)
    keeper(disk).heard_host(TRUE_NS, unsynced(100))
    other = TimeKeeper(disk, epoch=7, boot=1, kernel_boot_id="another kernel")
    assert not other.is_known


def test_many_boots_are_remembered_but_not_for_ever() -> None:
    disk = SimulatedDisk(seed=1)
    for boot in range(1, 2 * BOOTS_MAX):
        keeper(disk, boot=boot).heard_host(TRUE_NS, unsynced(100))
    last = keeper(disk, boot=2 * BOOTS_MAX)
    assert last.shift_of(record(unsynced(10), boot=2 * BOOTS_MAX - 1)) is not None
    assert last.shift_of(record(unsynced(10), boot=1)) is None


@given(st.binary(max_size=200))
def test_no_bytes_of_the_card_raise(value: bytes) -> None:
    disk = SimulatedDisk(seed=1)
    SlotFile(disk, FILE).store(value)
    keeper(disk)
