"""The proxy: every packet seen, one dropped, one overtaken, a line torn."""

from pathlib import Path

from simulators.conformance.mqtt_packets import Kind, Packet, Publish
from simulators.conformance.stage import Stage, open_stage
from simulators.conformance.street_under_test import WATCHER


def says(words: bytes) -> object:
    def wanted(client: str, packet: Packet) -> bool:
        return client == "mouth" and isinstance(packet, Publish) and packet.payload == words

    return wanted


def heard(stage: Stage) -> list[bytes]:
    return [one.packet.payload for session in stage.sessions(WATCHER) for one in session.heard]


async def test_what_passes_by_and_what_does_not(tmp_path: Path) -> None:
    async with open_stage(tmp_path, brokers=1) as stage:
        proxy, will = stage.proxies[0], ("t", b"will")
        async with (
            stage.client(WATCHER, hears=("t",)),
            stage.client("mouth", will=will) as mouth,
        ):
            proxy.drop_next(says(b"2"))  # type: ignore[arg-type]
            proxy.hold_next(says(b"3"))  # type: ignore[arg-type]
            await mouth.say_all(("t", str(number).encode()) for number in range(1, 6))
            await stage.log.until("five", lambda: b"5" in heard(stage))
            proxy.cut("mouth")
            await stage.log.until("the will", lambda: b"will" in heard(stage))
        assert heard(stage) == [b"1", b"4", b"3", b"5", b"will"]
        (session,) = stage.sessions("mouth")
        assert [one.packet.payload for one in session.sent] == [b"1", b"2", b"3", b"4", b"5"]
        assert session.connect.will is not None
        assert session.disconnect is None
        assert session.ended_ns is not None
        (watcher,) = stage.sessions(WATCHER, "A")
        assert watcher.filters == [("t", 1)]
        assert watcher.first(Kind.SUBACK, from_client=False) is not None
