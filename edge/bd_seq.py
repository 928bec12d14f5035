"""The number of the next session with the broker: 0 to 255, round and round, never used twice
in a row, and on the card before the connection that carries it.
"""

from typing import Final

from edge.disk import Disk
from edge.spool_segment import FOLDER
from edge.spool_slots import SlotFile
from vocabulary.delivery import BD_SEQ_MODULUS

BD_SEQ_FILE: Final = f"{FOLDER}/bd_seq.bin"


class BdSeq:
    """Begins at 0 once per spool."""

    def __init__(self, disk: Disk) -> None:
        self._slots = SlotFile(disk, BD_SEQ_FILE)
        self._last: int | None = None
        self._loaded = False

    def take(self) -> tuple[int, bool]:
        """The next number, and whether the card has it.

        While the card takes nothing the numbers go on in memory: the link matters more.
        """
        durable = True
        try:
            self._load()
        except OSError:
            durable = False
        number = 0 if self._last is None else (self._last + 1) % BD_SEQ_MODULUS
        self._last = number
        try:
            self._slots.store(bytes([number]))
        except OSError:
            durable = False
        return number, durable

    def _load(self) -> None:
        if self._loaded:
            return
        raw = self._slots.load()
        self._loaded = True
        if self._last is None and raw:
            self._last = raw[0]
