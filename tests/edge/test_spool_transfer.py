"""From a dead gateway's card into a living gateway's: same records, same numbers, new aliases."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edge.alias_table import AliasTable
from edge.errors import BundleRefused
from edge.spool import BootInfo, Record, Spool
from edge.spool_transfer import Imported, as_lines, export, import_bundle
from simulators.disk import SimulatedDisk
from tests.edge.spool_world import LIMITS, START
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import RecordClass

DEAD, NEW = BootInfo("kernel-1", "dead-board"), BootInfo("kernel-9", "new-board")
NAMES = ("climate/temperature_c", "climate/humidity_pct", "wifi/clients")


def body_of(alias: int, value: int) -> bytes:
    payload = pb.Payload()
    payload.metrics.add(alias=alias, int_value=value)
    return payload.SerializeToString()


def dead_card(records: int = 50, committed: int = 10) -> SimulatedDisk:
    disk = SimulatedDisk(seed=0)
    spool = Spool.open(disk, limits=LIMITS, boot=DEAD, now=START)
    aliases = AliasTable.open(disk, spool.epoch)
    for number in range(records):
        alias = aliases.alias_of("sensor-1", NAMES[number % 3], 10)
        spool.append(body_of(alias, number), klass=RecordClass.SENSOR, now=START)
    spool.commit(spool.epoch, committed, START)
    spool.sync(START)
    spool.tick(START.later(61))
    disk.crash()
    return disk


def new_card() -> SimulatedDisk:
    disk = SimulatedDisk(seed=1)
    spool = Spool.open(disk, limits=LIMITS, boot=NEW, now=START)
    aliases = AliasTable.open(disk, spool.epoch)
    aliases.alias_of("", "bdSeq", 4)
    aliases.alias_of("sensor-1", NAMES[2], 10)
    spool.append(body_of(2, 1), klass=RecordClass.SENSOR, now=START)
    spool.close(START)
    return disk


def brought(source: SimulatedDisk, target: SimulatedDisk) -> Imported:
    return import_bundle(export(source), target, boot=NEW, limits=LIMITS)


def meanings(disk: SimulatedDisk) -> dict[tuple[int, int], tuple[str, int]]:
    """(epoch, offset) -> metric name and value, of all that is held."""
    spool = Spool.open(disk, limits=LIMITS, boot=NEW, now=START)
    aliases = AliasTable.open(disk, spool.epoch)
    held = {}
    for backlog in spool.backlogs():
        for offset in range(backlog.committed, backlog.next_offset):
            record = spool.read(offset, backlog.epoch)
            if isinstance(record, Record):
                metric = pb.Payload.FromString(record.body).metrics[0]
                row = aliases.describe(metric.alias)
                assert row is not None
                held[record.epoch, record.offset] = (row[1], metric.int_value)
    spool.close(START)
    return held


def test_records_keep_their_numbers_and_their_meaning() -> None:
    source, target = dead_card(), new_card()
    done = brought(source, target)
    assert (done.epochs, done.records, done.own_epochs, done.unknown_aliases) == (1, 40, 0, 0)
    held = meanings(target)
    assert len(held) == 41
    for (_epoch, offset), (name, value) in held.items():
        if offset >= 10:
            assert (name, value) == (NAMES[offset % 3], offset)


def test_looking_does_not_touch_the_dead_card() -> None:
    source = dead_card()
    before = source.image()
    list(export(source))
    assert source.image() == before


def test_twice_is_as_good_as_once_even_after_a_part_was_sent() -> None:
    source, target = dead_card(), new_card()
    brought(source, target)
    spool = Spool.open(target, limits=LIMITS, boot=NEW, now=START)
    foreign = spool.backlogs()[0].epoch
    spool.commit(foreign, 30, START)
    spool.close(START)
    brought(source, target)
    spool = Spool.open(target, limits=LIMITS, boot=NEW, now=START)
    assert spool.backlogs()[0][:4] == (foreign, 30, 50, 20)
    assert spool.stats.foreign_segments == 0


def test_holes_are_brought_along_with_their_reason() -> None:
    source, target = dead_card(), new_card()
    spool = Spool.open(source, limits=LIMITS, boot=BootInfo("kernel-2", "dead-board"), now=START)
    spool.append(body_of(1, 7), klass=RecordClass.EVENT, now=START)
    expected = [lost[1:4] for lost in spool.lost_ranges()]
    epoch = spool.epoch
    spool.close(START)
    done = brought(source, target)
    assert done.lost == 65_536
    spool = Spool.open(target, limits=LIMITS, boot=NEW, now=START)
    assert [lost[1:4] for lost in spool.lost_ranges() if lost.epoch == epoch] == expected


def test_a_gateway_s_own_bundle_changes_nothing() -> None:
    target = new_card()
    before = target.image()
    done = brought(target, target)
    assert (done.own_epochs, done.records) == (1, 0)
    assert target.image() == before


def test_a_damaged_card_gives_what_it_has() -> None:
    source, target = dead_card(), new_card()
    name = "spool/" + min(name for name in source.names("spool") if name.endswith(".seg"))
    source.flip_bit(name, 8 * 900)
    done = brought(source, target)
    assert (done.records, done.lost) in ((39, 1), (40, 0))
    assert len(meanings(target)) == done.records + 1


def test_a_record_nobody_can_explain_is_kept_and_counted() -> None:
    source, target = dead_card(), new_card()
    for name in ("a", "b"):
        source.remove(f"spool/aliases-{name}.bin")
    done = brought(source, target)
    assert (done.records, done.unknown_aliases) == (40, 40)


def test_a_bundle_cut_short_is_refused() -> None:
    lines = list(export(dead_card()))
    for keep in (0, 1, 5, len(lines) - 1):
        with pytest.raises(BundleRefused):
            import_bundle(lines[:keep], new_card(), boot=NEW, limits=LIMITS)
    for broken in (
        [lines[0], lines[0]],
        [lines[0], lines[2], lines[1], lines[-1]],
        [lines[0], b'{"line":"record"}'],
        [lines[0], b'{"line":"end","records":3}'],
        [b"\xff"],
        [lines[1]],
        [lines[0], lines[1].replace(b'"epoch":', b'"epoch":1')],
    ):
        with pytest.raises(BundleRefused):
            import_bundle(broken, new_card(), boot=NEW, limits=LIMITS)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_lines_but_a_refusal(lines: list[bytes]) -> None:
    with pytest.raises(BundleRefused):
        import_bundle(lines, SimulatedDisk(seed=0), boot=NEW, limits=LIMITS)


@given(st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line and line)), st.data())
def test_lines_are_cut_wherever_the_pipe_cuts(lines: list[bytes], draw: st.DataObject) -> None:
    text = b"".join(line + b"\n" for line in lines)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(text)))))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert list(as_lines(chunks)) == lines
