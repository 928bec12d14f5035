"""The truth of one gateway notices each thing that must not be."""

from pathlib import Path

import pytest

from edge.spool import Lost
from simulators.swarm import drain
from simulators.swarm_gateway_truth import Allowance, GatewayTruth
from simulators.swarm_invariants import Invariant, Violation
from simulators.swarm_plan import FaultKind, draw
from simulators.swarm_record import Heads, TrueRecord
from simulators.swarm_world import SwarmWorld, inventory_of
from tests.simulators.quiet_world import quiet_world
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_MS, NS_PER_S

STRICT = Allowance(evicts=False, flips=False, faults=False, clock_lies=False)
START_NS = 1_800_000_000 * NS_PER_S
EPOCH = 7


class Watched:
    """A truth with a clock in hand, told by the test instead of by a gateway."""

    def __init__(self, allowance: Allowance = STRICT) -> None:
        self.now_ns = START_NS
        heads = Heads(inventory_of(draw(0)))
        self.truth = GatewayTruth("gw-0", heads, allowance, lambda: self.now_ns)
        self.truth.names_from(lambda alias: ("", "gateway/uptime_s") if alias == 1 else ("", ""))
        self.value = 0

    def append(
        self, offset: int, *, epoch: int = EPOCH, quality: TimeQuality = TimeQuality.SYNCED
    ) -> TrueRecord:
        self.value += 1
        body = pb.Payload()
        ts_ms = self.now_ns // NS_PER_MS + self.value
        body.metrics.add(alias=1, timestamp=ts_ms, long_value=self.value)
        now = Moment(0, self.now_ns, quality)
        self.truth.about_to_append(body.SerializeToString(), RecordClass.CHECK, now)
        self.truth.appended(epoch, offset, in_ram=False)
        return self.truth.records[epoch, offset]

    def publish(self, record: TrueRecord, *, historical: bool = False, shift_ms: int = 0) -> None:
        message = pb.Payload.FromString(record.body)
        for metric in message.metrics:
            metric.timestamp += shift_ms
            if historical:
                metric.is_historical = True
        numbers = {"Spool/Epoch": record.epoch, "Spool/Offset": record.offset}
        self.truth.published(message.SerializeToString(), numbers, EPOCH)

    def declare(self, offset: int, count: int, reason: int) -> None:
        numbers = {
            "Spool/Epoch": EPOCH,
            "Spool/Offset": offset,
            "Spool/Lost": count,
            "Spool/LostReason": reason,
        }
        self.truth.published(b"", numbers, EPOCH)


def broken(invariant: Invariant) -> "pytest.RaisesExc[Violation]":
    return pytest.raises(Violation, match=str(invariant).replace("+", r"\+"))


def test_an_offset_used_twice() -> None:
    watched = Watched()
    watched.append(0)
    with broken(Invariant.OFFSET_ONCE):
        watched.append(0)


def test_a_record_of_nobody_and_one_that_changed() -> None:
    watched = Watched()
    first, second = watched.append(0), watched.append(1)
    second.offset = 5
    with broken(Invariant.GENERATED):
        watched.publish(second)
    first.said = (("", "gateway/uptime_s", 99),)
    with broken(Invariant.UNCHANGED):
        watched.publish(first)


def test_a_time_moves_only_where_it_was_not_known_and_only_once() -> None:
    watched = Watched()
    with broken(Invariant.UNCHANGED):
        watched.publish(watched.append(0), shift_ms=5)
    record = watched.append(1, quality=TimeQuality.UNSYNCED)
    watched.publish(record, shift_ms=5)
    watched.publish(record, shift_ms=5)
    with broken(Invariant.UNCHANGED):
        watched.publish(record)
    with broken(Invariant.TIME_RIGHT):
        watched.publish(watched.append(2, quality=TimeQuality.UNSYNCED), shift_ms=10**6)


def test_two_records_of_one_millisecond() -> None:
    watched = Watched()
    watched.publish(watched.append(0))
    watched.value -= 1
    with broken(Invariant.OWN_POINT):
        watched.publish(watched.append(1))


def test_live_goes_first_and_is_fresh() -> None:
    watched = Watched()
    watched.truth.began_session(0)
    first, second = watched.append(0), watched.append(1)
    with broken(Invariant.LIVE_FIRST):
        watched.publish(second, historical=True)
    second.sent = True
    with broken(Invariant.LIVE_FIRST):
        watched.publish(second, historical=True)  # while the first waits
    watched.now_ns += 30 * NS_PER_S
    with broken(Invariant.LIVE_FRESH):
        watched.publish(first)


def test_session_numbers_go_on() -> None:
    watched = Watched()
    watched.truth.began_session(255)
    watched.truth.began_session(0)
    with broken(Invariant.BD_SEQ):
        watched.truth.began_session(0)


def test_freed_only_what_was_told() -> None:
    watched = Watched()
    watched.truth.told[EPOCH] = 3
    watched.truth.freed(EPOCH, 3)
    with broken(Invariant.FREED):
        watched.truth.freed(EPOCH, 4)


def test_a_durable_record_may_only_be_lost_with_an_excuse() -> None:
    for allowance, flips, reason, sound in (
        (STRICT, 0, 1, False),
        (STRICT, 1, 1, True),
        (STRICT, 0, 0, False),
        (STRICT._replace(evicts=True), 0, 0, True),
    ):
        watched = Watched(allowance)
        record = watched.append(0)
        record.durable, watched.truth.flips = True, flips
        if sound:
            watched.declare(0, 1, reason)
            assert record.declared
        else:
            with broken(Invariant.DURABLE):
                watched.declare(0, 1, reason)


def test_what_was_never_durable_may_be_declared_skipped() -> None:
    watched = Watched()
    record = watched.append(3)
    watched.declare(0, 65_536, 3)
    assert record.declared == "skipped"


def test_a_group_commit_that_comes_too_late(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        agent = world.gateways[0].agent
        assert agent is not None
        writer = agent.spool._store.writer
        assert writer is not None
        writer.sync_due_ns = lambda: None  # type: ignore[method-assign]
        with broken(Invariant.PROMISE):
            world.run_for(20)


def test_a_card_that_lost_what_it_promised(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.host.paused = True
        world.run_for(20)
        gateway = world.gateways[0]
        gateway.power_off()
        gateway.disk.wipe()
        with broken(Invariant.DURABLE):
            gateway.power_on()


def test_a_killed_process_loses_nothing_but_a_power_cut_may(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.KILL) as world:
        for _ in range(3):
            world.run_for(8)
            world.gateways[0].kill()
            world.run_for(8)
            world.gateways[0].power_cut()
        assert drain(world)["gw-0"].gone_with_ram == 0


def test_a_memory_that_is_lost_on_the_way_to_the_card(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.DISK_FULL) as world:
        _fill(world)
        agent = world.gateways[0].agent
        assert agent is not None
        store = agent.spool._store
        store.adopt = lambda ring: None  # type: ignore[method-assign]  # noqa: ARG005
        world.gateways[0].disk.read_only = False
        with broken(Invariant.MOVED):
            world.run_for(90)


def _fill(world: SwarmWorld) -> None:
    world.host.paused = True
    world.gateways[0].disk.read_only = True
    world.run_for(20)


def test_a_lost_range_is_what_the_spool_calls_it() -> None:
    assert Lost._fields[:4] == ("epoch", "offset", "count", "reason")
