"""Commands: exactly once over a lossy line with restarts, as a model; and each rule by itself."""

import random
import struct
from collections import Counter
from itertools import pairwise
from typing import Any, ClassVar

import pytest

from firmware_bridge.board_events import Fate, Outcome
from firmware_bridge.commands import OPEN_NS_MAX, TRIES_MAX, WAITING_MAX, CommandDesk
from firmware_bridge.descriptor import Op
from firmware_bridge.messages import Ack, Reset, Status
from simulators.c_core import CStreetBox
from simulators.cable import Faults
from simulators.street_box import StreetBox
from tests.firmware_bridge.board_world import World
from vocabulary.units import NS_PER_S

ADD = Op(3, "add", struct.Struct("<I"), struct.Struct("<I"))
REBOOT = Op(4, "reboot", struct.Struct("<"), struct.Struct("<"))
FIVE = struct.pack("<I", 5)


def desk() -> CommandDesk:
    """With one command in flight, id 1, sent at 0."""
    made = CommandDesk(byte_ns=86_805)
    assert made.order(ADD, FIVE) == 1
    assert made.next_payload(77, 0) == struct.pack("<IHHI", 77, 1, 3, 5)
    return made


def test_waits_double_to_two_seconds_and_eight_tries_are_all() -> None:
    one, sent = desk(), [0]
    while one._flight is not None and one._flight.round_tries < TRIES_MAX:
        now_ns = one.deadline_ns
        assert one.next_payload(77, now_ns - 1) is None
        assert one.next_payload(77, now_ns) is not None
        sent.append(now_ns)
    waits = [round((b - a) / 1e6) for a, b in pairwise(sent)]
    assert waits == [205, 405, 805, 1_605, 2_005, 2_005, 2_005]
    assert one.next_payload(77, one.deadline_ns) is None
    assert one.must_ask(one.deadline_ns)
    assert one.next_payload(77, one.deadline_ns + NS_PER_S) is None  # until we are told


def test_a_board_that_remembers_is_asked_on() -> None:
    one = desk()
    one._flight = one._flight._replace(round_tries=TRIES_MAX)  # type: ignore[union-attr]
    assert one.must_ask(one.deadline_ns)
    one.remembered(9 * NS_PER_S)
    assert one.next_payload(77, 9 * NS_PER_S) is not None
    assert one.overdue_ns == OPEN_NS_MAX


@pytest.mark.parametrize(
    ("status", "tries", "fate"),
    [
        (Status.DONE, 1, Fate.DONE),
        (Status.UNKNOWN_OP, 1, Fate.NOT_APPLIED),
        (Status.BAD_ARGUMENTS, 3, Fate.NOT_APPLIED),
        (Status.FAILED, 1, Fate.FAILED),
        (Status.NOT_ALLOWED, 1, Fate.NOT_APPLIED),
        (Status.WRONG_SESSION, 1, Fate.NOT_APPLIED),
        (Status.WRONG_SESSION, 2, Fate.UNKNOWN),
        (Status.WRONG_ID, 1, Fate.NOT_APPLIED),
        (Status.WRONG_ID, 2, Fate.UNKNOWN),
        (200, 1, Fate.FAILED),
    ],
)
def test_each_status_settles_as_told(status: int, tries: int, fate: Fate) -> None:
    one = desk()
    for _ in range(tries - 1):
        assert one.next_payload(77, one.deadline_ns) is not None
    outcome = one.answered(Ack(77, 1, status, b"\x05\0\0\0"), NS_PER_S)
    assert outcome is not None
    assert (outcome.fate, outcome.status, outcome.tries) == (fate, status, tries)
    assert outcome.result == ((5,) if fate is Fate.DONE else ())
    assert not one.is_open


def test_busy_is_tried_again_with_the_same_id() -> None:
    one = desk()
    assert one.answered(Ack(77, 1, Status.BUSY, b""), NS_PER_S) is None
    again = one.next_payload(77, one.deadline_ns)
    assert again is not None
    assert again[4:6] == b"\1\0"


def test_another_id_settles_nothing() -> None:
    one = desk()
    assert one.answered(Ack(77, 2, Status.DONE, b""), 1) is None
    assert one.is_open


def test_ids_run_to_65535_and_begin_at_one_again() -> None:
    one = CommandDesk(byte_ns=1)
    one._last_id = 65_534
    ids = []
    for _ in range(3):
        one.order(ADD, FIVE)
        payload = one.next_payload(77, 0)
        assert payload is not None
        ids.append(struct.unpack_from("<IH", payload)[1])
        one.answered(Ack(77, ids[-1], 0, FIVE), 0)
    assert ids == [65_535, 1, 2]


