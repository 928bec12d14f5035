"""The link as a whole, against the simulated board, in virtual time: life, restarts, commands."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import messages
from firmware_bridge.board_events import (
    BoardEvent,
    BootIdRepeated,
    DescriptorLearned,
    Fate,
    Foreign,
    GaveUp,
    Outcome,
    Restarted,
    StateChange,
    StreamSilent,
)
from firmware_bridge.frame import encode
from firmware_bridge.messages import Flag, Heartbeat, MessageType, Reset
from firmware_bridge.session import State
from simulators.cable import Faults
from simulators.lamplighter_board import UID
from simulators.street_box import Misbehaviour, descriptor, experiment
from simulators.wire import Wire
from tests.firmware_bridge.board_world import TRUE, World
from tests.firmware_bridge.lone_link import HELLO, frame, make_link, running_link
from tests.firmware_bridge.vectors import DESCRIPTOR
from vocabulary.units import NS_PER_MS, NS_PER_S


def changes(world: World) -> list[State]:
    """The states it went through."""
    return [change.after for change in world.of(StateChange)]


# A good line.


def test_readings_flow_and_are_timed_by_the_boards_clock() -> None:
    world = World()
    world.run(30)
    assert changes(world) == [State.DESCRIBING, State.RUNNING]
    assert [learned.encoded for learned in world.of(DescriptorLearned)] == [descriptor()]
    assert len(world.samples) == 29
    assert {sample.values for sample in world.samples} <= TRUE
    for count, sample in enumerate(world.samples):
        assert sample.on_board_clock
        assert abs(sample.mono_ns - (count + 1) * NS_PER_S) < 2 * NS_PER_MS
    counters = world.link.counters
    assert (counters.lost_on_wire, counters.seq_gaps, counters.resyncs) == (0, 0, 0)
    assert world.link.metric_names[0] == "env/temperature_c"


def test_a_known_descriptor_is_not_fetched() -> None:
    world = World(known={0x6F00A855: descriptor()})
    world.run(5)
    assert changes(world) == [State.RUNNING]
    assert world.of(DescriptorLearned) == []


def test_the_line_is_opened_with_a_delimiter_and_a_new_session() -> None:
    link = make_link()
    assert link.take_output() == b"\0" + encode(1, 0, messages.hello_request(1))


def test_hello_is_asked_for_on_schedule() -> None:
    link, asked = make_link(), []
    link.take_output()
    while link.deadline_ns < 25 * NS_PER_S:
        now_ns = link.deadline_ns
        link.tick(now_ns)
        if link.take_output():
            asked.append(now_ns / NS_PER_S)
    assert asked == [0.5, 1.0, 1.5, 2.5, 4.5, 8.5, 13.5, 18.5, 23.5]


# Restarts.


@pytest.mark.parametrize(
    ("what", "reset"),
    [
        (Misbehaviour.CRASH, Reset.FAULT),
        (Misbehaviour.LOCK_UP, Reset.WATCHDOG),
        (Misbehaviour.BROWN_OUT, Reset.BROWN_OUT),
    ],
)
def test_a_restart_is_said_with_its_reason_and_readings_flow_again(
    what: Misbehaviour, reset: Reset
) -> None:
    world = World()
    world.run(12)
    before = len(world.samples)
    world.board.receive(experiment(what), world.now_ns)
    world.run(12)
    assert [(one.reset, one.starts) for one in world.of(Restarted)] == [(reset, 2)]
    assert len(world.samples) >= before + 8
    late = world.samples[before + 1 :]
    assert {sample.values for sample in late} <= TRUE
    gaps = [b.mono_ns - a.mono_ns for a, b in pairwise(late)]
    assert all(abs(gap - NS_PER_S) < 3 * NS_PER_MS for gap in gaps)
    assert world.of(BootIdRepeated) == []


def test_a_map_of_before_times_nothing_after_a_restart() -> None:
    world = World()
    world.run(40)
    assert world.link.clock.map.uncertainty_ns < 5 * NS_PER_MS
    world.board.restart(world.now_ns, Reset.POWER)
    world.until(lambda: bool(world.of(Restarted)))
    assert not world.link.clock.map.known
    at_ns = world.now_ns
    world.run(10)
    fresh = [sample for sample in world.samples if sample.mono_ns > at_ns]
    assert len(fresh) == 9 or len(fresh) == 10
    assert min(sample.mono_ns for sample in fresh) > at_ns


def test_a_lost_hello_is_made_up_for_by_the_heartbeat() -> None:
    world = World()
    world.run(15)
    world.board.restart(world.now_ns, Reset.WATCHDOG)
    world.board.advance(world.now_ns)  # its HELLO is lost
    world.run(12)
    assert [one.reset for one in world.of(Restarted)] == [Reset.WATCHDOG]
    assert world.link.state is State.RUNNING


def test_a_repeated_boot_id_is_said_once() -> None:
    world = World()
    world.board._same_boot_id = True
    for _ in range(3):
        world.run(6)
        world.board.restart(world.now_ns, Reset.POWER)
    world.run(6)
    assert len(world.of(BootIdRepeated)) == 1
    assert [one.starts for one in world.of(Restarted)] == [2, 3, 4]


def test_a_foreign_session_is_noticed_and_ten_a_minute_are_too_many() -> None:
    link = make_link(known={0xFEAC11C5: DESCRIPTOR})
    link.receive(b"\0" + frame(HELLO), NS_PER_S)
    said: list[BoardEvent] = []
    for ix in range(11):
        other = HELLO._replace(session=0xABC000 + ix)
        said += link.receive(frame(other, ix + 1), (2 + ix) * NS_PER_S)
    assert link.counters.foreign_sessions == 11
    assert link.state is State.FOREIGN
    assert [event.detail for event in said if isinstance(event, Foreign)] == [
        "another program opens sessions with this board"
    ]


# Silence, unplugging, garbage.


def test_a_halted_board_is_quiet_then_given_up_and_comes_back_without_a_false_restart() -> None:
    world = World()
    world.run(20)
    world.board.halt()
    world.run(31)
    assert changes(world)[-1] is State.QUIET
    world.run(4)
    assert world.of(GaveUp)[0].why == "silent"
    world.board.go_on(world.now_ns)
    world.board.clock.drift(world.now_ns, 0)
    world.until_running()
    assert world.of(Restarted) == []


def test_unplug_and_replug_go_on_with_the_same_board() -> None:
    world = World()
    for _ in range(3):
        world.run(5)
        world.unplug()
        world.run(2)
        assert world.link.deadline_ns > world.now_ns
        world.plug()
        world.until_running()
    assert world.of(Restarted) == []
    assert {sample.values for sample in world.samples} <= TRUE


def test_a_silent_port_is_given_up_as_mute() -> None:
    link = make_link()
    said: list[GaveUp] = []
    while not said:
        link.take_output()
        said = [one for one in link.tick(link.deadline_ns) if isinstance(one, GaveUp)]
    assert said == [GaveUp("mute")]
    assert link.counters.frames == 0


def test_garbage_changes_the_rate_only_where_nothing_good_was_heard() -> None:
    link, gave_up = make_link(rates=(115_200, 57_600)), []
    for ix in range(40):
        now_ns = (ix + 1) * 500 * NS_PER_MS
        gave_up += [one for one in link.receive(b"\x55" * 20, now_ns) if isinstance(one, GaveUp)]
        gave_up += [one for one in link.tick(now_ns) if isinstance(one, GaveUp)]
    assert link.state is State.GARBAGE
    assert gave_up[0] == GaveUp("rate", 57_600)
    good, gave_up = make_link(rates=(115_200, 57_600)), []
    good.receive(b"\0" + frame(Heartbeat(7, 0, 5, 1, 0, 0, 0, 0)), 1)
    for ix in range(40):
        now_ns = (ix + 1) * 500 * NS_PER_MS
        gave_up += [one for one in good.receive(b"\x55" * 20, now_ns) if isinstance(one, GaveUp)]
        gave_up += [one for one in good.tick(now_ns) if isinstance(one, GaveUp)]
    assert good.state is State.GARBAGE
    assert gave_up == []


def test_bad_pieces_right_after_an_open_are_settling() -> None:
    link = make_link()
    link.receive(b"\0\x03\x22\0", NS_PER_S)
    link.receive(b"\x03\x22\0", 4 * NS_PER_S)
    assert (link.counters.cobs_errors, link.counters.settling) == (2, 1)
    assert [piece.reason for piece in link.quarantine.pieces] == ["cobs", "cobs"]


def test_a_stream_that_falls_silent_is_named_while_the_board_lives() -> None:
    world = World()
    world.run(5)
    ticket = world.link.command(2, (60_000,), world.now_ns)
    assert isinstance(ticket, int)
    world.run(12)
    assert [one.stream for one in world.of(StreamSilent)] == ["env"]
    assert world.link.state is State.RUNNING


# Commands; the model in test_link_model.py has the lossy ones.


def test_a_command_is_done_and_answered() -> None:
    world = World()
    world.run(3)
    ticket = world.link.command(3, (5,), world.now_ns)
    world.run(1)
    assert world.of(Outcome) == [Outcome(ticket, 3, Fate.DONE, 0, (5,), 1)]  # type: ignore[arg-type]


def test_only_what_is_allowed_can_be_commanded() -> None:
    world = World(allow=frozenset({(UID, 1)}))
    assert "no board" in str(world.link.command(1, (), 0))
    world.run(3)
    assert isinstance(world.link.command(1, (), world.now_ns), int)
    assert "allow-list" in str(world.link.command(3, (5,), world.now_ns))
    wide = World()
    wide.run(3)
    assert "no op 9" in str(wide.link.command(9, (), wide.now_ns))
    assert "arguments of add" in str(wide.link.command(3, (), wide.now_ns))
    assert "arguments of add" in str(wide.link.command(3, (2**40,), wide.now_ns))


def test_too_many_commands_are_refused() -> None:
    world = World()
    world.run(3)
    answers = [world.link.command(1, (), world.now_ns) for _ in range(20)]
    assert sum(isinstance(answer, int) for answer in answers) == 17  # one in flight
    world.run(5)
    assert len(world.of(Outcome)) == 17


def test_a_reboot_is_confirmed_by_its_restart() -> None:
    world = World()
    world.run(3)
    world.link.command(4, (), world.now_ns)
    world.run(5)
    assert [one.fate for one in world.of(Outcome)] == [Fate.DONE]
    assert [one.reset for one in world.of(Restarted)] == [Reset.COMMANDED]


def test_an_ack_of_another_session_is_dropped() -> None:
    link = running_link()
    link.receive(frame(messages.Ack(99, 1, 0, b""), 1), 2 * NS_PER_S)
    assert link.counters.foreign_acks == 1


# Anything.


@settings(max_examples=200)
@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 20 * NS_PER_S)), max_size=30))
def test_no_bytes_raise_stall_or_grow_it(sent: list[tuple[bytes, int]]) -> None:
    link, now_ns = make_link(), 0
    for data, pause_ns in sent:
        end_ns = now_ns + pause_ns
        link.receive(data, now_ns)
        for _ in range(200):
            if link.deadline_ns > end_ns:
                break
            now_ns = max(now_ns, link.deadline_ns)
            link.tick(now_ns)
            assert link.deadline_ns > now_ns
            link.take_output()
        now_ns = end_ns
    assert len(link.take_output()) < 4_096


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from([*MessageType]), st.integers(0, 255), st.binary(max_size=60)),
        max_size=40,
    )
)
def test_no_frames_raise_or_stall_it(sent: list[tuple[MessageType, int, bytes]]) -> None:
    link, now_ns = running_link(), 2 * NS_PER_S
    for message_type, seq, payload in sent:
        now_ns += 50 * NS_PER_MS
        link.receive(encode(message_type, seq, payload), now_ns)
        for _ in range(50):
            if link.deadline_ns > now_ns:
                break
            link.tick(now_ns)
        assert link.deadline_ns > now_ns
        link.take_output()


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_wire_costs_frames_and_never_truth_and_each_loss_is_counted(seed: int) -> None:
    faults = Faults(flip=1e-3, drop=1e-3, double=1e-3, garbage=1e-3)
    world = World(seed)
    world.run(11)  # the first heartbeat: from here on every frame is accounted for
    clean, world.wire = world.wire, Wire(seed, baud=115_200, faults=faults)
    world.run(100)
    world.wire = clean
    world.until(lambda: world.board._last_us % (10 * 10**6) == 0, 11)
    world.run(1.5)
    assert {sample.values for sample in world.samples} <= TRUE
    assert len(world.samples) > 80
    assert world.of(Restarted) == []
    counters = world.link.counters
    assert counters.resyncs > 0
    since_beat = world.link._talk.account._since_beat
    account = world.link._talk.account._beat
    assert account is not None
    lost = account.tx_frames - (counters.frames - since_beat)
    assert counters.lost_on_wire == lost > 0


def test_flags_say_what_a_board_can_do() -> None:
    link = make_link(known={0xFEAC11C5: DESCRIPTOR}, allow=frozenset({(42, 1)}))
    link.receive(b"\0" + frame(HELLO._replace(flags=int(Flag.BOOT_ID))), NS_PER_S)
    link.take_output()
    assert "takes no commands" in str(link.command(1, (), NS_PER_S))
    link.tick(3 * NS_PER_S)
    assert link.take_output() == b""  # no time probes
