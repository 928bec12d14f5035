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
from typing import Final, NamedTuple, Protocol, runtime_checkable


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


@runtime_checkable
class Outside(Protocol):
    """A device in a process of its own."""

    def fileno(self) -> int:
        """Readable when it has said something."""
        ...

    def close(self) -> None:
        """End it."""
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


SLAVE_HABITS: Final = {
    "stray": "sends a zero byte before its answer",
    "late": "answers one question in five after 0.4 s",
    "deaf": "does not hear one question in seven",
    "refusing": "answers one question in four with an exception",
    "wrong_crc": "answers one question in four with the question's CRC",
}
"""Of any Modbus slave (``modbus_slave.py``)."""

BOARD_KINDS: Final[dict[str, BoardKind]] = {
    "lamplighter": BoardKind(
        115_200,
        "our example board, which speaks the Lamplighter serial protocol",
        {
            Level.PYTHON: "simulators.lamplighter_board:python",
            Level.C: "simulators.lamplighter_board:c",
            Level.QEMU: "simulators.qemu_board:qemu",
        },
        {
            "same-boot-id": "each start gives the same boot id (levels python and c)",
        },
    ),
    "sds011": BoardKind(
        9_600,
        "Nova SDS011, particles",
        {Level.PYTHON: "simulators.sds011_board:plugged_in"},
    ),
    "pms5003": BoardKind(
        9_600,
        "Plantower PMS5003, particles",
        {Level.PYTHON: "simulators.pms5003_board:plugged_in"},
        {
            "zeros": "says zeros in its first units",
            "moving_air": "says every other unit after 0.2 s",
            "dirty": "reports an error code in every fifth unit",
            "worn": "counts more large particles than small in every fourth unit",
            "pms3003": "is the older product, which looks alike",
        },
    ),
    "mhz19b": BoardKind(
        9_600,
        "Winsen MH-Z19B, carbon dioxide",
        {Level.PYTHON: "simulators.mhz19b_board:plugged_in"},
        {
            "cold": "begins cold: three minutes of meaningless numbers",
            "deaf": "does not hear one question in seven",
            "late": "answers one question in five after 0.33 s",
            "breath": "says more than it can measure, one answer in six",
        },
    ),
    "senseair-s8": BoardKind(
        9_600,
        "SenseAir S8, carbon dioxide",
        {Level.PYTHON: "simulators.senseair_s8_board:plugged_in"},
        {
            **SLAVE_HABITS,
            "faulty": "its meter reports a fault in one answer of three",
            "broken": "says more than it can measure, one answer in four",
        },
    ),
    "nmea": BoardKind(
        9_600,
        "satellite receiver, NMEA 0183",
        {Level.PYTHON: "simulators.nmea_board:plugged_in"},
        {
            "boot_text": "says garbage and text when it starts",
            "cold": "has no fix for half a minute",
            "indoors": "has no fix",
            "empty_fields": "leaves fields empty in every third second",
            "several_systems": "speaks as GN",
            "second_60": "has minutes of 61 seconds",
        },
    ),
    "sdm120": BoardKind(
        2_400,
        "Eastron SDM120, energy",
        {Level.PYTHON: "simulators.sdm120_board:plugged_in"},
        SLAVE_HABITS,
    ),
    "pzem004t": BoardKind(
        9_600,
        "Peacefair PZEM-004T version 3, energy",
        {Level.PYTHON: "simulators.pzem004t_board:plugged_in"},
        {**SLAVE_HABITS, "version_1": "is the first version, which speaks no Modbus"},
    ),
    "rs485": BoardKind(
        2_400,
        "three SDM120 on one RS-485 line, addresses 1 to 3",
        {Level.PYTHON: "simulators.rs485_bus:plugged_in"},
        {**SLAVE_HABITS, "echo": "its adapter hears itself"},
    ),
    "plain": BoardKind(
        9_600,
        "a board of one's own: T:21.5 H:48*28",
        {Level.PYTHON: "simulators.plain_text_board:plugged_in"},
        {
            "banner": "says garbage and a banner when it starts",
            "chatty": "says a debugging line, one in five",
            "endless": "says a line of 600 bytes, one in seven",
            "no_sensor": "says nan, one line in six",
            "overheated": "says 850 degrees, one line in four",
        },
    ),
}
"""Kind -> row, as ``lamplighter simulate board --kind`` names it."""