def test_a_restart_leaves_it_unknown_unless_it_was_the_command() -> None:
    outcome = desk().restarted(Reset.COMMANDED)
    assert outcome is not None
    assert outcome.fate is Fate.UNKNOWN
    one = CommandDesk(byte_ns=1)
    one.order(REBOOT, b"")
    one.next_payload(77, 0)
    for reset, fate in ((Reset.COMMANDED, Fate.DONE), (Reset.POWER, Fate.UNKNOWN)):
        flight = one._flight
        outcome = one.restarted(reset)
        one._flight = flight
        assert outcome is not None
        assert outcome.fate is fate


def test_the_queue_is_bounded() -> None:
    one = CommandDesk(byte_ns=1)
    assert [one.order(ADD, FIVE) is None for _ in range(WAITING_MAX + 1)][-2:] == [False, True]


# The model: a total on the board that restarts with it, and a journal of every addition.


class Journal(StreetBox):
    """Writes down each addition it does: a core that outlives nothing tells one that does."""

    applied: ClassVar[Counter[int]] = Counter()

    def _do(self, op: int, arguments: bytes) -> tuple[int, bytes]:
        if op == 3:
            self.applied[int.from_bytes(arguments[:4], "little")] += 1
        return super()._do(op, arguments)


def run_model(seed: int, *, restarts: bool = True) -> tuple[World, dict[int, int]]:
    """Additions, each of its own number, over a bad line; (world, ticket -> number)."""
    chance = random.Random(seed)
    Journal.applied = Counter()
    likelihood = chance.choice([0.0, 1e-3, 5e-3, 2e-2])
    faults = Faults(likelihood, likelihood, likelihood, likelihood)
    world = World(seed, core=Journal, faults=faults)
    tickets: dict[int, int] = {}
    for number in range(1, 13):
        world.run(chance.random() * 2)
        ticket = world.link.command(3, (number,), world.now_ns)
        if isinstance(ticket, int):
            tickets[ticket] = number
        what = chance.random()
        if restarts and what < 0.15:
            world.run(chance.random() * 0.02)
            world.board.restart(world.now_ns, Reset.POWER)
            if chance.random() < 0.3:
                world.board.advance(world.now_ns)  # its HELLO is lost
        elif what < 0.25:
            world.run(chance.random() * 0.02)
            world.unplug()
            world.run(chance.random())
            world.plug()
    world.run(200)
    return world, tickets


def check_model(world: World, tickets: dict[int, int]) -> None:
    """At most once; exactly once if said to be done; not at all if said so; and nothing unsaid."""
    outcomes: dict[int, Any] = {one.ticket: one for one in world.of(Outcome)}
    assert len(outcomes) == len(world.of(Outcome)), world
    assert set(outcomes) == set(tickets), world
    for ticket, number in tickets.items():
        applied, fate = Journal.applied[number], outcomes[ticket].fate
        allowed = {Fate.DONE: {1}, Fate.NOT_APPLIED: {0}, Fate.UNKNOWN: {0, 1}}[fate]
        assert applied in allowed, (world, number, applied, outcomes[ticket])


@pytest.mark.parametrize("seed", range(24))
def test_every_command_is_applied_once_or_said_not_to_be_known(seed: int) -> None:
    check_model(*run_model(seed))


@pytest.mark.parametrize("core", [StreetBox, CStreetBox], ids=["python", "c"])
def test_three_hundred_additions_over_a_bad_line_are_three_hundred(core: Any) -> None:
    world = World(3, core=core, faults=Faults(flip=2e-3, drop=2e-3, double=2e-3, garbage=2e-3))
    world.until_running()
    for _ in range(300):
        while not isinstance(world.link.command(3, (1,), world.now_ns), int):
            world.run(0.5)
    world.until(lambda: len(world.of(Outcome)) == 300, 900)
    results = [one.result for one in world.of(Outcome)]
    assert {one.fate for one in world.of(Outcome)} == {Fate.DONE}
    assert results == [(count,) for count in range(1, 301)]
    assert max(one.tries for one in world.of(Outcome)) > 1


def test_a_ping_takes_ten_times_as_long_at_a_twelfth_of_the_rate() -> None:
    took_ns = []
    for baud in (9_600, 115_200):
        world = World(baud=baud)
        world.run(20.5)
        start_ns = world.now_ns
        world.link.command(1, (), start_ns)
        world.until(lambda world=world: bool(world.of(Outcome)), 2)  # type: ignore[misc]
        took_ns.append(world.now_ns - start_ns)
    assert 9 < took_ns[0] / took_ns[1] < 13
