"""The regression list where it touches delivery: one named test a line, in a watched world.

In each of them the truth of the swarm looks on, so a reading lost, doubled or committed too early
fails the test wherever it happens.
"""

from pathlib import Path

import pytest

from ingest.ledger_reader import LedgerReader
from simulators.broker import Message
from simulators.clock import EPOCH_NS
from simulators.disk import PowerCut
from simulators.swarm import drain, run
from simulators.swarm_plan import FaultKind
from simulators.swarm_world import SwarmWorld, inventory_of
from tests.simulators.quiet_world import PLAN, heard, quiet_world, readings
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.payload import decode, interpret
from vocabulary.units import MS_PER_S, NS_PER_MS, NS_PER_S, S_PER_DAY, S_PER_H

NAME = "gw-0"
TOLD_MS_MAX = 5 * MS_PER_S


def cut(world: SwarmWorld, *, on: bool) -> None:
    world.network.cut(NAME, up=on, down=on)


def committed(world: SwarmWorld) -> int:
    agent = world.gateways[0].agent
    assert agent is not None
    return agent.spool.committed


def bd_seqs(births: list[Message]) -> list[int]:
    found = []
    for one in births:
        payload = decode(one.payload)
        metric = next(metric for metric in payload.metrics if metric.name == "bdSeq")
        number = interpret(metric, metric.datatype or 0)
        assert isinstance(number, int)
        found.append(number)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_conservation(seed: int) -> None:
    outcome = run(seed)
    assert outcome.is_sound, (seed, outcome.invariant, outcome.what, outcome.log)
    for fates in outcome.fates.values():
        assert fates.generated == sum(fates[1:])


def test_commit_only_after_database(tmp_path: Path) -> None:
    with quiet_world(tmp_path, access_points=1, boards=0) as world:
        world.run_for(30)
        world.database.faults.fails = 1.0
        world.run_for(5)
        before = dict(world.truth.gateways[NAME].told)
        world.run_for(S_PER_H)
        assert world.truth.gateways[NAME].told == before
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated > 1_000


def test_poison_point_alone(tmp_path: Path) -> None:
    for keeps_mates in (0, 1):  # 1.x stores the mates and says so, 2.x refuses the whole batch
        directory = tmp_path / str(keeps_mates)
        directory.mkdir()
        with quiet_world(directory, FaultKind.POISON, seed=keeps_mates) as world:
            world.run_for(300)
            fates = drain(world)[NAME]
            with LedgerReader(directory / "ledger.sqlite") as ledger:
                letters = {one.line for one in ledger.dead_letters()}
        assert fates.dead > 0
        assert fates.dead + fates.stored == fates.generated
        assert letters == world.database.refused_lines


