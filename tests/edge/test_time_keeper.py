"""A gateway that boots in 1970 and learns the time later."""

from hypothesis import given
from hypothesis import strategies as st

from edge.spool_record import Record
from edge.time_keeper import FILE, PLAUSIBLE_FROM_NS, TimeKeeper, TimeSource
from simulators.disk import SimulatedDisk
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import INT64_MAX, NS_PER_S

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
