"""The whole gateway in this process, against a real Mosquitto: two lives, one spool."""

import asyncio
import http.client
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import configuration, gateway_process, machine
from edge.clock import SystemClock
from edge.configuration import broker_address
from edge.gateway_process import GatewayProcess
from edge.mqtt_link import MqttLink, aiomqtt_connector
from edge.sparkplug_node import Outgoing
from edge.spool import Spool
from simulators.servers import LOOPBACK, Mosquitto, free_port
from tests.edge.listening_host import WAIT_S, ListeningHost, listening
from vocabulary import delivery
from vocabulary.delivery import TimeQuality
from vocabulary.event_log import EventLog
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, Metric, Payload, Value, encode
from vocabulary.topics import Verb

MESSAGE = b'{"stations":[{"mac":"02:00:5e:aa:00:01"},{}]}'


class SyncedClock(SystemClock):
    """The machine's clock, trusted: whether a test machine has NTP is not what is tested here."""

    def now(self) -> Moment:
        return super().now()._replace(quality=TimeQuality.SYNCED)


class Desk:
    """A gateway on a card of its own, and its log."""

    def __init__(self, name: str, directory: Path, broker: Mosquitto, page_port: int = 0) -> None:
        self.name, self.topic = name, f"ap/{name}/status"
        self.page_port = page_port
        text = f"""
            gateway_id = "{name}"
            district = "north"
            [uplink]
            broker = "{broker.url}"
            [uplink.reconnect]
            first_max_s = 0.02
            [beat]
            gateway_s = 0.1
            [spool]
            directory = "{directory / name}"
            free_floor_bytes = 0
            [local]
            broker = "{broker.url}"
            [metrics_page]
            port = {page_port}
            [[source]]
            ap_id = "{name}-ap"
            topic = "{self.topic}"
            address = "127.0.0.1:9"
            metrics = [{{ name = "wifi/clients", path = "length(stations)" }}]
            [[serial]]
            sensor_id = "{name}-air"
            port = "{directory / "no-such-port"}"
        """
        self.configuration = configuration.parse(text, file="test.toml")
        self.lines: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def _write(self, line: str) -> None:
        self.lines.append(json.loads(line))
        self._news.set()

    def process(self, **more: Any) -> GatewayProcess:
        log = EventLog("gateway", as_json=True, write=self._write)
        return GatewayProcess(self.configuration, log, clock=SyncedClock(), seed=1, **more)

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def running(desk: Desk, **more: Any) -> AsyncIterator[GatewayProcess]:
    process = desk.process(**more)
    task = asyncio.create_task(process.run())
    try:
        yield process
    finally:
        process.stop()
        async with asyncio.timeout(WAIT_S):
            await task


async def work(desk: Desk, host: ListeningHost, readings: int) -> None:
    """Once both links are up: so many messages from the access point, all received."""
    await desk.until(lambda: {"uplink_up", "local_broker_up"} <= set(desk.events()))
    before = clients_heard(host)
    for _reading in range(readings):
        await host.says(desk.topic, MESSAGE)
    await host.until(lambda: clients_heard(host) >= before + readings)


def committed(spool: Spool) -> bool:
    return spool.committed > 0


def whole(host: ListeningHost) -> bool:
    """No hole is left: what the last run had not sent was replayed."""
    return host.prefix(host.epoch) == max(host.received[host.epoch]) + 1


def died(host: ListeningHost, times: int) -> bool:
    return host.count(Verb.NDEATH) == times


def kept_on(directory: Path) -> bytes:
    """Every byte of every file."""
    return b"".join(one.read_bytes() for one in directory.rglob("*") if one.is_file())


def clients_heard(host: ListeningHost) -> int:
    records = host.received.get(host.epoch, {}).values()
    return sum("wifi/clients" in readings for _device, readings in records)


