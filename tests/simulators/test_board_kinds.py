"""The table of boards: every row can be made, and what it makes is a board."""

import pytest

from simulators.board_kinds import BOARD_KINDS, Level, Start

PYTHON_KINDS = [kind for kind, row in BOARD_KINDS.items() if Level.PYTHON in row.makers]


@pytest.mark.parametrize("kind", PYTHON_KINDS)
def test_every_python_board_lives_from_its_row_alone(kind: str) -> None:
    row = BOARD_KINDS[kind]
    device = row.make(Level.PYTHON, Start(now_ns=1_000, seed=7))
    device.receive(b"\0nothing it knows", 1_000)
    for _ in range(5):
        now_ns = max(device.next_ns, 1_000)
        assert isinstance(device.advance(now_ns), bytes)


@pytest.mark.parametrize("kind", BOARD_KINDS)
def test_every_row_says_what_it_is(kind: str) -> None:
    row = BOARD_KINDS[kind]
    assert row.baud >= 300
    assert row.meaning
    assert all(row.habits.values())


def test_a_level_that_a_kind_lacks_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        BOARD_KINDS["sds011"].make(Level.QEMU, Start(now_ns=0))
