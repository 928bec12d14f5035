"""One simulated board in real time, for ``lamplighter simulate board`` and for runs of many."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from simulators.board_faults import MENU
from simulators.board_kinds import BOARD_KINDS, Level, Outside, Start
from simulators.board_run import BoardRun
from simulators.c_build import missing
from simulators.errors import FaultUnknown, LevelUnknown, ProgramsMissing
from simulators.pty_port import PtyPort
from vocabulary.units import NS_PER_S

WAIT_S_MAX: Final = 0.2
PROGRAMS: Final = {
    Level.PYTHON: (),
    Level.C: ("gcc",),
    Level.QEMU: ("arm-none-eabi-gcc", "qemu-system-arm"),
}
"""Level -> what must be installed."""
PACKAGES: Final = {
    "gcc": "gcc",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}


class Order(NamedTuple):
    """Which board, and what is wrong with it."""

    kind: str
    level: Level
    port: Path
    faults: tuple[str, ...] = ()
    baud: int = 0
    seed: int = 1
    seconds: float = 0.0
    """0: until it is told to end."""


def refuse(order: Order) -> None:
    """Say what is impossible about an order before anything is started.

    Raises:
        LevelUnknown, FaultUnknown, ProgramsMissing
    """
    row = BOARD_KINDS[order.kind]
    if order.level not in row.makers:
        raise LevelUnknown(order.kind, order.level, sorted(row.makers))
    known = {
        *row.habits,
        *(name for name, fault in MENU.items() if not fault.of_ours or order.kind == "lamplighter"),
    }
    for name in order.faults:
        if name not in known:
            raise FaultUnknown(order.kind, name, sorted(known))
    absent = missing(*PROGRAMS[order.level])
    if absent:
        raise ProgramsMissing(absent, [PACKAGES[program] for program in absent])


def live(
    order: Order, *, ready: Callable[[], None], ended: Callable[[], bool] = lambda: False
) -> BoardRun:
    """Run a board until its time is over or somebody says so; what it did is in what comes back."""
    refuse(order)
    row = BOARD_KINDS[order.kind]
    now_ns = time.monotonic_ns  # noqa: TID251 - a command that lives in real time
    start_ns = now_ns()
    baud = order.baud or row.baud
    habits = frozenset(order.faults) & row.habits.keys()
    device = row.make(order.level, Start(start_ns, order.seed, habits, baud))
    outside = device if isinstance(device, Outside) else None
    watched = [outside.fileno()] if outside is not None else []
    faults = [MENU[name] for name in order.faults if name in MENU]
    try:
        with PtyPort(order.port) as port:
            run = BoardRun(device, port, now_ns=start_ns, baud=baud, seed=order.seed, faults=faults)
            ready()
            while not ended() and (
                not order.seconds or now_ns() - start_ns < order.seconds * NS_PER_S
            ):
                run.step(now_ns())
                wait_s = (run.next_ns - now_ns()) / NS_PER_S
                port.wait(min(WAIT_S_MAX, wait_s), *watched)
            return run
    finally:
        if outside is not None:
            outside.close()
