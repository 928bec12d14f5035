"""Real servers come up, die, return on their port with their data, and leave nothing behind."""

import http.client
import os
import socket
from collections.abc import Callable

import pytest

from simulators.servers import (
    InfluxDb,
    Mosquitto,
    Server,
    ServerFailed,
    ServerMissing,
    VictoriaMetrics,
    free_port,
    listens,
)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("make", [Mosquitto, InfluxDb, VictoriaMetrics])
def test_it_serves_and_leaves_nothing_behind(make: Callable[[], Server]) -> None:
    with make() as server:
        pid, port, directory = server.pid, server.port, server.directory
        assert server.running
        assert listens(port)
    assert not exists(pid)
    assert not listens(port)
    assert not directory.exists()


@pytest.mark.parametrize("make", [Mosquitto, InfluxDb, VictoriaMetrics])
def test_killed_it_returns_on_the_same_port(make: Callable[[], Server]) -> None:
    with make() as server:
        first, port = server.pid, server.port
        server.kill()
        assert not server.running
        assert not exists(first)
        assert not listens(port)
        server.restart()
        assert server.port == port
        assert server.pid != first
        assert listens(port)


def test_frozen_it_keeps_its_connections_and_can_still_be_stopped() -> None:
    with Mosquitto() as server:
        server.freeze()
        assert server.running
        assert listens(server.port)  # the kernel accepts for it
        server.thaw()
        server.freeze()
        pid = server.pid
    assert not exists(pid)


@pytest.mark.parametrize("own", [True, False])
def test_ctrl_c_reaches_it_unless_it_stands_aside(own: bool) -> None:
    server = Mosquitto()
    server.own_group = own
    with server:
        assert (os.getpgid(server.pid) == os.getpgrp()) is not own


def test_influxdb_keeps_its_data_over_a_kill() -> None:
    def ask(server: InfluxDb, method: str, path: str, body: str = "") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    with InfluxDb() as server:
        ask(server, "POST", "/query?q=CREATE%20DATABASE%20town")
        ask(server, "POST", "/write?db=town&precision=ms", "lamp lit=1i 1000")
        server.kill()
        server.restart()
        assert '["1970-01-01T00:00:01Z",1]' in ask(
            server, "GET", "/query?db=town&q=SELECT+*+FROM+lamp"
        )


def test_a_taken_port_is_an_error_with_the_log_in_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Mosquitto()
        server.port = taken.getsockname()[1]
        server.ready = lambda: False  # type: ignore[method-assign]  # somebody else answers there
        with pytest.raises(ServerFailed) as caught, server:
            pass
    assert "in use" in str(caught.value)
    assert not server.running


def test_a_new_server_moves_on_when_its_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        foreign = taken.getsockname()[1]
        ports = [foreign, free_port()]
        monkeypatch.setattr("simulators.servers.free_port", lambda: ports.pop(0))
        server = Mosquitto()
        monkeypatch.setattr(
            server, "ready", lambda: server.port != foreign and listens(server.port)
        )
        with server:
            assert server.port != foreign


def test_a_bad_configuration_is_an_error_with_the_log_in_it() -> None:
    with pytest.raises(ServerFailed) as caught, Mosquitto(["no_such_setting true"]):
        pass
    assert "no_such_setting" in str(caught.value)


def test_a_missing_program_says_what_to_install() -> None:
    class Nobody(Mosquitto):
        program = "no-such-broker"

    with pytest.raises(ServerMissing) as caught, Nobody():
        pass
    assert "no-such-broker" in str(caught.value)
    assert "apt-get install" in caught.value.remedy


def test_a_failing_story_shows_the_log() -> None:
    with pytest.raises(ZeroDivisionError) as caught, Mosquitto():
        raise ZeroDivisionError
    assert "mosquitto" in caught.value.__notes__[0]
