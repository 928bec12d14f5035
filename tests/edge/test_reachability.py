"""A port that is open answers, one that is closed does too, and nobody does not."""

import asyncio

import pytest

from edge import reachability
from edge.clock import SystemClock
from edge.reachability import Reachability
from simulators.servers import free_port


async def test_an_open_and_a_closed_port_answer() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    check = Reachability(SystemClock()).check
    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = dict(await check(f"127.0.0.1:{port}"))
    assert found["check/loss_pct"] == 0.0
    assert float(found["check/rtt_ms"]) >= 0.0
    assert dict(await check(f"127.0.0.1:{free_port()}"))["check/loss_pct"] == 0.0


async def test_nobody_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_place: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(reachability, "PROBE_S_MAX", 0.01)
    monkeypatch.setattr(asyncio, "open_connection", never)
    found = await Reachability(SystemClock()).check("192.0.2.1:9")
    assert found == [("check/loss_pct", 100.0)]
