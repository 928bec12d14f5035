"""One owner for a line: questions in turn, answers found among noise, late ones never believed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.events import Event, Reason, Refused, Sample
from firmware_bridge.polled_line import HELD_BYTES_MAX, PolledLine
from firmware_bridge.sensors import Settings, make_line
from simulators.board_kinds import Device, Start
from simulators.mhz19b_board import Mhz19bBoard, room_air
from simulators.pzem004t_board import Pzem004tBoard
from simulators.rs485_bus import Rs485Bus
from simulators.sdm120_board import Sdm120Board
from simulators.senseair_s8_board import SenseairS8Board
from simulators.sent_values import strangers
from tests.firmware_bridge.vectors import vectors_of
from vocabulary.units import NS_PER_MS, NS_PER_S

CODEC = PymodbusCodec()
SHEET = vectors_of("pzem004t")


def line_of(**sensors: Settings) -> PolledLine:
    made = make_line(sensors, 0, CODEC)
    assert isinstance(made, PolledLine)
    return made


def asked(line: PolledLine, now_ns: int = NS_PER_S) -> bytes:
    line.opened(now_ns - NS_PER_S // 2)
    line.tick(now_ns)
    return line.take_output()


class Bench:
    """A line and what is on it, in virtual time; a good cable."""

    def __init__(self, line: PolledLine, device: Device, *, unmindful: bool = False) -> None:
        self.line, self.device, self.now_ns = line, device, 0
        self.events: list[tuple[str, Event]] = []
        self.deaf = unmindful
        line.opened(0)

    def run(self, seconds: float) -> None:
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        while self.now_ns < end_ns:
            self.now_ns = min(end_ns, max(self.now_ns + 1, self.due_ns))
            wire = self.device.advance(self.now_ns)
            if wire:
                self.events += self.line.receive(wire, self.now_ns)
            self.events += self.line.tick(self.now_ns)
            output = self.line.take_output()
            if output and not self.deaf:
                self.device.receive(output, self.now_ns)

    @property
    def due_ns(self) -> int:
        return min(self.device.next_ns, self.line.deadline_ns)

    def values(self, name: str) -> list[tuple[str, float]]:
        return [
            pair
            for one, event in self.events
            if one == name and isinstance(event, Sample)
            for pair in event.values
        ]

    def samples(self, name: str) -> int:
        return sum(1 for one, e in self.events if one == name and isinstance(e, Sample))


def test_a_question_waits_for_silence_and_is_asked_once() -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    assert line.take_output() == b""
    line.opened(0)
    assert line.tick(0) == []
    assert line.take_output() == b""  # 3.5 characters have not passed
    line.tick(line.deadline_ns)
    assert line.take_output() == SHEET["read"]
    assert line.take_output() == b""


def test_a_line_that_never_falls_silent_is_asked_in_the_end() -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    line.opened(0)
    for ms in range(0, 700):
        line.receive(b"\x55", ms * NS_PER_MS)
        line.tick(ms * NS_PER_MS)
        if line.take_output():
            assert 490 <= ms <= 510
            return
    pytest.fail("never asked")


@pytest.mark.parametrize("garbage", [b"", b"\0", b"\xff\x01", b"\x01\x04\x14", b"\x01" * 40])
def test_garbage_before_an_answer_costs_nothing_but_time(garbage: bytes) -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    asked(line)
    said = line.receive(garbage + SHEET["answer"], NS_PER_S)
    said += line.tick(2 * NS_PER_S)  # a false beginning is given up at the end of patience
    assert [type(one.event) for one in said if isinstance(one.event, Sample)] == [Sample]
    assert line.sensors["meter"].counters.bytes_skipped == len(garbage)


def test_our_own_question_is_taken_off() -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    question = asked(line)
    for byte in question:
        assert line.receive(bytes((byte,)), NS_PER_S) == []
    (said,) = line.receive(SHEET["answer"], NS_PER_S)
    assert isinstance(said.event, Sample)
    assert line.sensors["meter"].counters.echoes == 1
    assert line.sensors["meter"].counters.bytes_skipped == 0


def test_only_our_own_question_is_a_fault_of_its_own() -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    line.receive(asked(line), NS_PER_S)
    (said,) = line.tick(2 * NS_PER_S)
    assert isinstance(said.event, Refused)
    assert said.event.reason is Reason.ECHO


def test_a_late_answer_is_thrown_away_before_the_next_question() -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    asked(line)
    (said,) = line.tick(NS_PER_S + 300 * NS_PER_MS)
    assert said.event.reason is Reason.TIMEOUT  # type: ignore[union-attr]
    line.take_output()
    line.closed()
    line.opened(3 * NS_PER_S)
    assert line.receive(SHEET["answer"], 3 * NS_PER_S) == []  # nobody asked
    assert line.sensors["meter"].counters.bytes_skipped == 25


def test_an_answer_that_comes_twice_is_no_answer_to_the_next_question() -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    asked(line)
    (first,) = line.receive(SHEET["answer"] * 2, NS_PER_S)
    assert isinstance(first.event, Sample)
    line.tick(4 * NS_PER_S)
    assert line.take_output() == SHEET["read"]
    assert line.receive(b"\0", 4 * NS_PER_S) == []
    assert line.sensors["meter"].counters.samples == 1
    assert line.sensors["meter"].counters.bytes_skipped >= 25


def test_an_answer_from_another_slave_is_nobodys() -> None:
    line = line_of(a=Settings("sdm120", address=1), b=Settings("sdm120", address=2))
    asked(line)
    stranger = Sdm120Board(Start(0), address=2)
    stranger.receive(CODEC.read_inputs(2, 0, 0x20), 0)
    assert line.receive(stranger.advance(NS_PER_S), NS_PER_S) == []
    assert line.sensors["b"].counters.frames == 0


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_what_is_held_is_bounded(chunks: list[bytes]) -> None:
    line = line_of(meter=Settings("pzem004t", address=1))
    asked(line)
    for ix, chunk in enumerate(chunks):
        line.receive(chunk, NS_PER_S + ix)
        assert len(line._held) <= HELD_BYTES_MAX
    line.tick(9 * NS_PER_S)
    line.closed()
    counters = line.sensors["meter"].counters
    told = 25 * counters.frames + 8 * counters.echoes
    assert counters.bytes_skipped <= counters.bytes_received <= counters.bytes_skipped + told


def bus(*addresses: int) -> tuple[PolledLine, Rs485Bus, Mapping[int, Sdm120Board]]:
    slaves = {address: Sdm120Board(Start(0), address=address) for address in addresses}
    settings = {
        f"m{address}": Settings("sdm120", baud=9_600, interval_ns=NS_PER_S, address=address)
        for address in addresses
    }
    return line_of(**settings), Rs485Bus(list(slaves.values())), slaves


def test_every_value_is_its_own_meters() -> None:
    line, devices, slaves = bus(1, 2, 3)
    bench = Bench(line, devices)
    bench.run(59.5)
    for address, slave in slaves.items():
        heard = bench.values(f"m{address}")
        assert strangers(heard, slave.truth) == []
        assert bench.samples(f"m{address}") == slave.truth.count >= 2 * 59


def test_rs485_dead_slave_and_slave_returns() -> None:
    line, devices, slaves = bus(1, 2, 3, 4)
    slaves[4].powered = False
    bench = Bench(line, devices)
    bench.run(600)
    for address in (1, 2, 3):
        assert bench.samples(f"m{address}") >= 0.95 * 2 * 600
    assert bench.samples("m4") == 0
    silent = [event for name, event in bench.events if name == "m4" and event.reason == "silent"]  # type: ignore[union-attr]
    assert len(silent) == 1
    slaves[4].powered = True
    bench.run(301)
    assert bench.samples("m4") > 0
    before = bench.samples("m4")
    bench.run(60)
    assert bench.samples("m4") - before >= 0.95 * 2 * 60


def test_an_echoing_adapter_changes_nothing_but_a_count() -> None:
    line, devices, slaves = bus(1, 2)
    devices.echo = True
    bench = Bench(line, devices)
    bench.run(29.5)
    counters = line.sensors["m1"].counters
    assert counters.echoes == counters.requests >= 2 * 29
    assert strangers(bench.values("m1"), slaves[1].truth) == []
    assert counters.timeouts == 0


@pytest.mark.parametrize("habit", ["stray", "late", "deaf", "refusing", "wrong_crc"])
@pytest.mark.parametrize("kind", ["senseair-s8", "sdm120", "pzem004t"])
def test_each_habit_of_a_slave_is_counted_and_none_lies(kind: str, habit: str) -> None:
    makers = {
        "senseair-s8": SenseairS8Board,
        "sdm120": Sdm120Board,
        "pzem004t": Pzem004tBoard,
    }
    board = makers[kind](Start(0, 1, frozenset({habit})))
    line = line_of(one=Settings(kind, interval_ns=NS_PER_S))
    bench = Bench(line, board)
    bench.run(120)
    counters = line.sensors["one"].counters
    assert strangers(bench.values("one"), board.truth) == []
    assert bench.samples("one") > 60
    answers = counters.frames + counters.timeouts
    assert abs(counters.requests - answers) <= 1
    seen = {
        "stray": counters.bytes_skipped,
        "late": counters.timeouts,
        "deaf": counters.timeouts,
        "refusing": counters.exceptions,
        "wrong_crc": counters.crc_errors,
    }
    assert seen[habit] > 5


def test_a_mhz19b_by_itself() -> None:
    for habit, reason in (
        ("cold", Reason.WARMING_UP),
        ("deaf", Reason.TIMEOUT),
        ("late", Reason.TIMEOUT),
        ("breath", Reason.OUT_OF_RANGE),
    ):
        board = Mhz19bBoard(Start(0, 1, frozenset({habit})), room_air)
        warm_up_ns = None if habit == "cold" else 0
        line = line_of(one=Settings("mhz19b", interval_ns=NS_PER_S, warm_up_ns=warm_up_ns))
        bench = Bench(line, board)
        bench.run(240)
        assert strangers(bench.values("one"), board.truth) == []
        assert any(e.reason is reason for _, e in bench.events if isinstance(e, Refused)), habit
        assert bench.samples("one") >= 50
        assert board.calibrations == 0
