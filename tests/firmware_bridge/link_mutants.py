"""Planted faults of the session, kept for ever: the gateway's side and the board's, in memory.

Each has a patch of a few lines and the proof that must fail under it.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from firmware_bridge import commands, messages, time_map
from firmware_bridge.board_events import DescriptorLearned, Fate, Outcome
from firmware_bridge.clock_probe import ClockProbe
from firmware_bridge.commands import CommandDesk
from firmware_bridge.descriptor import parse
from firmware_bridge.descriptor_fetch import DescriptorFetch
from firmware_bridge.link import Link
from firmware_bridge.messages import Ack, Status, Time
from firmware_bridge.outbox import Outbox
from firmware_bridge.time_map import TimeMap
from simulators import street_box
from simulators.street_box import StreetBox
from tests.firmware_bridge import (
    test_commands,
    test_link,
    test_link_data,
    test_outbox,
    test_time_map,
)
from tests.firmware_bridge.board_differential import parts
from tests.firmware_bridge.board_world import World
from tests.firmware_bridge.vectors import DESCRIPTOR
from vocabulary.units import NS_PER_MS, NS_PER_S

MODEL_SEEDS: Final = 40
"""Of twelve commands each."""
BOARD_SEEDS: Final = 50
BOARD_STEPS: Final = 30

Patch = Callable[[pytest.MonkeyPatch], None]
Proof = Callable[[], None]


class Mutant(NamedTuple):
    """A fault, how to plant it, and what must notice."""

    name: str
    plant: Patch
    proof: Proof


# Proofs.


def model() -> None:
    """Commands over bad lines."""
    for seed in range(MODEL_SEEDS):
        test_commands.check_model(*test_commands.run_model(seed))


def boards() -> None:
    """C beside Python."""
    for seed in range(BOARD_SEEDS):
        found = parts(seed, BOARD_STEPS)
        assert found is None, found


def times() -> None:
    """Readings at 9600 baud, over a restart, timed within two milliseconds."""
    world = World(baud=9_600)
    world.run(30)
    started_ns = world.now_ns
    world.board.restart(started_ns, messages.Reset.POWER)
    world.run(30)
    late = [one for one in world.samples if one.on_board_clock]
    assert len(late) > 40
    for one in late:
        born_ns = started_ns if one.mono_ns > started_ns else 0
        off_ns = (one.mono_ns - born_ns) % NS_PER_S
        assert min(off_ns, NS_PER_S - off_ns) < 2 * NS_PER_MS, one
    known = world.link.clock.map
    off_us = known.board_us(world.now_ns) - world.board.clock.us(world.now_ns)
    assert abs(off_us) < 2_000, off_us
    assert abs(known.drift_ppm) < 20


def a_command_after_a_restart() -> None:
    """It is done, as any other."""
    world = World()
    for _ in range(2):
        world.run(3)
        world.link.command(3, (5,), world.now_ns)
        world.run(1)
        world.board.restart(world.now_ns, messages.Reset.POWER)
    assert [one.fate for one in world.of(Outcome)] == [Fate.DONE] * 2


# Plants.


def _replace(owner: Any, name: str, made: Callable[..., Any]) -> Patch:
    return lambda patch: patch.setattr(owner, name, made)


def _retry_applied_twice(patch: pytest.MonkeyPatch) -> None:
    whole = StreetBox._obey

    def obey(self: StreetBox, payload: bytes) -> None:
        if int.from_bytes(payload[4:6], "little") == self._last_id:
            self._last_id -= 1
        whole(self, payload)

    patch.setattr(StreetBox, "_obey", obey)


def _session_0_accepted(patch: pytest.MonkeyPatch) -> None:
    whole = StreetBox._obey

    def obey(self: StreetBox, payload: bytes) -> None:
        if self._session == 0 and payload[:4] == bytes(4):
            self._session = 1
            whole(self, b"\1\0\0\0" + payload[4:])
            self._session = 0
        else:
            whole(self, payload)

    patch.setattr(StreetBox, "_obey", obey)


def _id_65535_to_0(patch: pytest.MonkeyPatch) -> None:
    for where in (commands, street_box):
        patch.setattr(where, "next_id", lambda last_id: (last_id + 1) % 65_536)


def _foreign_ack_taken(patch: pytest.MonkeyPatch) -> None:
    whole = Link._answered

    def answered(self: Link, ack: Ack, mono_ns: int, events: list[Any]) -> None:
        whole(self, ack._replace(session=self._talk.session.number), mono_ns, events)

    patch.setattr(Link, "_answered", answered)


def _dropped_uses_no_number(patch: pytest.MonkeyPatch) -> None:
    whole = Outbox.send

    def send(self: Outbox, message_type: int, payload: bytes, mono_ns: int) -> int:
        before, dropped = self._seq, self._counters.output_dropped
        left_ns = whole(self, message_type, payload, mono_ns)
        if self._counters.output_dropped != dropped:
            self._seq = before
        return left_ns

    patch.setattr(Outbox, "send", send)


def _wrong_sign(patch: pytest.MonkeyPatch) -> None:
    whole = ClockProbe.answered

    def answered(self: ClockProbe, time: Time, read_ns: int) -> bool:
        return whole(self, time, read_ns + 2 * 33 * 10 * NS_PER_S // 9_600)

    patch.setattr(ClockProbe, "answered", answered)


def _wrong_turn(self: TimeMap, tick_ms: int, arrived_ns: int) -> int | None:
    expected_ms = round(self.board_us(arrived_ns) / 1_000)
    tick_ns = self.mono_ns((expected_ms - expected_ms % 2**32 + tick_ms) * 1_000)
    return None if abs(tick_ns - arrived_ns) > time_map.FAR_NS else min(tick_ns, arrived_ns)


def _before_the_hash(patch: pytest.MonkeyPatch) -> None:
    def judge(self: DescriptorFetch) -> Any:
        self.descriptor = parse(DESCRIPTOR)  # type: ignore[assignment]
        return DescriptorLearned(self.wanted[0], bytes(self._pieces))

    patch.setattr(DescriptorFetch, "judge", judge)


def _map_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClockProbe, "restarted", ClockProbe.pause)


def _ids_kept_in_a_new_session(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CommandDesk, "new_session", lambda _self: None)


def _late_status_6_is_certain(patch: pytest.MonkeyPatch) -> None:
    whole = CommandDesk.answered

    def answered(self: CommandDesk, ack: Ack, mono_ns: int) -> Any:
        outcome = whole(self, ack, mono_ns)
        if outcome is not None and outcome.status == Status.WRONG_SESSION:
            return outcome._replace(fate=Fate.NOT_APPLIED)
        return outcome

    patch.setattr(CommandDesk, "answered", answered)


MUTANTS: Final = [
    Mutant("retry_applied_twice", _retry_applied_twice, model),
    Mutant("session_0_accepted", _session_0_accepted, boards),
    Mutant(
        "foreign_ack_taken", _foreign_ack_taken, test_link.test_an_ack_of_another_session_is_dropped
    ),
    Mutant(
        "id_65535_to_0",
        _id_65535_to_0,
        test_commands.test_ids_run_to_65535_and_begin_at_one_again,
    ),
    Mutant(
        "dropped_frame_uses_no_number",
        _dropped_uses_no_number,
        test_outbox.test_a_frame_that_is_dropped_uses_its_number,
    ),
    Mutant(
        "map_kept_over_a_restart",
        _map_kept,
        test_link.test_a_map_of_before_times_nothing_after_a_restart,
    ),
    Mutant("a_wire_time_sign_wrong", _wrong_sign, times),
    Mutant(
        "held_data_released_before_the_hash_agrees",
        _before_the_hash,
        test_link_data.test_data_before_the_descriptor_waits_for_it_and_only_so_much,
    ),
    Mutant(
        "tick_unwrapped_the_wrong_way",
        _replace(TimeMap, "tick_ns", _wrong_turn),
        lambda: test_time_map.test_a_tick_is_unwrapped_to_the_turn_that_the_clock_must_show(
            2**32 - 1_500
        ),
    ),
    Mutant("ids_kept_in_a_new_session", _ids_kept_in_a_new_session, a_command_after_a_restart),
    Mutant(
        "late_status_6_is_certain",
        _late_status_6_is_certain,
        lambda: test_commands.test_each_status_settles_as_told(
            Status.WRONG_SESSION, 2, Fate.UNKNOWN
        ),
    ),
]
