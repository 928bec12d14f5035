"""Readings become records; what cannot be true does not, and no two share a moment."""

from hypothesis import given
from hypothesis import strategies as st

from edge.alias_table import AliasTable
from edge.collector import NODE, RECENT_MAX, Collector, Latest
from edge.spool import BootInfo, Spool
from edge.spool_record import Record
from simulators.disk import SimulatedDisk
from tests.edge.one_gateway import START
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import RecordClass
from vocabulary.metrics import CATALOGUE
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, Metric, Value, decode, interpret
from vocabulary.units import NS_PER_MS

AP = "ap-one"
MS = START.wall_ms


class Desk:
    """A collector over an empty spool."""

    def __init__(self) -> None:
        disk = SimulatedDisk(seed=1)
        self.spool = Spool.open(disk, boot=BootInfo("kernel", "board"), now=START)
        self.aliases = AliasTable.open(disk, self.spool.epoch)
        self.collector = Collector(self.spool, self.aliases)

    def add(
        self, *values: tuple[str, Value], now: Moment = START, ts_ms: int | None = None
    ) -> None:
        self.collector.add(AP, values, now, klass=RecordClass.CHECK, ts_ms=ts_ms)

    def record(self, offset: int) -> Record:
        found = self.spool.read(offset)
        assert isinstance(found, Record)
        return found

    def metrics(self, offset: int) -> tuple[Metric, ...]:
        return decode(self.record(offset).body).metrics

    def times_ms(self) -> list[int | None]:
        """Of the first metric of every record."""
        return [self.metrics(ix)[0].timestamp_ms for ix in range(self.spool.next_offset)]


def test_a_record_holds_aliases_times_and_values_and_nothing_of_the_session() -> None:
    desk = Desk()
    desk.add(("wifi/clients", 3), ("wifi/rx_bytes", 2**53 + 1))
    record = desk.record(0)
    assert record.klass == RecordClass.CHECK
    body = pb.Payload.FromString(record.body)
    assert not body.HasField("seq")
    assert not body.HasField("timestamp")
    metrics = desk.metrics(0)
    assert [one.name for one in metrics] == [None, None]
    assert {one.timestamp_ms for one in metrics} == {MS}
    assert not any(one.is_historical for one in metrics)
    meanings = [desk.aliases.describe(one.alias or 0) for one in metrics]
    assert [meaning and meaning[1] for meaning in meanings] == ["wifi/clients", "wifi/rx_bytes"]
    values = [
        interpret(one, meaning[2])
        for one, meaning in zip(metrics, meanings, strict=True)
        if meaning
    ]
    assert values == [3, 2**53 + 1]


def test_one_bad_value_costs_no_neighbour_and_is_counted() -> None:
    desk = Desk()
    desk.add(("wifi/clients", -1), ("wifi/rx_bytes", 5), ("wifi/tx_bytes", float("nan")))
    assert len(desk.metrics(0)) == 1
    assert (desk.collector.out_of_range, desk.collector.readings) == (2, 1)


def test_nothing_good_is_no_record() -> None:
    desk = Desk()
    desk.add(("wifi/clients", 99_999))
    desk.add()
    assert desk.spool.next_offset == 0


def test_text_is_never_a_reading() -> None:
    desk = Desk()
    desk.add(("wifi/clients", "02:00:5e:00:00:01"))
    assert desk.spool.next_offset == 0
    assert desk.collector.out_of_range == 1


def test_a_reading_is_dated_when_it_was_sampled() -> None:
    desk = Desk()
    values = [("air/co2_ppm", 500.0)]
    earlier_ns = START.mono_ns - 250 * NS_PER_MS
    desk.collector.add(AP, values, START, klass=RecordClass.SENSOR, mono_ns=earlier_ns)
    desk.collector.add(AP, values, START, klass=RecordClass.SENSOR, mono_ns=0)
    assert desk.times_ms() == [MS - 250, MS - START.mono_ms]
    assert desk.record(0).wall_ns == START.wall_ns


def test_two_readings_never_share_a_millisecond() -> None:
    desk = Desk()
    for _reading in range(5):
        desk.add(("wifi/clients", 1))
    assert desk.times_ms() == [MS, MS + 1, MS + 2, MS + 3, MS + 4]


def test_a_source_whose_clock_steps_back_overwrites_nothing() -> None:
    desk = Desk()
    for second in (0, 10, 20, 0, 10, 20, 30):  # whole seconds, set back by thirty
        desk.add(("wifi/clients", 1), ts_ms=MS + second * 1_000)
    times = desk.times_ms()
    assert len(set(times)) == 7
    assert times[3:6] == [MS + 1, MS + 10_001, MS + 20_001]


@given(st.lists(st.integers(0, 40), max_size=RECENT_MAX))
def test_times_are_distinct_and_hardly_moved(steps: list[int]) -> None:
    desk = Desk()
    for step in steps:
        desk.add(("wifi/clients", 1), ts_ms=MS + step)
    times = desk.times_ms()
    assert len(set(times)) == len(steps)
    assert all(
        0 <= (at or 0) - MS - step <= len(steps) for at, step in zip(times, steps, strict=True)
    )


def test_what_is_remembered_of_times_is_bounded() -> None:
    desk = Desk()
    for number in range(2 * RECENT_MAX):
        desk.add(("wifi/clients", 1), now=START.later(number))
    assert len(desk.collector._recent_ms[AP]) == RECENT_MAX


def test_what_is_expected_is_announced_before_it_is_known() -> None:
    desk = Desk()
    desk.collector.expect(AP, ["wifi/clients"], MS)
    assert desk.collector.latest[AP] == {"wifi/clients": Latest(None, MS)}
    later = START.later(1)
    desk.add(("wifi/clients", 4), now=later)
    desk.collector.expect(AP, ["wifi/clients"], MS)
    assert desk.collector.latest[AP]["wifi/clients"] == Latest(4, later.wall_ms)
    assert desk.collector.latest[NODE] == {}


WHOLE = sorted(n for n, row in CATALOGUE.items() if row.datatype is not Datatype.DOUBLE)
BROKEN = sorted(n for n, row in CATALOGUE.items() if row.datatype is Datatype.DOUBLE)
READINGS = st.one_of(
    st.tuples(st.sampled_from(WHOLE), st.one_of(st.integers(), st.booleans(), st.text(max_size=3))),
    st.tuples(st.sampled_from(BROKEN), st.one_of(st.integers(), st.floats(), st.text(max_size=3))),
)


@given(st.lists(READINGS, max_size=20))
def test_any_values_are_stored_or_counted(values: list[tuple[str, Value]]) -> None:
    desk = Desk()
    desk.add(*values, now=START.later(1))
    assert desk.collector.readings + desk.collector.out_of_range == len(values)
    stored = len(desk.metrics(0)) if desk.spool.next_offset else 0
    assert stored == desk.collector.readings
