"""What passed by: every packet of every connection, in the order in which it was seen."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from simulators.conformance.mqtt_packets import Connect, Packet, Publish
from vocabulary.errors import WorldFault

ENTRIES_MAX: Final = 200_000
WAIT_S_MAX: Final = 45.0


class NeverSeen(WorldFault):
    """What a case waited for did not pass by."""

    remedy = "Read the last packets, above; the case names who should have sent it."

    def __init__(self, what: str, last: str) -> None:
        super().__init__(what, last)
        self.what, self.last = what, last

    def __str__(self) -> str:
        return f"never seen: {self.what}; the last packets were\n{self.last}"


class Entry(NamedTuple):
    """One packet. ``wall_ns`` on the recorder's clock; ``broker`` is the broker's letter."""

    wall_ns: int
    connection: int
    broker: str
    from_client: bool
    packet: Packet

    def __str__(self) -> str:
        arrow = "->" if self.from_client else "<-"
        packet = self.packet
        words = ""
        if isinstance(packet, Connect):
            words = packet.client_id
        elif isinstance(packet, Publish):
            words = f"{packet.topic} qos {packet.qos} retain {packet.retain}"
        return f"{self.broker}{self.connection} {arrow} {packet.kind.name} {words}".rstrip()


class PacketLog:
    """Grows while a drive runs; whoever waits is woken by each entry."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: list[Entry] = []
        self.lines: dict[int, list[Entry]] = {}
        """Connection -> its packets."""
        for entry in entries:
            self._keep(entry)
        self.ended: dict[int, int] = {}
        """Connection -> when it ended."""
        self._connections = 0
        self._news = asyncio.Condition()
        self._waiting: set[asyncio.Task[None]] = set()

    def next_connection(self) -> int:
        """A number for one more connection."""
        self._connections += 1
        return self._connections

    def add(self, entry: Entry) -> None:
        """One more packet."""
        assert len(self.entries) < ENTRIES_MAX, "a drive that never ends"
        self._keep(entry)
        self.tell()

    def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.lines.setdefault(entry.connection, []).append(entry)

    def end(self, connection: int, wall_ns: int) -> None:
        """A connection is over."""
        self.ended[connection] = wall_ns
        self.tell()

    def tell(self) -> None:
        """Something changed, here or elsewhere: those who wait look again."""
        task = asyncio.get_running_loop().create_task(self._notify())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, what: str, happened: Callable[[], bool]) -> None:
        """Wait until ``happened``; it is asked again after every packet.

        Raises:
            NeverSeen: with the end of the log.
        """
        try:
            async with asyncio.timeout(WAIT_S_MAX), self._news:
                await self._news.wait_for(happened)
        except TimeoutError:
            last = "\n".join(map(str, self.entries[-30:]))
            raise NeverSeen(what, last) from None
