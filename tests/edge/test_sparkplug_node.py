"""Every message the gateway can make, read back by other means."""

from typing import NamedTuple

from edge.alias_table import AliasTable
from edge.collector import NODE, Collector
from edge.presence import Presence
from edge.sparkplug_node import NODE_DELIVERY, Outgoing, SparkplugNode
from edge.spool import BootInfo, Lost, Spool
from edge.spool_record import Record
from simulators.disk import SimulatedDisk
from tests.edge.one_gateway import START
from vocabulary import delivery
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import LostReason, RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.payload import EMITTED, Datatype, Value
from vocabulary.units import NS_PER_MS, NS_PER_S

AP = "ap-one"
NO_TIMES = (0, 0, (0, 0, 0, 0))


class Desk(NamedTuple):
    """A node with one access point."""

    node: SparkplugNode
    spool: Spool
    aliases: AliasTable
    collector: Collector

    def record(self, *values: tuple[str, Value], now: Moment = START) -> Record:
        offset = self.collector.add(AP, values, now, klass=RecordClass.CHECK)
        assert offset is not None
        found = self.spool.read(offset)
        assert isinstance(found, Record)
        return found


def desk(disk: SimulatedDisk | None = None) -> Desk:
    card = disk or SimulatedDisk(seed=1)
    spool = Spool.open(card, boot=BootInfo("kernel", "board"), now=START)
    aliases = AliasTable.open(card, spool.epoch)
    collector = Collector(spool, aliases)
    collector.expect(NODE, ["gateway/uptime_s"], START.wall_ms)
    collector.expect(AP, ["wifi/ok", "wifi/clients"], START.wall_ms)
    node = SparkplugNode(
        "gw",
        "north",
        spool=spool,
        aliases=aliases,
        collector=collector,
        presence=Presence([AP]),
        configuration="digest",
    )
    return Desk(node, spool, aliases, collector)


def wire(outgoing: Outgoing | None) -> pb.Payload:
    assert outgoing is not None
    return pb.Payload.FromString(outgoing.payload)


def test_births_hold_name_alias_type_time_and_value_or_null() -> None:
    births = desk().node.births(START)
    assert [one.topic for one in births] == [
        "spBv1.0/north/NBIRTH/gw",
        "spBv1.0/north/DBIRTH/gw/ap-one",
    ]
    for birth in births:
        body = wire(birth)
        assert (birth.qos, birth.retain, birth.offset) == (0, False, None)
        assert body.timestamp == START.wall_ms
        for metric in body.metrics:
            assert metric.name
            assert metric.datatype in EMITTED
            assert metric.timestamp == START.wall_ms
            assert metric.HasField("alias") != (metric.name == delivery.REBIRTH)
            assert metric.is_null == (metric.WhichOneof("value") is None)
            assert not metric.HasField("is_historical")
        names = [metric.name for metric in body.metrics]
        assert len(set(names)) == len(names)
        assert len({name.lower() for name in names}) == len(names)


def test_readings_nobody_has_had_are_null_and_later_the_last_ones() -> None:
    one = desk()
    by_name = {metric.name: metric for metric in wire(one.node.births(START)[1]).metrics}
    assert by_name["wifi/clients"].is_null
    later = START.later(9)
    one.record(("wifi/clients", 5), now=later)
    by_name = {metric.name: metric for metric in wire(one.node.births(later.later(9))[1]).metrics}
    assert by_name["wifi/clients"].int_value == 5
    assert by_name["wifi/clients"].timestamp == later.wall_ms


def test_the_session_number_is_an_int64_in_the_long_value() -> None:
    one = desk()
    one.node.draw_bd_seq()
    one.node.draw_bd_seq()
    (bd_seq,) = [
        metric for metric in wire(one.node.births(START)[0]).metrics if metric.name == "bdSeq"
    ]
    assert bd_seq.datatype == Datatype.INT64
    assert bd_seq.WhichOneof("value") == "long_value"
    assert bd_seq.long_value == 1
    (last,) = wire(one.node.death(START)).metrics
    assert (last.name, last.long_value) == ("bdSeq", 1)


def test_death_has_no_seq_and_takes_none() -> None:
    one = desk()
    one.node.births(START)
    body = wire(one.node.death(START))
    assert not body.HasField("seq")
    assert body.timestamp == START.wall_ms
    assert wire(one.node.data(one.record(("wifi/clients", 1)), START, historical=False)).seq == 2


def test_data_goes_by_alias_with_its_own_times() -> None:
    one = desk()
    one.node.births(START)
    record = one.record(("wifi/clients", 2))
    later = START.later(3)
    outgoing = one.node.data(record, later, historical=False)
    body = wire(outgoing)
    assert outgoing is not None
    assert outgoing.topic == "spBv1.0/north/DDATA/gw/ap-one"
    assert outgoing.offset == record.offset
    assert body.timestamp == later.wall_ms
    for metric in body.metrics:
        assert not metric.HasField("name")
        assert not metric.HasField("datatype")
        assert not metric.HasField("is_historical")
        assert metric.HasField("timestamp")
    times = [metric.timestamp for metric in body.metrics]
    assert times == sorted(times)
    assert times[0] == START.wall_ms


