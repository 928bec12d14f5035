"""The number of our session with a board, and whose any other number is.

A board keeps one number in RAM, 0 after any reset. A different one clears its command memory, the
same one changes nothing: whoever hears it back knows that the memory is whole.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from firmware_bridge.session import FOREIGN_SESSIONS_MAX, FOREIGN_SESSIONS_NS

OLD_MAX: Final = 8


class SessionNumber:
    """``number`` is 0 before the first; ``established`` once the board has named it."""

    def __init__(self, draw: Callable[[], int]) -> None:
        self.number = 0
        self.established = False
        self._draw = draw
        self._old: deque[int] = deque(maxlen=OLD_MAX)
        self._foreign_ns: deque[int] = deque(maxlen=FOREIGN_SESSIONS_MAX + 1)

    def renew(self) -> None:
        """Another number, which the board has not heard yet."""
        if self.number:
            self._old.append(self.number)
        self.established = False
        self.number = self._draw() & 0xFFFFFFFF
        while self.number == 0 or self.number in self._old:
            self.number = self._draw() & 0xFFFFFFFF

    def is_stale(self, number: int) -> bool:
        """Whether it was ours before: an answer that was under way when we asked anew."""
        return number in self._old

    def is_foreign(self, number: int) -> bool:
        """Whether somebody else has the port."""
        return number not in (0, self.number) and number not in self._old

    def crowded(self, mono_ns: int) -> bool:
        """Count a foreign session; whether that makes too many in a minute."""
        self._foreign_ns.append(mono_ns)
        full = len(self._foreign_ns) > FOREIGN_SESSIONS_MAX
        return full and mono_ns - self._foreign_ns[0] < FOREIGN_SESSIONS_NS
