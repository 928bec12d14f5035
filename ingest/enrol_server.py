"""The enrolment service's envelope: HTTPS, one request per connection, everything with a limit.

HTTP itself is h11's business, the answer the desk's. A connection has ten seconds for all of it,
so a slow one holds a place for no longer; places are counted.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import h11
import msgspec

from ingest.clock import Clock
from ingest.enrol_desk import BAD_REQUEST, Answer, Asked, EnrolDesk
from ingest.errors import RegisterFault
from vocabulary.enrolment import REQUEST_BYTES_MAX, Refused
from vocabulary.units import NS_PER_S

EXCHANGE_S_MAX: Final = 10.0
HANDSHAKE_S_MAX: Final = 5.0
CONNECTIONS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 8 * 1024
READ_BYTES_MAX: Final = 16 * 1024

TROUBLE: Final = Answer(
    503,
    Refused(
        "E-ENR-08",
        "the authority cannot write its register",
        "a disk that takes it",
        "Try again in a minute; operations find the reason in the enrolment server's log.",
    ),
)

Told = Callable[[str, int, str], None]
"""Called with (path, status, peer) after each exchange; never with what was in it."""


def tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3 or nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


class EnrolServer:
    """Serves one desk."""

    def __init__(self, desk: EnrolDesk, clock: Clock, told: Told) -> None:
        self._desk, self._clock, self._told = desk, clock, told
        self._open = 0
        self.turned_away = 0

    async def serve(
        self, address: str, port: int, context: ssl.SSLContext, started: Callable[[int], None]
    ) -> None:
        """Serve until cancelled; ``started`` is told the port.

        Raises:
            OSError: the port cannot be opened.
        """
        server = await asyncio.start_server(
            self._connected,
            address,
            port,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_S_MAX,
            ssl_shutdown_timeout=HANDSHAKE_S_MAX,
            limit=READ_BYTES_MAX,
        )
        async with server:
            started(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= CONNECTIONS_MAX:
            self.turned_away += 1
            writer.transport.abort()
            return
        self._open += 1
        try:
            with suppress(OSError, TimeoutError):  # ssl.SSLError is an OSError
                async with asyncio.timeout(EXCHANGE_S_MAX):
                    await self._exchange(reader, writer)
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
        finally:
            self._open -= 1
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_BYTES_MAX)
        peer = str(writer.get_extra_info("peername", ("?",))[0])
        path = "?"
        try:
            asked = await _read(http, reader, peer)
        except h11.RemoteProtocolError:
            answer = BAD_REQUEST
        else:
            if asked is None:
                return
            path = asked.path
            answer = self._answer(asked)
        body = msgspec.json.encode(answer.body)
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
            ("cache-control", "no-store"),
        ]
        if http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            writer.write(http.send(h11.Response(status_code=answer.status, headers=headers)) or b"")
            writer.write(http.send(h11.Data(data=body)) or b"")
            writer.write(http.send(h11.EndOfMessage()) or b"")
        self._told(path if answer.status not in (400, 404) else "?", answer.status, peer)

    def _answer(self, asked: Asked) -> Answer:
        try:
            return self._desk.answer(asked, self._clock.now_ns() // NS_PER_S)
        except RegisterFault:
            return TROUBLE


async def _read(http: h11.Connection, reader: asyncio.StreamReader, peer: str) -> Asked | None:
    """The whole request; None if the peer left or sent more than anybody has to say."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(READ_BYTES_MAX)
            http.receive_data(data)
            if not data and head is None:
                return None
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > REQUEST_BYTES_MAX:
                break
        else:
            break
    if head is None:
        return None
    return Asked(head.method.decode(), head.target.decode("ascii"), bytes(body), peer)