def test_times_do_not_go_back_within_a_message_of_a_source_ahead_of_us() -> None:
    one = desk()
    ahead_ms = START.wall_ms + 200_000
    values: list[tuple[str, Value]] = [("wifi/clients", 2)]
    one.collector.add(AP, values, START, klass=RecordClass.CHECK, ts_ms=ahead_ms)
    record = one.spool.read(0)
    assert isinstance(record, Record)
    times = [m.timestamp for m in wire(one.node.data(record, START, historical=False)).metrics]
    assert times == sorted(times)


def test_every_delivery_metric_rides_in_every_data_message() -> None:
    one = desk()
    one.node.births(START)
    now = START.later(2)
    body = wire(one.node.data(one.record(("wifi/clients", 2)), now, historical=True))
    values = {}
    for metric in body.metrics:
        meaning = one.aliases.describe(metric.alias)
        assert meaning is not None
        assert metric.is_historical
        values[meaning[1]] = metric.long_value or metric.int_value
    expected = {
        delivery.SPOOL_EPOCH: one.spool.epoch,
        delivery.SPOOL_OFFSET: 0,
        delivery.TIME_BOOT: one.spool.boot,
        delivery.TIME_MONOTONIC: START.mono_ms,
        delivery.TIME_QUALITY: TimeQuality.SYNCED,
        delivery.TIME_SENT: now.mono_ms,
    }
    assert values == expected | {"wifi/clients": 2}
    assert set(expected) == {name for name, _type in NODE_DELIVERY}


def test_a_resend_differs_in_nothing_but_seq_and_sending_time() -> None:
    one = desk()
    one.node.births(START)
    record = one.record(("wifi/clients", 2))
    first = wire(one.node.data(record, START, historical=True))
    again = wire(one.node.data(record, START, historical=True))
    assert again.seq == first.seq + 1
    again.seq = first.seq
    assert again == first


def test_times_of_an_unsynced_record_are_moved_as_told() -> None:
    one = desk()
    one.node.births(START)
    record = one.record(("wifi/clients", 2))
    shift_ns = 5 * NS_PER_S
    moved = wire(one.node.data(record, START.later(9), historical=True, shift_ns=shift_ns))
    assert moved.metrics[0].timestamp == START.wall_ms + shift_ns // NS_PER_MS
    by_name = {(one.aliases.describe(m.alias) or ("", "", 0))[1]: m for m in moved.metrics}
    assert by_name[delivery.TIME_QUALITY].int_value == TimeQuality.RECOVERED


def test_a_loss_is_an_ndata_with_its_reason() -> None:
    one = desk()
    one.node.births(START)
    for reason in LostReason:
        lost = Lost(7, 40, 3, reason.name.lower(), *NO_TIMES)
        outgoing = one.node.lost(lost, START)
        assert outgoing.topic == "spBv1.0/north/NDATA/gw"
        values = {}
        for metric in wire(outgoing).metrics:
            meaning = one.aliases.describe(metric.alias)
            assert meaning is not None
            assert meaning[0] == NODE
            values[meaning[1]] = metric.long_value or metric.int_value
        assert values.items() >= {
            (delivery.SPOOL_EPOCH, 7),
            (delivery.SPOOL_OFFSET, 40),
            (delivery.SPOOL_LOST, 3),
            (delivery.SPOOL_LOST_REASON, reason),
        }


def test_aliases_are_dense_and_keep_their_meaning_over_restarts() -> None:
    disk = SimulatedDisk(seed=1)
    one = desk(disk)
    one.node.births(START)
    one.record(("wifi/tx_bytes", 2))
    before = dict(enumerate(one.aliases.rows(), start=1))
    one.spool.close(START)
    disk.crash()
    after = desk(disk)
    after.node.births(START)
    now = dict(enumerate(after.aliases.rows(), start=1))
    assert {alias: now[alias] for alias in before} == before
    names = {metric.name for metric in wire(after.node.births(START)[1]).metrics}
    assert "wifi/tx_bytes" in names


def test_a_record_without_a_known_alias_cannot_be_told() -> None:
    one = desk()
    body = pb.Payload()
    body.metrics.add(alias=9_999, int_value=1)
    for unknown in (body.SerializeToString(), b""):
        offset = one.spool.append(unknown, klass=RecordClass.CHECK, now=START)
        record = one.spool.read(offset)
        assert isinstance(record, Record)
        assert one.node.data(record, START, historical=False) is None