async def test_a_life_in_two_runs(tmp_path: Path, broker: Mosquitto) -> None:
    """Stop says goodbye; the next run goes on where the last one was, and nothing is missing."""
    desk = Desk("gw-twice", tmp_path, broker)
    async with listening(broker, desk.name) as host:
        for run in range(2):
            desk.lines.clear()
            async with running(desk) as process:
                await work(desk, host, readings=5)
                await host.commits()  # lets what an earlier run had not sent be replayed
                await host.until(partial(whole, host))
                await host.commits()
                await host.until(partial(committed, process.agent.spool))
                assert process.agent.spool.epoch == host.epoch
            await host.until(partial(died, host, run + 1))
            assert desk.events()[0] == "gateway_started"
            assert desk.events()[-1] == "gateway_stopped"
        assert len(host.received) == 1
        assert whole(host)
        births = [one for one in host.heard if one.verb is Verb.NBIRTH]
        deaths = [one for one in host.heard if one.verb is Verb.NDEATH]
        numbers = {birth.number(delivery.BD_SEQ) for birth in births}
        assert numbers == {death.number(delivery.BD_SEQ) for death in deaths} == {0, 1}
        assert not host.lost


async def test_fixed_client_id(tmp_path: Path, broker: Mosquitto) -> None:
    """One name for life; what it listens to is what its configuration says now."""
    before = Desk("gw-fixed", tmp_path, broker)
    async with listening(broker, before.name) as host:
        async with running(before):
            await work(before, host, readings=1)
        after = Desk("gw-fixed", tmp_path, broker)
        after.topic = "ap/gw-fixed/renamed"
        (source,) = after.configuration.source
        renamed = msgspec.structs.replace(source, topic=after.topic)
        after.configuration = msgspec.structs.replace(after.configuration, source=(renamed,))
        async with running(after) as process:
            await after.until(lambda: "local_broker_up" in after.events())
            await host.says(before.topic, MESSAGE)
            await work(after, host, readings=1)
            assert dict(process.agent.sources.strange) == {before.topic: 1}
        assert clients_heard(host) == 2


async def test_sigterm_ends_it_cleanly(tmp_path: Path, broker: Mosquitto) -> None:
    desk = Desk("gw-term", tmp_path, broker)
    async with listening(broker, desk.name) as host:
        task = asyncio.create_task(desk.process().run(handle_signals=True))
        await host.until(lambda: host.count(Verb.DBIRTH) == 2)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(WAIT_S):
            await task
        await host.until(lambda: host.count(Verb.NDEATH) == 1)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)


async def test_no_client_shows_on_the_card_or_in_the_log(tmp_path: Path, broker: Mosquitto) -> None:
    desk = Desk("gw-private", tmp_path, broker)
    async with listening(broker, desk.name) as host, running(desk):
        await work(desk, host, readings=3)
        await host.says(desk.topic, MESSAGE[:20])
        await desk.until(lambda: "refused" in desk.events())
    kept = kept_on(tmp_path)
    assert len(kept) > 1_000
    assert b"02:00:5e" not in kept
    assert "02:00:5e" not in repr(desk.lines)
    refused = [line for line in desk.lines if line["event"] == "refused"]
    assert refused[0]["reason"] == "ap_message_not_json"


async def test_a_missing_port_and_a_missing_broker_are_said_and_stop_nothing(
    tmp_path: Path,
) -> None:
    away = Mosquitto()
    away.port = free_port()
    desk = Desk("gw-alone", tmp_path, away)
    async with running(desk) as process:
        await desk.until(
            lambda: {"uplink_lost", "local_broker_lost", "serial_port"} <= set(desk.events())
        )
        assert process.agent.spool.next_offset > 0
    assert desk.events().count("uplink_lost") == 1
    assert desk.lines[-1]["waiting"] > 0


async def test_the_page_is_filled_and_a_port_in_use_stops_nothing(
    tmp_path: Path, broker: Mosquitto
) -> None:
    desk = Desk("gw-page", tmp_path, broker, page_port=free_port())
    async with listening(broker, desk.name) as host, running(desk):
        await work(desk, host, readings=1)
        text = await asyncio.to_thread(page, desk.page_port)
        assert "lamplighter_uplink_up" in text
        second = Desk("gw-page-two", tmp_path, broker, page_port=desk.page_port)
        async with running(second):
            await second.until(lambda: "metrics_page_closed" in second.events())


