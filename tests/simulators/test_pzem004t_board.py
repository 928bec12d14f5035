"""The PZEM-004T on a wall."""

from simulators.board_kinds import Start
from simulators.modbus_slave import framed
from simulators.pzem004t_board import plugged_in
from vocabulary.units import NS_PER_S

READ = framed(bytes.fromhex("F8040000000A"))


def test_low_words_first() -> None:
    board = plugged_in(Start(0))
    board.receive(READ, 0)
    wire = board.advance(NS_PER_S)
    words = [int.from_bytes(wire[ix : ix + 2], "big") for ix in range(3, 23, 2)]
    values = dict(board.truth.readings[0].values)
    assert values["power/voltage_v"] == words[0] / 10
    assert values["power/current_a"] * 1_000 == words[1] + 65_536 * words[2]
    assert values["power/energy_wh"] == words[5] + 65_536 * words[6]


def test_without_mains_it_is_dead() -> None:
    board = plugged_in(Start(0))
    board.powered = False
    board.receive(READ, 0)
    assert board.advance(NS_PER_S) == b""


def test_the_first_version_speaks_no_modbus() -> None:
    board = plugged_in(Start(0, 0, frozenset({"version_1"})))
    board.receive(READ, 0)
    said = board.advance(NS_PER_S)
    assert len(said) == 7
    assert said[0] == 0xA0
    assert sum(said[:6]) % 256 == said[6]
