"""A retired gateway is put out at once, and cannot come back: against a real broker."""

import os
import signal
from pathlib import Path

from edge.clock import SystemClock
from ingest.configuration import Address
from ingest.eviction import put_out
from lamplighter.cli import run
from simulators.servers import LOOPBACK, free_port
from simulators.trusted_city import TrustedCity
from tests.house.tree import HOUSE
from tests.security.party import PATIENCE_S, Party
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_S


def test_it_is_put_out_and_stays_out(tmp_path: Path) -> None:
    now_s = SystemClock().now().wall_ns // NS_PER_S
    with TrustedCity(tmp_path / "city", HOUSE / "deploy" / "mosquitto", now_s=now_s) as city:
        city.expect("gw-1")
        identity = city.client("gw-1")
        words = ["host", "enrol", "retire", "gw-1", "--directory", str(city.files.directory)]
        with Party(city, identity, "gw-1") as gateway, Party(city, city.client("gw-2"), "gw-2"):
            assert gateway.welcome
            assert run([*words, "--broker", city.broker.url]) == ExitCode.FINE
            assert gateway.lost.wait(PATIENCE_S), "the connection is closed"
            os.kill(city.broker.pid, signal.SIGHUP)
            assert run([*words, "--broker", city.broker.url]) == ExitCode.FINE, "again is fine"
    assert run([*words, "--broker", f"mqtts://{LOOPBACK}:{free_port()}"]) == ExitCode.UNAVAILABLE
    assert run([*words, "--broker", "http://x"]) == ExitCode.USAGE


def test_nobody_there(tmp_path: Path) -> None:
    from tests.ingest.enrol_world import NOW_S, EnrolWorld  # noqa: PLC0415

    world = EnrolWorld(tmp_path)
    place = Address("mqtts", LOOPBACK, free_port())
    said = put_out(place, "gw-1", world.files.issuing(), world.files.chain(), now_s=NOW_S)
    assert "refused" in said
    world.register.close()
