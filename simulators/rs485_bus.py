"""Several slaves on one pair of wires, and an adapter that may hear itself."""

from collections.abc import Sequence
from typing import Final

from simulators.board_kinds import Device, Start
from simulators.outbox import NEVER_NS, Outbox
from simulators.sdm120_board import Sdm120Board
from vocabulary.units import NS_PER_MS

ECHO_NS: Final = NS_PER_MS
SLAVES: Final = 3


class Rs485Bus:
    """A device made of devices: all hear all that is asked, and who is meant answers."""

    def __init__(self, slaves: Sequence[Device], *, echo: bool = False) -> None:
        self.slaves, self.echo = list(slaves), echo
        self._echoes = Outbox()

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next."""
        times = [slave.next_ns for slave in self.slaves]
        return min([self._echoes.next_ns, *times], default=NEVER_NS)

    def advance(self, now_ns: int) -> bytes:
        """Everything said up to ``now_ns``; two at once would collide, and here follow."""
        said = [self._echoes.take(now_ns), *(slave.advance(now_ns) for slave in self.slaves)]
        return b"".join(said)

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes came from the gateway."""
        if self.echo:
            self._echoes.put(data, now_ns + ECHO_NS)
        for slave in self.slaves:
            slave.receive(data, now_ns)


def plugged_in(start: Start) -> Rs485Bus:
    """Its maker in ``board_kinds``: three meters with addresses 1 to 3."""
    slaves = [Sdm120Board(start, address=address) for address in range(1, SLAVES + 1)]
    return Rs485Bus(slaves, echo="echo" in start.habits)
