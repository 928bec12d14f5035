"""Lines of text on a port: half lines, endless ones, and the checks between."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.events import Event, Reason, Refused, Sample
from firmware_bridge.plain_form import Check, Form, PlainForm, PlainValue
from firmware_bridge.plain_line import PlainLine
from simulators.board_kinds import Start
from simulators.cable import Cable, Faults
from simulators.plain_text_board import PATTERN, PlainTextBoard
from vocabulary.units import NS_PER_S

ROWS = (PlainValue("env/temperature_c", "t"), PlainValue("env/humidity_pct", "h"))


def line(check: Check = Check.NONE) -> PlainLine:
    return PlainLine(0, form=PlainForm(Form.PATTERN, ROWS, PATTERN, check))


def values(events: list[Event]) -> list[tuple[float, ...]]:
    return [tuple(v for _, v in one.values) for one in events if isinstance(one, Sample)]


def test_half_a_line_after_an_open_is_not_read() -> None:
    made = line()
    assert made.receive(b"5 H:48\nT:21.5 H:48\r\n", NS_PER_S) != []
    assert made.counters.frames == 1
    made.cut()
    assert made.receive(b"T:21.5 H:48\n", NS_PER_S) == []  # it may be the end of "-T:21.5 .."
    assert values(made.receive(b"T:-1.5 H:9\n", NS_PER_S)) == [(-1.5, 9.0)]


def test_an_unmatched_line_is_refused_and_kept_for_the_technician() -> None:
    made = line()
    (refused,) = made.receive(b"\n[dbg] heap=1\n", 0)
    assert refused == Refused(Reason.UNMATCHED, 13)
    assert made.quarantine.pieces[-1].wire == b"[dbg] heap=1\n"
    assert made.counters.resyncs == 1


def test_an_endless_line_is_left_and_its_end_is_no_line() -> None:
    made = line()
    made.receive(b"\n", 0)
    for _ in range(50):
        made.receive(b"x" * 100, 0)
        assert len(made._rest) <= 257
    assert values(made.receive(b"T:21.5 H:48\n", 0)) == []
    assert values(made.receive(b"T:21.5 H:48\n", 0)) == [(21.5, 48.0)]


def test_a_wrong_check_is_counted() -> None:
    made = line(Check.XOR)
    (refused,) = made.receive(b"\nT:21.5 H:48*29\n", 0)
    assert refused.reason is Reason.CHECKSUM  # type: ignore[union-attr]
    assert made.counters.crc_errors == 1
    assert values(made.receive(b"T:21.5 H:48*28\n", 0)) == [(21.5, 48.0)]


def test_time_is_when_the_line_began() -> None:
    made = line()
    made.receive(b"\n", 0)
    (sample,) = made.receive(b"T:21.5 H:48\n", NS_PER_S)
    assert isinstance(sample, Sample)
    assert sample.mono_ns == NS_PER_S - 12 * 10 * NS_PER_S // 9_600


def test_what_nothing_outdoors_has_is_refused() -> None:
    made = line()
    sample, refused = made.receive(b"\nT:850.0 H:48\n", 0)
    assert isinstance(sample, Sample)
    assert refused.reason is Reason.OUT_OF_RANGE  # type: ignore[union-attr]


@given(st.lists(st.binary(max_size=400), max_size=10))
def test_bytes_never_raise_and_never_pile_up(chunks: list[bytes]) -> None:
    made = line(Check.CRC32)
    for chunk in chunks:
        made.receive(chunk, 0)
        assert len(made._rest) <= 257
    made.cut()
    assert made.counters.bytes_received == sum(map(len, chunks))


@given(st.integers(0), st.floats(0, 0.02))
def test_with_a_strong_check_nothing_wrong_is_read(seed: int, likelihood: float) -> None:
    def checked(number: int) -> bytes:
        text = b"T:%d.%d H:%d" % (number, number % 10, number)
        return text + b"*%08X\r\n" % zlib.crc32(text)

    wire = b"\n" + b"".join(map(checked, range(30)))
    cable = Cable(seed, faults=Faults(likelihood, likelihood, likelihood, likelihood))
    made = line(Check.CRC32)
    found = [value for chunk in cable.carry(wire) for value in values(made.receive(chunk, 0))]
    true = [(float(f"{number}.{number % 10}"), float(number)) for number in range(30)]
    assert [one for one in found if one not in true] == []


def test_the_boards_habits_cost_lines_and_never_truth() -> None:
    for habit in ("banner", "chatty", "endless", "no_sensor"):
        board, made = PlainTextBoard(Start(0, 0, frozenset({habit}))), line(Check.XOR)
        found: list[tuple[float, ...]] = []
        for _ in range(300):
            found += values(made.receive(board.advance(board.next_ns), 0))
        sent = [tuple(v for _, v in reading.values) for reading in board.truth.readings]
        assert [one for one in found if one not in sent] == []
        missing = 2 if habit == "endless" else 1
        assert len(sent) - missing <= len(found) <= len(sent), habit
