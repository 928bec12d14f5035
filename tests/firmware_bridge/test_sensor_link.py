"""The life of a line: every cell of its table walked, and what is neither life nor death."""

import pytest

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.events import Event, GiveUp, LinkChange, NoReadings, Sample
from firmware_bridge.line import Said
from firmware_bridge.link_states import TABLE, Cue, State
from firmware_bridge.sensor_link import READINGS_PER_S_MAX, SensorLink
from firmware_bridge.sensors import Settings, make_line
from simulators.modbus_slave import framed
from tests.firmware_bridge.vectors import SDS011
from vocabulary.units import NS_PER_MS, NS_PER_S

READING = SDS011["reading"].wire
ANSWER = SDS011["firmware"].wire


class Desk:
    """A link in virtual time; nothing comes unless a test says so."""

    def __init__(self, kind: str = "sds011", *, rates: tuple[int, ...] = ()) -> None:
        self.now_ns = 0
        line = make_line({"one": Settings(kind)}, 0, PymodbusCodec())
        self.link = SensorLink(line, 0, rates=rates)
        self.events: list[Event] = []
        self.link.opened(0)

    def wait(self, seconds: float, byte: bytes = b"", unit_every_s: float = 0) -> None:
        """Time passes; ``byte`` comes every half second, a good unit now and then."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        while self.now_ns < end_ns:
            self.now_ns += NS_PER_S // 2
            if byte:
                self.take(self.link.receive(byte, self.now_ns))
            if unit_every_s and self.now_ns % round(unit_every_s * NS_PER_S) == 0:
                self.take(self.link.receive(READING, self.now_ns))
            if self.now_ns >= self.link.deadline_ns:
                self.take(self.link.tick(self.now_ns))

    def unit(self, wire: bytes = READING) -> None:
        self.take(self.link.receive(wire, self.now_ns))

    def take(self, said: list[Said]) -> None:
        self.events += [event for _, event in said]

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(e.before, e.after) for e in self.events if isinstance(e, LinkChange)]

    @property
    def orders(self) -> list[GiveUp]:
        return [event for event in self.events if isinstance(event, GiveUp)]

    def reach(self, state: State) -> None:
        """Bring it there, whatever it takes."""
        if state is State.GARBAGE:
            self.wait(5.5, b"\x55")
        elif state is not State.SYNCING:
            self.unit()
        if state is State.QUIET:
            self.wait(3.5)
        assert self.link.state is state
        self.events.clear()

    def cue(self, cue: Cue) -> None:
        """Let it happen."""
        before = len(self.events)
        for _ in range(200):
            if cue is Cue.UNIT:
                self.unit()
                return
            self.wait(0.5, b"\x55" if cue is Cue.GARBLED else b"")
            new = self.events[before:]
            if any(isinstance(event, LinkChange | GiveUp) for event in new):
                return
        pytest.fail(f"{cue} never happened")


@pytest.mark.parametrize(("state", "cue"), TABLE)
def test_every_cell_is_walked(state: State, cue: Cue) -> None:
    desk = Desk(rates=(4_800,))
    desk.reach(state)
    desk.cue(cue)
    cell = TABLE[state, cue]
    assert desk.link.state is cell.after
    assert [order.why for order in desk.orders] == ([str(cell.order)] if cell.order else [])


def test_silent_port_reopens() -> None:
    desk = Desk()
    desk.wait(5, unit_every_s=1)
    desk.wait(10)
    assert [order.why for order in desk.orders] == ["silent"]
    assert desk.changes[-2:] == [("running", "quiet"), ("quiet", "syncing")]


def test_a_port_that_never_speaks_is_given_up_each_half_minute() -> None:
    desk = Desk()
    desk.wait(95)
    assert [order.why for order in desk.orders] == ["mute"] * 3


def test_rates_are_tried_in_turn_and_never_once_something_good_came() -> None:
    desk = Desk(rates=(4_800, 115_200))
    desk.wait(31, b"\x55")
    assert [order.baud for order in desk.orders][:4] == [4_800, 115_200, 4_800, 115_200]
    good = Desk(rates=(4_800,))
    good.unit()
    good.wait(60, b"\x55")
    assert "rate" not in {order.why for order in good.orders}
    assert Desk().orders == []


def test_alive_but_silent() -> None:
    """It answers and gives no readings: neither well nor silent."""
    desk = Desk()
    desk.unit()
    for _ in range(140):
        desk.wait(0.5)
        desk.unit(ANSWER)
    barren = [event for event in desk.events if isinstance(event, NoReadings)]
    assert len(barren) == 1
    assert barren[0].since_ns >= 60 * NS_PER_S
    assert desk.link.state is State.RUNNING
    assert desk.link.watches["one"].barren
    assert desk.link.sensors["one"].counters.barren == 1
    desk.unit()
    assert not desk.link.watches["one"].barren


def test_a_slave_that_only_refuses_is_alive_but_silent_and_says_why() -> None:
    desk = Desk("pzem004t")
    refusal = framed(b"\xf8\x84\x02")
    for _ in range(800):
        desk.now_ns += 100 * NS_PER_MS
        desk.take(desk.link.tick(desk.now_ns))
        if desk.link.take_output():
            desk.take(desk.link.receive(refusal, desk.now_ns + NS_PER_MS))
    (barren,) = [event for event in desk.events if isinstance(event, NoReadings)]
    assert barren.why == "illegal data address (2)"


def test_warming_up_is_no_fault() -> None:
    desk = Desk("mhz19b")
    answer = bytes.fromhex("FF8602200000000058")
    for _ in range(1_700):
        desk.now_ns += 100 * NS_PER_MS
        desk.take(desk.link.tick(desk.now_ns))
        if desk.link.take_output():
            desk.take(desk.link.receive(answer, desk.now_ns + NS_PER_MS))
    assert not [event for event in desk.events if isinstance(event, NoReadings)]
    assert desk.link.sensors["one"].counters.warming_up > 20


def test_what_is_refused_right_after_an_open_is_counted_apart() -> None:
    desk = Desk()
    desk.now_ns = NS_PER_S
    desk.unit(b"boot text" + READING)
    assert desk.link.settling == 1
    desk.now_ns = 10 * NS_PER_S
    desk.unit(b"noise" + READING)
    assert desk.link.settling == 1


def test_too_many_readings_are_dropped_and_counted() -> None:
    desk = Desk()
    for _ in range(READINGS_PER_S_MAX + 30):
        desk.unit()
    samples = [event for event in desk.events if isinstance(event, Sample)]
    assert len(samples) == READINGS_PER_S_MAX
    assert desk.link.surplus == 30
    desk.now_ns += NS_PER_S
    desk.unit()
    assert desk.link.surplus == 30


def test_bytes_of_a_port_nobody_announced_open_it() -> None:
    link = SensorLink(make_line({"one": Settings("sds011")}, 0), 0)
    seen = [link.is_open]
    link.receive(READING, 5)
    seen.append(link.is_open)
    link.closed()
    assert [*seen, link.is_open] == [False, True, False]


def test_a_sleeping_sensor_is_not_quiet() -> None:
    desk = Desk()
    desk.unit(SDS011["asleep"].wire)
    desk.wait(600)
    assert desk.link.state is State.RUNNING
    assert desk.orders == []
