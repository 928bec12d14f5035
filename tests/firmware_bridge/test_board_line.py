"""A board on a port as the agent sees it: names, orders, and the fault of giving nothing."""

from firmware_bridge.board_line import BoardLine, BoardOnPort, Shell
from firmware_bridge.events import GiveUp, LinkChange, NoReadings, Sample
from firmware_bridge.frame import encode
from firmware_bridge.line import Said
from firmware_bridge.messages import Heartbeat, Hello, payload_of
from firmware_bridge.session import State
from tests.firmware_bridge.vectors import DESCRIPTOR, FRAMES
from vocabulary.units import NS_PER_S

HELLO = Hello(1, 1, 7, 0, 42, 7, 1, 0xFEAC11C5, 159, 64, 10, 0x01020003, 6)
DATA = next(vector for vector in FRAMES if vector.name == "data")


def line(known: dict[int, bytes] | None = None, **more: object) -> BoardLine:
    """With numbers from 1."""
    numbers = iter(range(1, 1_000))
    kept: dict[int, bytes] = {} if known is None else known
    shell = Shell(lambda: next(numbers), kept, kept.__setitem__)
    return BoardLine(BoardOnPort("box", 115_200, **more), 0, shell)  # type: ignore[arg-type]


def test_readings_come_under_the_sensors_name() -> None:
    one = line({0xFEAC11C5: DESCRIPTOR})
    one.opened(0)
    assert one.take_output().startswith(b"\0")
    one.receive(b"\0" + encode(2, 0, payload_of(HELLO)), NS_PER_S)
    said = one.receive(encode(5, 1, DATA.payload), 2 * NS_PER_S)
    assert [(each.sensor_id, type(each.event)) for each in said] == [("box", Sample)]
    assert one.state is State.RUNNING
    assert one.sensors["box"].counters.samples == 1
    assert one.watches["box"].sampled_ns == 2 * NS_PER_S


def test_changes_and_what_is_foreign_are_told_to_the_agent() -> None:
    one = line(uid=43)
    said = one.receive(b"\0" + encode(2, 0, payload_of(HELLO)), NS_PER_S)
    assert Said("box", LinkChange(State.SYNCING, State.FOREIGN)) in said
    assert "000000000000002A is here" in one.watches["box"].why


def test_a_descriptor_is_kept_once_it_is_learned() -> None:
    kept: dict[int, bytes] = {}
    one = line(kept)
    one.receive(b"\0" + encode(2, 0, payload_of(HELLO)), NS_PER_S)
    one.receive(encode(4, 1, b"\0\0" + DESCRIPTOR), 2 * NS_PER_S)
    assert kept == {0xFEAC11C5: DESCRIPTOR}


def test_a_silent_port_is_given_up() -> None:
    one = line()
    one.opened(0)
    said: list[Said] = []
    while not said:
        one.take_output()
        said = [each for each in one.tick(one.deadline_ns) if isinstance(each.event, GiveUp)]
    assert said[0].event == GiveUp("mute")


def test_a_board_that_lives_and_gives_nothing_is_a_fault_of_its_own() -> None:
    one = line({0xFEAC11C5: DESCRIPTOR})
    one.receive(b"\0" + encode(2, 0, payload_of(HELLO)), NS_PER_S)
    faults: list[NoReadings] = []
    for second in range(2, 120):
        beat = Heartbeat(7, 1, second, second, 0, 0, 0, 0)
        said = one.receive(encode(12, second, payload_of(beat)), second * NS_PER_S)
        said += one.tick(second * NS_PER_S)
        faults += [each.event for each in said if isinstance(each.event, NoReadings)]
    assert len(faults) == 1
    assert one.sensors["box"].counters.barren == 1


def test_commands_are_allowed_only_to_a_board_that_is_named() -> None:
    nameless, named = line(ops=frozenset({1})), line(uid=42, ops=frozenset({1}))
    assert nameless.link._allow == frozenset()
    assert named.link._allow == frozenset({(42, 1)})


def test_rates_are_tried_in_turn_and_the_line_is_as_slow_as_the_last() -> None:
    one, tried = line(rates=(115_200, 57_600, 9_600)), []
    one.opened(0)
    for half_s in range(1, 100):
        now_ns = half_s * NS_PER_S // 2
        said = [*one.receive(b"\x55" * 20, now_ns), *one.tick(now_ns)]
        for order in (each.event for each in said if isinstance(each.event, GiveUp)):
            tried.append(order.baud)
            one.closed()
            one.opened(now_ns)
    assert tried[:4] == [57_600, 9_600, 115_200, 57_600]
    assert one.link.baud == tried[-1]
