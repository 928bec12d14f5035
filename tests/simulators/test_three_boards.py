"""Three boards, overheard: their truth is what the formula says, and trouble comes on time."""

from simulators.board_kinds import BOARD_KINDS, Level, Start
from simulators.street_box import Misbehaviour, values
from simulators.three_boards import Overheard, levels, rows
from vocabulary.units import NS_PER_S


def test_what_is_overheard_is_what_was_said() -> None:
    for level in (Level.PYTHON, Level.C):
        device = Overheard(
            BOARD_KINDS["lamplighter"].make(level, Start(0, 1)), 0, Misbehaviour.CRASH
        )
        for second in range(44):
            device.advance(second * NS_PER_S)
        assert device.truth.count == 43
        first = dict(device.truth.readings[0].values)
        assert first["env/pressure_hpa"] == values(0).pressure / 100
        device.advance(46 * NS_PER_S)
        device.advance(47 * NS_PER_S)
        assert device.device.starts == 2  # type: ignore[attr-defined]
        device.close()


def test_each_level_has_its_row() -> None:
    made = rows("/dev/x")
    assert [row.sensor_id for row in made] == [f"box-{level}" for level in levels()]
    assert {row.protocol for row in made} == {"lamplighter"}