def test_resend_is_idempotent(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        once = committed(world)
        world.network.wire(NAME).deaf = True  # no commit comes through
        said = world.truth.commits
        world.run_for(300)
        assert world.truth.commits - said >= 10
        assert committed(world) <= once + 2
        agent = world.gateways[0].agent
        assert agent is not None
        assert agent.uplink.lanes is not None
        assert agent.uplink.lanes.resent_records > 100
        world.network.wire(NAME).deaf = False
        fates = drain(world)[NAME]
        assert fates.stored == fates.generated


def test_reorder_and_duplicate(tmp_path: Path) -> None:
    stored = []
    for jitter_ns, duplicate in ((0, 0.0), (2 * NS_PER_S, 0.5)):
        directory = tmp_path / str(jitter_ns)
        directory.mkdir()
        with quiet_world(directory) as world:
            wire = world.network.wire(NAME)
            wire.jitter_ns, wire.duplicate = jitter_ns, duplicate
            world.run_for(120)
            drain(world)
            until_ms = EPOCH_NS // NS_PER_MS + 120 * MS_PER_S
            points = readings(world, "sensor")
            stored.append({spot: one for spot, one in points.items() if int(spot[1]) < until_ms})
    assert stored[0] == stored[1] != {}


def test_free_on_commit_only(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        cut(world, on=True)
        world.run_for(120)
        cut(world, on=False)
        world.run_for(25)  # replay is under way
        agent = world.gateways[0].agent
        assert agent is not None
        assert agent.uplink.lanes is not None
        world.network.wire(NAME).deaf = True
        before = committed(world)
        cut(world, on=True)  # and dies in silence
        world.run_for(60)
        assert committed(world) == before
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated


def test_drain_on_connect(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        cut(world, on=True)
        world.run_for(60)
        world.hush()  # from now on only the gateway's own beat
        world.run_for(30)
        cut(world, on=False)
        healed_ns = world.clock.now_ns()
        assert len(world.truth.open_records(healed_ns)) > 60
        world.run_for(40)
        assert not world.truth.open_records(healed_ns)


def test_broker_forgets_everything(tmp_path: Path) -> None:
    with quiet_world(tmp_path, gateways=2) as world:
        for _ in range(4):
            world.run_for(20)
            world.network.stop_broker()
            world.run_for(3)
            world.network.start_broker()
        for fates in drain(world).values():
            assert fates.stored == fates.generated > 100


def test_live_before_replay(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(20)
        cut(world, on=True)
        world.run_for(600)
        cut(world, on=False)
        world.run_for(30)
        now_ns = world.clock.now_ns()
        left = {record.offset for _name, record in world.truth.open_records(now_ns)}
        fresh = {
            record.offset
            for record in world.truth.gateways[NAME].records.values()
            if now_ns - 10 * NS_PER_S < record.true_ns < now_ns - 4 * NS_PER_S
        }
        assert left - fresh, "the backlog is still draining"
        assert fresh
        assert not fresh & left, "while what is new is stored already"
        drain(world)


def test_sink_down_at_start(tmp_path: Path) -> None:
    with quiet_world(tmp_path, begin=False) as world:
        world.database.faults.is_down = True
        world.begin()
        world.run_for(120)
        assert not world.database.points
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated > 100


def test_kick_after_connect(tmp_path: Path) -> None:
    with quiet_world(tmp_path, boards=0) as world:
        gateway = world.gateways[0]
        counts = []
        for _ in range(10):
            before = gateway.connects
            for _second in range(60):
                world.run_for(1)
                world.network.kick(NAME)
            counts.append(gateway.connects - before)
        assert sum(counts[-3:]) <= 3 * 60 / 5, counts  # the delays stay grown
        assert min(counts[-3:]) >= 1, "and it never gives up"
        drain(world)


def test_stale_retained_online(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        births = heard(world, "spBv1.0/+/NBIRTH/+")
        world.run_for(30)
        world.gateways[0].power_off()
        world.host.kill()
        old = births[-1]
        world.broker.retained[old.topic] = old._replace(retain=True)
        world.run_for(30)
        assert world.host.pipeline is not None
        assert world.host.pipeline.intake.counts[NAME, "retained"] == 1
        session = world.host.pipeline.intake.sessions.get(NAME)  # its will may have come
        assert session is None or not session.born, "a year-old birth is no life"


def test_bdseq_survives(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        births = heard(world, "spBv1.0/+/NBIRTH/+")
        gateway = world.gateways[0]
        world.run_for(30)
        connect = world.network.connect

        def cut_behind(*given: object) -> object:
            link = connect(*given)  # type: ignore[arg-type]
            if given[0] == NAME and link is not None:
                raise PowerCut
            return link

        gateway.kill()
        world.network.connect = cut_behind  # type: ignore[assignment,method-assign]
        world.run_for(30)
        world.network.connect = connect  # type: ignore[method-assign]
        drain(world)
        numbers = bd_seqs(births)
    assert numbers[0] == 0
    assert numbers[-1] >= 2, "the number of the session that was never born is not used again"
    assert len(set(numbers)) == len(numbers)


def test_unknown_alias_asks_once(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        world.host.kill()
        world.run_for(60)
        assert world.host.pipeline is not None
        counts = world.host.pipeline.intake.sessions[NAME].counts
        assert counts["rebirth_asked"] == 1
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated


def test_clock_1970_then_sync(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.BOOT_1970, begin=False) as world:
        cut(world, on=True)
        world.begin()
        world.run_for(120)  # it samples at once, and stamps with what it has
        truth = world.truth.gateways[NAME]
        unsynced = [one for one in truth.records.values() if one.quality == TimeQuality.UNSYNCED]
        assert len(unsynced) > 100
        cut(world, on=False)
        world.run_for(60)  # the host's first commit says what time it is
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated, "nothing is deleted for its age"
    sensors = [one for one in unsynced if one.klass >= RecordClass.SENSOR]
    for record in sensors:
        (shift_ms,) = record.shifts_ms
        assert abs(record.ts_ms + shift_ms - record.true_ns // NS_PER_MS) < TOLD_MS_MAX


@pytest.mark.parametrize("step_s", [S_PER_H, -S_PER_H, 3_650 * S_PER_DAY, -3_650 * S_PER_DAY])
def test_clock_jumps(tmp_path: Path, step_s: int) -> None:
    with quiet_world(tmp_path, FaultKind.CLOCK_HOUR, FaultKind.CLOCK_DRIFT) as world:
        world.run_for(40)
        world.gateways[0].clock.step(step_s * NS_PER_S + 123_456_789)
        world.run_for(40)
        cut(world, on=True)
        world.run_for(60)
        cut(world, on=False)
        world.gateways[0].clock.synchronise()
        world.run_for(40)
        fates = drain(world)[NAME]
    assert fates.generated == fates.stored + fates.quarantined
    assert bool(fates.quarantined) == (step_s > 0)


def test_future_event(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.CLOCK_HOUR) as world:
        world.run_for(30)
        world.gateways[0].clock.step(S_PER_H * NS_PER_S)
        world.run_for(30)
        world.gateways[0].clock.synchronise()
        before = len(readings(world, "sensor"))
        world.run_for(30)
        assert len(readings(world, "sensor")) >= before + 25, "no watermark was moved"
        fates = drain(world)[NAME]
        with LedgerReader(tmp_path / "ledger.sqlite") as ledger:
            tallies = ledger.tallies()
    assert fates.quarantined >= 25
    assert any(one.reason == "from_the_future" for one in tallies)


def test_late_5_days(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        cut(world, on=True)
        world.run_for(120)
        gateway, host = world.gateways[0], world.host
        gateway.stop()
        gateway.power_off()
        world.hush()
        host.close()
        with LedgerReader(tmp_path / "ledger.sqlite") as ledger:
            incidents = len(ledger.incidents())
        world.run_for(5 * S_PER_DAY)
        cut(world, on=False)
        host.start()
        world.run_for(20)
        late_ns = world.clock.now_ns()
        gateway.power_on()
        world.run_for(60)
        fates = drain(world)[NAME]
        with LedgerReader(tmp_path / "ledger.sqlite") as ledger:
            later = ledger.incidents()[incidents:]
    assert fates.stored == fates.generated > 150, "history is completed"
    old = [one for one in later if one.start_ms < (late_ns - S_PER_H * NS_PER_S) // NS_PER_MS]
    assert not [one for one in old if one.level == "ap"], "and nobody is called out for it"


def test_birth_every_connect(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        births = heard(world, "spBv1.0/+/NBIRTH/+")
        world.run_for(30)
        for _ in range(3):
            world.network.kick(NAME)
            world.run_for(40)
        numbers = bd_seqs(births)
        assert numbers == list(range(world.gateways[0].connects))
        assert world.gateways[0].connects == 4
        drain(world)


def test_permanent_error_no_loop(tmp_path: Path) -> None:
    with quiet_world(tmp_path, begin=False) as world:
        listed = inventory_of(PLAN._replace(gateways=2))
        strangers = tuple(row for row in listed.gateway if row.gateway_id != NAME)
        own = world.host._inventory
        world.host._inventory = type(own)(listed.area, listed.site, strangers)
        world.begin()
        sent = heard(world, "spBv1.0/#")
        world.run_for(1_800)
        records = len(world.truth.gateways[NAME].records)
        assert world.gateways[0].connects == 1
        assert len(sent) < records + 50, "refused, it says each thing once"
        world.host._inventory = own
        world.host.kill()  # the inventory was put right
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated >= records - 1


def test_probe_with_one_batch(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        world.database.faults.is_down = True
        world.run_for(5)
        before = world.database.writes
        world.run_for(600)
        tried = world.database.writes - before
        assert 10 <= tried <= 120, "jittered, up to half a minute apart"
        world.database.faults.is_down = False
        before = world.database.writes
        world.run_for(40)
        assert world.database.writes - before <= 40
        fates = drain(world)[NAME]
    assert fates.stored == fates.generated
