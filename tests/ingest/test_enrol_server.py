"""The envelope: real TLS, real sockets, and peers that are slow, greedy, old or broken."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509

from ingest import authority, enrol_server
from ingest.authority_files import key_pem
from ingest.enrol_server import EnrolServer, tls
from ingest.errors import RegisterFault
from tests.ingest.enrol_world import Device, EnrolWorld
from vocabulary.enrolment import ENROL
from vocabulary.units import NS_PER_S

PATIENCE_S = 20.0


class Fixed:
    """The world's clock, as servers read it."""

    def __init__(self, world: EnrolWorld) -> None:
        self._world = world

    def now_ns(self) -> int:
        return self._world.now_s * NS_PER_S


class Running(NamedTuple):
    world: EnrolWorld
    server: EnrolServer
    port: int
    trust: ssl.SSLContext
    told: list[tuple[str, int, str]]

    async def send(self, raw: bytes, trust: ssl.SSLContext | None = None) -> bytes:
        """What comes back until the server closes."""
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=trust or self.trust
            )
            writer.write(raw)
            answer = b""
            with suppress(OSError):
                answer = await reader.read()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return answer

    async def post(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        answer = await self.send(head.encode() + body)
        status, _, content = answer.partition(b"\r\n\r\n")
        return int(status.split()[1]), json.loads(content)


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Running]:
    world = EnrolWorld(directory)
    key = authority.new_key()
    leaf = authority.sign_server(
        world.files.issuing(),
        [x509.IPAddress(ip_address("127.0.0.1"))],
        "enrolment",
        key.public_key(),
        now_s=world.now_s,
        entropy=os.urandom,
    )
    (directory / "e.crt").write_text(leaf.pem + world.files.chain(), "utf-8")
    (directory / "e.key").write_bytes(key_pem(key))
    trust = ssl.create_default_context(cadata=world.files.chain())
    told: list[tuple[str, int, str]] = []
    server = EnrolServer(world.desk, Fixed(world), lambda *row: told.append(row))
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    context = tls(directory / "e.crt", directory / "e.key")
    serving = asyncio.ensure_future(server.serve("127.0.0.1", 0, context, port.set_result))
    try:
        yield Running(world, server, await port, trust, told)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        world.register.close()


async def test_a_device_enrols_over_tls(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        status, body = await here.post(ENROL, Device().enrol_body(here.world.expect()))
        assert (status, body["gateway_id"]) == (200, "gw-1")
        status, body = await here.post("/v1/secret", b"")
        assert (status, body["code"]) == (404, "E-ENR-06")
    assert here.told == [(ENROL, 200, "127.0.0.1"), ("?", 404, "127.0.0.1")]


async def test_an_older_tls_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        old = ssl.create_default_context(cadata=here.world.files.chain())
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises((ssl.SSLError, ConnectionResetError)):  # an alert, or a dead line
            await here.send(b"x", old)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02 nonsense\r\n\r\n",
        b"POST /v1/enrol HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST /v1/enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n"
        b"transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\nabcdef",
        b"GET /v1/../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /v1/enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n" + b"z" * 40_000,
    ],
)
async def test_what_is_no_request_gets_a_refusal_and_nothing_else(
    raw: bytes, tmp_path: Path
) -> None:
    async with running(tmp_path) as here:
        answer = await here.send(raw)
        assert answer == b"" or answer.split()[1].startswith(b"4")
        assert b"root:" not in answer
        status, _body = await here.post(ENROL, Device().enrol_body(here.world.expect()))
        assert status == 200


async def test_a_slow_peer_is_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol_server, "EXCHANGE_S_MAX", 0.3)
    async with running(tmp_path) as here:
        assert await here.send(b"POST /v1/enrol HT") == b""
        assert here.server._open == 0


async def test_places_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol_server, "CONNECTIONS_MAX", 1)
    async with running(tmp_path) as here:
        _reader, writer = await asyncio.open_connection("127.0.0.1", here.port, ssl=here.trust)
        writer.write(b"POST /v1/enrol HT")
        await writer.drain()
        with suppress(OSError):
            assert await here.send(b"x") == b""
        assert here.server.turned_away == 1
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_a_full_disk_says_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as here:

        def full(*_args: object) -> None:
            raise RegisterFault(str(tmp_path), "disk full")

        code = here.world.expect()
        monkeypatch.setattr(here.world.register, "enrolled", full)
        status, body = await here.post(ENROL, Device().enrol_body(code))
        assert (status, body["code"]) == (503, "E-ENR-08")
