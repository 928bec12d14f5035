"""A proxy in front of a broker: passes every byte on, writes down every packet, and may be unkind.

Some fifty assertions speak of CONNECT, will, SUBSCRIBE and DISCONNECT, which no subscriber sees.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, NamedTuple, Self

from simulators.conformance.mqtt_packets import Connect, Packet, PacketReader, Publish
from simulators.conformance.packet_log import Entry, PacketLog
from simulators.servers import LOOPBACK

CHUNK_BYTES: Final = 65_536
CONNECTIONS_MAX: Final = 256

Wanted = Callable[[str, Packet], bool]
"""Asked with the client's id and its packet."""


class _Line(NamedTuple):
    """One connection: towards the client, towards the broker."""

    client: asyncio.StreamWriter
    broker: asyncio.StreamWriter


class Proxy:
    """Listens on a port of its own. Use as an asynchronous context manager."""

    def __init__(self, broker: str, port: int, log: PacketLog, wall_ns: Callable[[], int]) -> None:
        self._letter, self._broker_port = broker, port
        self._log, self._wall_ns = log, wall_ns
        self._server: asyncio.Server | None = None
        self._lines: dict[int, _Line] = {}
        self._names: dict[int, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._drop: Wanted | None = None
        self._hold: Wanted | None = None
        self._held: dict[int, bytes] = {}
        self.port = 0

    @property
    def url(self) -> str:
        """As a configuration of ours names it."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in list(self._lines.values()):
            self._abort(line)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # unkindness --------------------------------------------------------------------------

    def drop_next(self, wanted: Wanted) -> None:
        """The next such packet of a client is seen here and nowhere else."""
        self._drop = wanted

    def hold_next(self, wanted: Wanted) -> None:
        """The next such packet of a client is overtaken by the one that follows it."""
        self._hold = wanted

    def cut(self, client_id: str) -> None:
        """Tear a client's connection on both sides, without a word."""
        for number, line in list(self._lines.items()):
            if self._names.get(number) == client_id:
                self._abort(line)

    @staticmethod
    def _abort(line: _Line) -> None:
        line.client.transport.abort()
        line.broker.transport.abort()

    # carrying ----------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        number = self._log.next_connection()
        assert number < CONNECTIONS_MAX, "a drive that connects without end"
        try:
            from_broker, to_broker = await asyncio.open_connection(LOOPBACK, self._broker_port)
        except OSError:
            writer.transport.abort()
            return
        line = self._lines[number] = _Line(writer, to_broker)
        asked, answered = PacketReader(), PacketReader()
        try:
            await asyncio.gather(
                self._carry(reader, to_broker, asked, answered, number),
                self._carry(from_broker, writer, answered, None, number),
            )
        finally:
            self._abort(line)
            del self._lines[number]
            self._log.end(number, self._wall_ns())

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        packets: PacketReader,
        answers: PacketReader | None,
        number: int,
    ) -> None:
        """One direction; ``answers`` is the other direction's reader, for what a client sends."""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                for packet, raw in packets.receive(data):
                    if isinstance(packet, Connect) and answers is not None:
                        self._names[number] = packet.client_id
                        answers.version = packet.version
                    self._note(number, packet, from_client=answers is not None)
                    writer.write(self._kept(number, packet, raw) if answers is not None else raw)
                await writer.drain()
        with contextlib.suppress(OSError):  # a client that said goodbye waits for our end
            writer.close()

    def _note(self, number: int, packet: Packet, *, from_client: bool) -> None:
        self._log.add(Entry(self._wall_ns(), number, self._letter, from_client, packet))

    def _kept(self, number: int, packet: Packet, raw: bytes) -> bytes:
        """What goes on to the broker now."""
        name = self._names.get(number, "")
        if self._drop is not None and self._drop(name, packet):
            self._drop = None
            return b""
        if self._hold is not None and self._hold(name, packet):
            self._hold = None
            self._held[number] = raw
            return b""
        if isinstance(packet, Publish):
            return raw + self._held.pop(number, b"")
        return raw
