"""Connections to a real Mosquitto: what is sent, what is said at the end, what a failure tells."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge import mqtt_link
from edge.configuration import Login, broker_address
from edge.errors import LinkLost
from edge.mqtt_link import Incoming, MqttLink, aiomqtt_connector
from edge.sparkplug_node import Outgoing
from simulators.servers import LOOPBACK, Mosquitto, free_port

WAIT_S = 20
DEATH = "spBv1.0/north/NDEATH/gw-one"


def connector(url: str, client_id: str, login: Login | None = None) -> mqtt_link.Connect:
    return aiomqtt_connector(
        broker_address(url), client_id=client_id, keepalive_s=10, login=login or Login()
    )


async def first(link: MqttLink) -> Incoming:
    """The next message."""
    async with asyncio.timeout(WAIT_S):
        async for message in link.messages():
            return message
    msg = "the link ended"
    raise AssertionError(msg)


@pytest.fixture
def mortal() -> Iterator[Mosquitto]:
    """A broker of our own, to be killed."""
    with Mosquitto() as server:
        yield server


@asynccontextmanager
async def witness(broker: Mosquitto, topic: str) -> AsyncIterator[MqttLink]:
    """Somebody else who listens to a topic."""
    async with connector(broker.url, f"witness-{topic.replace('/', '-')}")(None) as link:
        await link.subscribe([(topic, 1)])
        yield link


async def lost(connect: mqtt_link.Connect) -> LinkLost:
    """The reason why no connection comes of it."""
    with pytest.raises(LinkLost) as caught:
        async with connect(None):
            pass
    return caught.value


async def test_what_is_published_is_received(broker: Mosquitto) -> None:
    async with witness(broker, "link/one") as other, connector(broker.url, "one")(None) as link:
        await link.publish(Outgoing("link/one", b"\x00\xff", qos=0))
        assert await first(other) == Incoming("link/one", b"\x00\xff", retain=False)
        await link.publish(Outgoing("link/one", b"", qos=1))
        assert (await first(other)).payload == b""


async def test_a_retained_message_says_that_it_is(broker: Mosquitto) -> None:
    async with connector(broker.url, "keeper")(None) as link:
        await link.publish(Outgoing("link/kept", b"old", qos=1, retain=True))
        await link.subscribe([("link/kept", 1)])
        assert (await first(link)).retain
        await link.publish(Outgoing("link/kept", b"", qos=1, retain=True))


async def test_a_farewell_silences_the_will(broker: Mosquitto) -> None:
    async with witness(broker, "link/leave") as other:
        will = Outgoing("link/leave", b"will", qos=1)
        async with connector(broker.url, "leaver")(will) as link:
            await link.publish(Outgoing("link/leave", b"farewell", qos=1))
        async with connector(broker.url, "after")(None) as later:
            await later.publish(Outgoing("link/leave", b"after", qos=1))
        assert [(await first(other)).payload for _ in range(2)] == [b"farewell", b"after"]


async def test_a_second_client_of_the_same_name_lets_the_will_speak(broker: Mosquitto) -> None:
    async with witness(broker, DEATH) as other:
        will = Outgoing(DEATH, b"gone", qos=1)
        async with (
            connector(broker.url, "twin")(will) as older,
            connector(broker.url, "twin")(None),
        ):
            assert await first(other) == Incoming(DEATH, b"gone", retain=False)
            with pytest.raises(LinkLost) as caught:
                await first(older)
            assert caught.value.socket_opened


async def test_every_method_says_that_the_broker_is_gone(mortal: Mosquitto) -> None:
    async with connector(mortal.url, "orphan")(None) as link:
        await link.subscribe([("any", 1)])
        mortal.kill()
        with pytest.raises(LinkLost):
            await first(link)
        for attempt in (
            link.publish(Outgoing("any", b"", qos=0)),
            link.publish(Outgoing("any", b"", qos=1)),
            link.subscribe([("other", 1)]),
        ):
            with pytest.raises(LinkLost) as caught:
                await attempt
            assert caught.value.socket_opened
    mortal.start()
    async with connector(mortal.url, "orphan")(None) as link:
        await link.publish(Outgoing("any", b"", qos=1))


async def test_nobody_there_opened_nothing() -> None:
    error = await lost(connector(f"mqtt://{LOOPBACK}:{free_port()}", "early"))
    assert not error.socket_opened
    error = await lost(connector("mqtt://no-such-host.invalid:1883", "early"))
    assert not error.socket_opened


async def test_a_refusal_has_seen_our_connect() -> None:
    with Mosquitto(["password_file /dev/null"]) as server:
        path = server.directory / "mosquitto.conf"
        server.stop()
        text = path.read_text("utf-8").replace("allow_anonymous true", "allow_anonymous false")

        class Closed(Mosquitto):
            def command(self, program: str) -> list[str]:
                (self.directory / "closed.conf").write_text(
                    text.replace(str(server.port), str(self.port)), "utf-8"
                )
                return [program, "-c", str(self.directory / "closed.conf")]

        with Closed() as closed:
            error = await lost(connector(closed.url, "stranger"))
    assert error.socket_opened
    assert "authori" in error.reason


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_link, "CONNECT_TIMEOUT_S", 0.2)


def open_sockets() -> int:
    """Sockets of this process."""
    gc.collect()
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except OSError:
            continue
    return count


@pytest.mark.usefixtures("hasty")
async def test_a_frozen_broker_may_have_seen_it_and_no_socket_stays(mortal: Mosquitto) -> None:
    async with connector(mortal.url, "warm")(None):
        pass
    before = open_sockets()
    mortal.freeze()
    for _attempt in range(3):
        error = await lost(connector(mortal.url, "patient"))
        assert error.socket_opened
    mortal.thaw()
    assert open_sockets() <= before


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_is_no_broker_is_a_lost_link() -> None:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        listening.listen()
        url = f"mqtt://{LOOPBACK}:{listening.getsockname()[1]}"
        assert (await lost(connector(url, "fooled"))).socket_opened


def absent(directory: Path) -> Login:
    return Login(username="gw-one", password_file=str(directory / "absent"))


def binary(directory: Path) -> Login:
    (directory / "binary").write_bytes(b"\xff\xfe\x80")
    return Login(username="gw-one", password_file=str(directory / "binary"))


def no_certificate(directory: Path) -> Login:
    (directory / "cert.pem").write_text("no certificate")
    return Login(certificate_file=str(directory / "cert.pem"))


def no_authority(directory: Path) -> Login:
    return Login(ca_file=str(directory / "absent.crt"))


@pytest.mark.parametrize("login", [absent, binary, no_certificate, no_authority])
async def test_a_secret_that_cannot_be_read_is_said_and_tried_again(
    tmp_path: Path, login: Callable[[Path], Login]
) -> None:
    url = f"mqtts://{LOOPBACK}:{free_port()}"
    error = await lost(connector(url, "keyless", login(tmp_path)))
    assert not error.socket_opened
    assert error.reason.startswith("login: ")


async def test_a_password_is_read_at_every_attempt(tmp_path: Path, broker: Mosquitto) -> None:
    secret = tmp_path / "secret"
    connect = connector(broker.url, "keyed", Login("gw-one", str(secret)))
    assert (await lost(connect)).reason.startswith("login: ")
    secret.write_text("hush\n")
    async with connect(None) as link:
        await link.publish(Outgoing("any", b"", qos=1))


async def test_the_library_says_nothing_of_its_own(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    await lost(connector(f"mqtt://{LOOPBACK}:{free_port()}", "quiet"))
    assert caplog.text == ""
    assert capfd.readouterr().err == ""


async def test_an_mqtt_5_goodbye_lets_the_will_speak(broker: Mosquitto) -> None:
    place = broker_address(broker.url)
    connect = aiomqtt_connector(place, client_id="gw-five", keepalive_s=10, mqtt_5=True)
    topic = "spBv1.0/north/NDEATH/gw-five"
    async with witness(broker, topic) as other:
        async with connect(Outgoing(topic, b"dead", 1)) as link:
            await link.publish(Outgoing(topic, b"farewell", 1))
        assert (await first(other)).payload == b"farewell"
        assert (await first(other)).payload == b"dead"
