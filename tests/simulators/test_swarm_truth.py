"""The truth of the whole world notices each thing that must not be."""

from pathlib import Path

import pytest

from ingest.ledger_rows import Completeness, DeadLetter, LedgerBatch, Quarantined, Received
from simulators.swarm import drain
from simulators.swarm_invariants import Invariant, Violation
from simulators.swarm_world import SwarmWorld
from tests.simulators.quiet_world import quiet_world

NAME = "gw-0"


def broken(invariant: Invariant) -> "pytest.RaisesExc[Violation]":
    return pytest.raises(Violation, match=str(invariant).replace("+", r"\+"))


def epoch_of(world: SwarmWorld) -> int:
    return next(epoch for epoch, _offset in world.truth.gateways[NAME].records)


def test_a_sound_world_has_nothing_to_say(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        fates = drain(world)[NAME]
        assert fates.stored == fates.generated > 30
        assert (world.truth.batches > 5, world.truth.commits > 5) == (True, True)


def test_a_commit_ahead_of_the_ledger_or_of_the_database(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        epoch = epoch_of(world)
        with broken(Invariant.LEDGER_FIRST):
            world.truth.commit_sent(NAME, epoch, 10**6)
        world.truth._verified.clear()
        world.database.points.clear()
        with broken(Invariant.DATABASE_FIRST):
            world.truth.commit_sent(NAME, epoch, 5)


def test_a_record_that_is_nowhere(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        drain(world)
        world.database.points.popitem()
        lost = next(spot for spot in world.database.points if spot[0].startswith("gateway"))
        del world.database.points[lost]
        with broken(Invariant.CONSERVED):
            world.truth.close(world.clock.now_ns() - 20 * 10**9)


def test_a_point_that_is_nobodys(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(30)
        drain(world)
        head, ts = next(spot for spot in world.database.points if spot[0].startswith("gateway"))
        world.database.points[head, str(int(ts) + 1)] = {"uptime_s": "1i"}
        with broken(Invariant.ONCE):
            world.truth.close(0)


def batch(**rows: object) -> LedgerBatch:
    return LedgerBatch(1, 0, **rows)  # type: ignore[arg-type]


def test_offsets_counted_twice(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        received = Received(NAME, 7, 0, ((0, 5),))
        counted = Completeness(NAME, 7, 0, expected=6, received=6)
        with broken(Invariant.TAKEN_ONCE):
            world.truth.ledger_stored(batch(received=(received,), completeness=(counted,)))


def test_a_set_of_offsets_without_bound(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        ranges = tuple((2 * number, 2 * number + 1) for number in range(5_000))
        counted = Completeness(NAME, 7, 0, expected=5_000, received=5_000)
        with broken(Invariant.BOUNDED):
            world.truth.ledger_stored(
                batch(received=(Received(NAME, 7, 0, ranges),), completeness=(counted,))
            )


def test_a_sound_line_among_the_dead(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        letter = DeadLetter("m,a=b x=1i 5", "refused", 400, 0)
        with broken(Invariant.POISON_ALONE):
            world.truth.ledger_stored(batch(dead_letters=(letter,)))
        world.database.refused_lines.add(letter.line)
        world.truth.ledger_stored(batch(dead_letters=(letter,)))


def test_a_sound_record_in_quarantine(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(20)
        arrival_ms = world.clock.now_ns() // 10**6
        for epoch in (None, epoch_of(world)):
            row = Quarantined(NAME, "from_the_future", arrival_ms, 10, epoch=epoch, offset=0)
            with broken(Invariant.QUARANTINE):
                world.truth.ledger_stored(batch(quarantined=(row,)))
