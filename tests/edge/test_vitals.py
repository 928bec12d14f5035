"""What a gateway says of itself fits the catalogue, and leaves out what it cannot know."""

from edge.spool import BootInfo, Spool
from edge.vitals import Vitals, full, heartbeat, node_metrics
from simulators.disk import SimulatedDisk
from tests.edge.one_gateway import START
from vocabulary.delivery import RecordClass
from vocabulary.metrics import CATALOGUE, in_range


def spool() -> Spool:
    return Spool.open(SimulatedDisk(seed=1), boot=BootInfo("kernel", "board"), now=START)


def test_all_names_are_the_catalogues_and_each_once() -> None:
    names = node_metrics()
    assert len(set(names)) == len(names)
    assert set(names) <= set(CATALOGUE)


def test_a_heartbeat_says_how_long_and_whether_heard() -> None:
    later = START.later(61.9)
    said = dict(heartbeat(started_ns=START.mono_ns, now=later, connected=True))
    assert said["gateway/uptime_s"] == 61
    assert said["gateway/uplink_ok"] is True
    assert set(said) <= set(node_metrics())


def test_uptime_is_never_negative() -> None:
    said = dict(heartbeat(started_ns=START.mono_ns + 5, now=START, connected=False))
    assert said["gateway/uptime_s"] == 0


def test_a_machine_that_can_tell_nothing_says_nothing() -> None:
    said = dict(full(Vitals(), spool(), START))
    assert said == {
        "gateway/clock_quality": 0,
        "spool/backlog_records": 0,
        "spool/backlog_bytes": 0,
        "spool/oldest_age_s": 0,
    }


def test_the_longer_record() -> None:
    one = spool()
    one.append(b"body", klass=RecordClass.CHECK, now=START)
    vitals = Vitals(cpu_pct=1.5, memory_bytes=50 << 20, disk_free_bytes=1 << 30, temperature_c=40.0)
    said = dict(full(vitals, one, START.later(90)))
    assert said["spool/backlog_records"] == 1
    assert said["spool/oldest_age_s"] == 90
    assert said["gateway/cpu_pct"] == 1.5
    assert set(said) <= set(node_metrics())
    assert all(in_range(CATALOGUE[name], float(value)) for name, value in said.items())
