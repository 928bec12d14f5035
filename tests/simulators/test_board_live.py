"""Boards in real time: an order that cannot be filled says why, one that can lives on."""

from pathlib import Path

import pytest

from simulators import board_live
from simulators.board_kinds import Level
from simulators.board_live import PACKAGES, PROGRAMS, Order, live, refuse
from simulators.errors import FaultUnknown, LevelUnknown, ProgramsMissing


def test_a_level_or_a_fault_that_a_kind_has_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(LevelUnknown, match="only python"):
        refuse(Order("sds011", Level.QEMU, tmp_path / "p"))
    with pytest.raises(FaultUnknown, match="watchdog"):
        refuse(Order("sds011", Level.PYTHON, tmp_path / "p", ("watchdog",)))
    refuse(Order("lamplighter", Level.PYTHON, tmp_path / "p", ("watchdog", "same-boot-id")))


def test_a_missing_program_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(board_live.PROGRAMS, Level.C, ("no-such-gcc",))
    monkeypatch.setitem(board_live.PACKAGES, "no-such-gcc", "gcc-of-no-such")
    with pytest.raises(ProgramsMissing, match="gcc-of-no-such"):
        refuse(Order("lamplighter", Level.C, tmp_path / "p"))
    assert {program for level in Level for program in PROGRAMS[level]} <= {*PACKAGES, "no-such-gcc"}


def test_it_lives_until_somebody_says_so(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    seen = []
    order = Order("lamplighter", Level.C, tmp_path / "board", ("bit-errors",))
    run = live(order, ready=lambda: seen.append(order.port.exists()), ended=lambda: next(asked))
    assert seen == [True]
    assert not order.port.exists()
    assert run.wire.to_gateway.truth.carried_bytes >= 0
