"""A record read by another way than the host's, to the same points."""

import random

from edge.alias_table import AliasTable
from edge.collector import Collector
from edge.spool import BootInfo, Spool
from ingest.points import Tags
from simulators.disk import SimulatedDisk
from simulators.swarm_plan import draw
from simulators.swarm_record import Heads, TrueRecord, text_of
from simulators.swarm_world import inventory_of
from simulators.virtual_influx import VirtualInflux, split_line
from vocabulary.delivery import RecordClass
from vocabulary.line_protocol import render
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

NOW = Moment(5 * NS_PER_S, 1_800_000_000 * NS_PER_S)


def appended(device: str, values: list[tuple[str, float | int | bool]]) -> TrueRecord:
    disk = SimulatedDisk(seed=1)
    spool = Spool.open(disk, boot=BootInfo("kernel", "board"), now=NOW)
    aliases = AliasTable.open(disk, spool.epoch)
    offset = Collector(spool, aliases).add(device, values, NOW, klass=RecordClass.SENSOR)
    assert offset is not None
    found = spool.read(offset)
    assert found is not None

    def name_of(alias: int) -> tuple[str, str]:
        row = aliases.describe(alias)
        assert row is not None
        return row[0], row[1]

    record = TrueRecord(getattr(found, "body"), name_of, klass=2, quality=0, true_ns=0)  # noqa: B009
    record.place(Heads(inventory_of(draw(0))), "gw-0")
    return record


def test_its_points_are_those_the_host_writes() -> None:
    values: list[tuple[str, float | int | bool]] = [
        ("wifi/ok", True),
        ("wifi/clients", 3),
        ("wifi/channel_utilisation_pct", 12.5),
    ]
    record = appended("ap-gw-0-0", values)
    record.shifts_ms = (0,)
    tags = Tags(inventory_of(draw(0))).device("ap-gw-0-0")
    ts_ms = NOW.wall_ms
    lines = [
        render("wifi_check", tags, {"ok": True}, ts_ms),
        render("wifi_usage", tags, {"clients": 3, "channel_utilisation_pct": 12.5}, ts_ms),
    ]
    database = VirtualInflux(random.Random(1))
    assert len(record.missing_in(database.points)) == 3
    for line in lines:
        head, fields, ts = split_line(line)
        assert (head, ts) in record.spots()
        database.points[head, ts] = fields
    assert record.missing_in(database.points) == []


def test_one_value_off_is_missing() -> None:
    record = appended("air-gw-0-0", [("air/pm2_5_ugm3", 4.5)])
    record.shifts_ms = (0, 1_000)
    (spot, later) = record.spots()
    assert record.missing_in({spot: {"pm2_5_ugm3": "4.6"}}) == [later]
    assert record.missing_in({later: {"pm2_5_ugm3": "4.5"}}) == []


def test_values_as_the_database_is_told_them() -> None:
    assert text_of("wifi/ok", value=True) == "true"
    assert text_of("wifi/clients", 3) == "3i"
    assert text_of("air/pm2_5_ugm3", 3) == "3.0"
