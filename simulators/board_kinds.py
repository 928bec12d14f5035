"""Every board that can be simulated, one row each: what it is, at which levels, with which habits.

    python   a board written in Python, in this process
    c        our C library, compiled for this machine, in a process of its own
    qemu     our C firmware on an emulated Cortex-M, in QEMU

Whatever the level, a board is a ``Device``: it is given bytes and the time, and gives bytes. What a
line does to those bytes is not the board's business (see ``wire.py``); what this kind of board is
known to do wrong stands under ``habits`` and is handed to its maker.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Final, NamedTuple, Protocol


class Level(StrEnum):
    """Where a board runs."""

    PYTHON = "python"
    C = "c"
    QEMU = "qemu"


class Device(Protocol):
    """One board, however it is made."""

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next, if nothing is heard before."""
        ...

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        ...

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes came from the gateway; answers leave with the next ``advance``."""
        ...


class Start(NamedTuple):
    """What a board is started with."""

    now_ns: int
    seed: int = 0
    habits: frozenset[str] = frozenset()
    """Which of its kind's bad habits it has today."""
    baud: int = 0
    """0: the kind's own."""


Maker = Callable[[Start], Device]


class BoardKind(NamedTuple):
    """A row of the table."""

    baud: int
    meaning: str
    makers: Mapping[Level, str]
    """Level -> ``module:function``, imported when it is wanted."""
    habits: Mapping[str, str] = {}
    """Name -> what it does."""

    def make(self, level: Level, start: Start) -> Device:
        """A new board.

        Raises:
            KeyError: this kind is not made at this level.
        """
        module, _, name = self.makers[level].partition(":")
        maker: Maker = getattr(import_module(module), name)
        return maker(start)


BOARD_KINDS: Final[dict[str, BoardKind]] = {
    "sds011": BoardKind(
        9_600,
        "Nova SDS011, particles",
        {Level.PYTHON: "simulators.sds011_board:plugged_in"},
    ),
}
"""Kind -> row, as ``lamplighter simulate board --kind`` names it."""