def page(port: int) -> str:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


async def test_a_fault_of_our_own_ends_it_in_order(tmp_path: Path, broker: Mosquitto) -> None:
    class Broken(Exception):
        pass

    desk = Desk("gw-broken", tmp_path, broker)
    address = broker_address(broker.url)
    uplink = aiomqtt_connector(address, client_id=desk.name, keepalive_s=10)
    local = aiomqtt_connector(address, client_id=f"{desk.name}-local", keepalive_s=10)
    async with listening(broker, desk.name) as host:
        gate = asyncio.Event()

        @asynccontextmanager
        async def later(will: Outgoing | None) -> AsyncIterator[MqttLink]:
            await gate.wait()
            async with local(will) as link:
                if gate.is_set():
                    raise Broken
                yield link

        task = asyncio.create_task(desk.process(uplink=uplink, local=later).run())
        await host.until(lambda: host.count(Verb.DBIRTH) == 2)
        gate.set()
        with pytest.raises(Broken):
            await task
        await host.until(lambda: host.count(Verb.NDEATH) == 1)
    assert desk.events()[-1] == "gateway_stopped"


async def test_a_new_carrier_of_ours_hurries_the_next_attempt(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = tmp_path / "net" / "eth0"
    net.mkdir(parents=True)
    (net / "carrier").write_text("0")
    monkeypatch.setattr(machine, "_NET", net.parent)
    desk = Desk("gw-cable", tmp_path, broker)
    slow = configuration.Reconnect(first_max_s=86_400, own_link_max_s=0.01)
    uplink = configuration.Uplink(broker.url, reconnect=slow)
    made = desk.configuration
    desk.configuration = type(made)(made.gateway_id, made.district, uplink, spool=made.spool,
                                    metrics_page=made.metrics_page)  # fmt: skip
    async with listening(broker, desk.name) as host, running(desk):
        (net / "carrier").write_text("1")
        await host.until(lambda: host.count(Verb.NBIRTH) == 1)


async def test_a_task_that_forgets_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As asyncio.wait_for of Python 3.11 does; SIGTERM must end the gateway all the same."""
    monkeypatch.setattr(gateway_process, "CANCEL_AGAIN_S", 0.01)

    async def forgetful() -> None:
        for _time in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    async with asyncio.timeout(WAIT_S):
        await gateway_process._ended([asyncio.ensure_future(forgetful())])


async def test_what_no_task_awaits_is_an_event_and_no_trace(
    tmp_path: Path, broker: Mosquitto, capfd: pytest.CaptureFixture[str]
) -> None:
    """The client asks the loop to watch a socket; by the time it does, the socket has closed."""
    desk = Desk("gw-loop", tmp_path, broker)
    async with listening(broker, desk.name), running(desk):
        await desk.until(lambda: "uplink_up" in desk.events())
        with socket.socket() as closed:
            number = closed.fileno()
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.add_writer, number, print)
        await desk.until(lambda: "loop_fault" in desk.events())
    (fault,) = [line for line in desk.lines if line["event"] == "loop_fault"]
    assert "add_writer" in fault["reason"]
    assert "Traceback" not in capfd.readouterr().err


async def test_a_check_is_made_when_a_host_asks_and_its_findings_come_as_data(
    tmp_path: Path, broker: Mosquitto
) -> None:
    asked: list[str] = []

    async def check(address: str) -> list[tuple[str, Value]]:
        asked.append(address)
        return [("check/loss_pct", 0.0), ("check/rtt_ms", 1.5)]

    desk = Desk("gw-check", tmp_path, broker)
    async with listening(broker, desk.name) as host, running(desk, check=check):
        await work(desk, host, readings=1)
        wanted = Metric(delivery.CHECK_NOW, None, None, Datatype.STRING, f"{desk.name}-ap")
        await host.says(host.topic, encode(Payload((wanted,)), announce=True))
        await host.until(
            lambda: any(
                one.verb is Verb.DDATA and one.values.get("check/rtt_ms") == 1.5
                for one in host.heard
            )
        )
    assert asked == ["127.0.0.1:9"]
