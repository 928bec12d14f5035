"""Waiting for something that other processes bring about: bounded, and it says what never came.

A bound is a number of looks, not a time: on a busy machine a look takes longer, and so does what
is waited for.
"""

import threading
from collections.abc import Callable
from typing import Final

from vocabulary.errors import WorldFault

PAUSE_S: Final = 0.25
LOOKS_MAX: Final = 480  # times PAUSE_S: two minutes and more


class NeverHappened(WorldFault):
    """What was waited for did not come."""

    remedy = "Read the logs of the processes that should have brought it about."

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"it never happened: {self.what}"


def until(
    happened: Callable[[], bool],
    what: str,
    *,
    looks_max: int = LOOKS_MAX,
    pause_s: float = PAUSE_S,
) -> None:
    """Look again and again until ``happened``.

    Raises:
        NeverHappened: naming ``what``, after ``looks_max`` looks.
    """
    nobody = threading.Event()
    for _ in range(looks_max):
        if happened():
            return
        nobody.wait(pause_s)
    raise NeverHappened(what)
