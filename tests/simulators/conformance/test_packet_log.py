"""The log wakes who waits for it, and says what it saw last when nothing came."""

import asyncio

import pytest

from simulators.conformance import packet_log
from simulators.conformance.mqtt_packets import Connect, Kind, Other, Publish
from simulators.conformance.packet_log import Entry, NeverSeen, PacketLog

HELLO = Entry(1, 1, "A", True, Connect("gw", 4, True, 10))
WORD = Entry(2, 1, "A", True, Publish("t", b"", 0, False))


async def test_who_waits_is_woken() -> None:
    log = PacketLog([HELLO])
    waiting = asyncio.create_task(log.until("a second packet", lambda: len(log.entries) == 2))
    await asyncio.sleep(0)
    assert not waiting.done()
    log.add(WORD)
    await waiting
    ending = asyncio.create_task(log.until("its end", lambda: log.ended == {1: 3}))
    log.end(1, 3)
    await ending
    assert log.lines == {1: [HELLO, WORD]}
    assert [log.next_connection(), log.next_connection()] == [1, 2]


async def test_what_never_comes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_log, "WAIT_S_MAX", 0.01)
    log = PacketLog([HELLO, WORD])
    with pytest.raises(NeverSeen, match="a miracle") as caught:
        await log.until("a miracle", lambda: False)
    assert "A1 -> PUBLISH t qos 0 retain False" in str(caught.value)


def test_an_entry_reads_well() -> None:
    assert str(HELLO) == "A1 -> CONNECT gw"
    answer = Entry(1, 2, "B", False, Other(Kind.CONNACK))
    assert str(answer) == "B2 <- CONNACK"
