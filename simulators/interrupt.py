"""Ctrl-C as a question instead of a blow: a long run looks now and then, and ends in order."""

import signal
from types import FrameType, TracebackType
from typing import Self


class Interrupt:
    """While it is open, the first Ctrl-C is only remembered; the second one ends the process."""

    def __init__(self) -> None:
        self._asked = False
        self._before: signal._HANDLER = None

    def __call__(self) -> bool:
        """Whether somebody wants us to end."""
        return self._asked

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
