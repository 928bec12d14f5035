"""A receiver on a desk, read by two parsers that are not ours."""

import pynmea2
import pytest

from simulators.board_kinds import Start
from simulators.nmea_board import NmeaBoard, plugged_in, sentence
from vocabulary.units import NS_PER_S


def said(*habits: str, seconds: int = 60) -> tuple[NmeaBoard, bytes]:
    board = plugged_in(Start(0, 0, frozenset(habits)))
    return board, b"".join(board.advance(second * NS_PER_S) for second in range(seconds + 1))


def test_a_sentence_as_published() -> None:
    body = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"
    assert sentence(body).endswith(b"*6A\r\n")


@pytest.mark.parametrize("habit", ["", "several_systems", "empty_fields", "second_60"])
def test_pynmea2_reads_every_sentence(habit: str) -> None:
    board, wire = said(habit)
    lines = wire.decode("ascii").split("\r\n")[:-1]
    assert len(lines) == board.sentences == 180
    positions = {}
    for line in lines:
        parsed = pynmea2.parse(line, check=True)
        if parsed.sentence_type == "GGA":
            positions[round(parsed.latitude, 9)] = round(parsed.longitude, 9)
    true = {
        round(dict(reading.values)["gnss/lat_deg"], 9): reading for reading in board.truth.readings
    }
    assert set(positions) <= set(true)
    assert len(positions) >= 10


def test_without_a_fix_there_is_no_position() -> None:
    board, wire = said("indoors")
    assert b",A," not in wire
    assert {values for reading in board.truth.readings for values in reading.values} == {
        ("gnss/fix", 0.0)
    }
    cold, wire = said("cold")
    assert b",V," in wire
    assert b",A,4807" in wire
    assert cold.truth.count == 60


def test_text_at_its_start() -> None:
    _, wire = said("boot_text", seconds=1)
    assert b"$GPTXT,01,01,02,u-blox AG" in wire
    assert wire.startswith(b"\xff\x00")
