"""What the uplink says when the spool changes its epoch, and of a record nobody can explain."""

from pathlib import Path

from edge.alias_table import AliasTable
from edge.check_desk import CheckDesk
from edge.collector import Collector
from edge.presence import Presence
from edge.spool import BootInfo, Spool
from edge.uplink_session import UplinkSession
from simulators.broker import Message
from simulators.disk import SimulatedDisk
from simulators.neighbourhood import configuration_of
from simulators.swarm import drain
from simulators.swarm_plan import FaultKind
from simulators.swarm_world import inventory_of
from tests.simulators.quiet_world import PLAN, heard, quiet_world
from vocabulary import delivery
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import LostReason, RecordClass
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, decode, interpret
from vocabulary.units import NS_PER_S

NOW = Moment(100 * NS_PER_S, 1_800_000_000 * NS_PER_S)


def number(payload: bytes, name: str) -> object:
    metric = next(metric for metric in decode(payload).metrics if metric.name == name)
    return interpret(metric, Datatype.INT64)


def epochs(births: list[Message]) -> list[object]:
    return [number(one.payload, delivery.SPOOL_EPOCH) for one in births]


def test_an_epoch_in_memory_is_born_and_what_the_card_held_follows(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.DISK_READ_ONLY) as world:
        births = heard(world, "spBv1.0/+/NBIRTH/+")
        world.run_for(20)
        world.host.paused = True  # so that both epochs are still owed when the card is well
        world.gateways[0].disk.read_only = True
        world.run_for(30)
        world.gateways[0].disk.read_only = False
        world.run_for(90)
        first, second, third = epochs(births)
        assert first == third != second
        assert [number(one.payload, delivery.BD_SEQ) for one in births] == [0, 0, 0]
        fates = drain(world)["gw-0"]
    assert fates.stored == fates.generated


def test_a_record_nobody_can_explain_is_declared_and_passed() -> None:
    disk = SimulatedDisk(seed=1)
    spool = Spool.open(disk, boot=BootInfo("kernel", "board"), now=NOW)
    aliases = AliasTable.open(disk, spool.epoch)
    collector = Collector(spool, aliases)
    body = pb.Payload()
    body.metrics.add(alias=60_000, timestamp=1, long_value=1)
    spool.append(body.SerializeToString(), klass=RecordClass.SENSOR, now=NOW)
    collector.add("", [("gateway/uptime_s", 5)], NOW, klass=RecordClass.CHECK)
    session = UplinkSession(
        configuration_of(inventory_of(PLAN), "gw-0"),
        spool=spool,
        aliases=aliases,
        collector=collector,
        presence=Presence([]),
        checks=CheckDesk({}, node=""),
    )
    session.connected(NOW)
    said: dict[int, dict[str, object]] = {}
    while (outgoing := session.next(NOW)) is not None:
        session.sent(outgoing)
        if outgoing.offset is not None:
            metrics = decode(outgoing.payload).metrics
            said[outgoing.offset] = {
                aliases.rows()[(metric.alias or 0) - 1][1]: metric.value for metric in metrics
            }
    assert said[0][delivery.SPOOL_LOST] == 1
    assert said[0][delivery.SPOOL_LOST_REASON] == LostReason.CORRUPT
    assert said[1]["gateway/uptime_s"] == 5
    assert session.counts["record_unexplained"] == 1
