"""The PZEM-004T: low words first, and the older product refused by name."""

import pytest

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.events import Refused, Sample
from firmware_bridge.pzem004t import Pzem004t, is_version_1
from firmware_bridge.sensors import Settings, make_line
from simulators.board_kinds import Start
from simulators.pzem004t_board import Pzem004tBoard
from tests.firmware_bridge.vectors import vectors_of
from vocabulary.units import NS_PER_S

SHEET = vectors_of("pzem004t")


def meter() -> Pzem004t:
    return Pzem004t(0, codec=PymodbusCodec())


def test_the_sheet() -> None:
    (sample,) = meter().answered(0, SHEET["answer"], 2, 1)
    assert isinstance(sample, Sample)
    assert [value for _, value in sample.values] == [220.0, 1.0, 220.0, 0.0, 50.0, 1.0]


def test_thirty_two_bits_have_the_low_word_first() -> None:
    words = (2_300, 0x1170, 0x0001, 0x8A30, 0x0001, 0x0001, 0x0001, 500, 97, 0)
    (sample,) = meter().values(0, words, 0)
    assert isinstance(sample, Sample)
    values = dict(sample.values)
    assert values["power/current_a"] == pytest.approx(70.0)
    assert values["power/active_power_w"] == pytest.approx(10_091.2)
    assert values["power/energy_wh"] == 65_537


def test_version_1_is_known_by_its_sum() -> None:
    answer = bytes.fromhex("A000E602000088")  # 230.2 V
    assert is_version_1(answer)
    assert not is_version_1(answer[:6])
    assert not is_version_1(bytes.fromhex("A000E602000089"))
    assert "version 1" in meter().stranger(b"\x00" + answer + b"\x00")
    assert meter().stranger(b"\x01\x04") == ""


def test_a_version_1_on_the_line_is_refused_by_name() -> None:
    board = Pzem004tBoard(Start(0, 0, frozenset({"version_1"})))
    line = make_line({"meter": Settings("pzem004t")}, 0, PymodbusCodec())
    line.opened(0)
    line.tick(NS_PER_S)
    board.receive(line.take_output(), NS_PER_S)
    assert line.receive(board.advance(2 * NS_PER_S), NS_PER_S + 1) == []
    (said,) = line.tick(2 * NS_PER_S)
    assert isinstance(said.event, Refused)
    assert said.event.detail == "a PZEM-004T of version 1: we read version 3"
