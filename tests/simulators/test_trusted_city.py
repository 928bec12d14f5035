"""The city's broker is production's configuration with nothing but its paths and port changed."""

from pathlib import Path

from simulators.servers import LOOPBACK
from simulators.trusted_city import TrustingMosquitto
from tests.house.tree import HOUSE

DEPLOY = HOUSE / "deploy" / "mosquitto"


def test_only_paths_and_port_differ(tmp_path: Path) -> None:
    broker = TrustingMosquitto(DEPLOY, tmp_path)
    broker.directory, broker.port = tmp_path, 1234
    broker.command("mosquitto")
    ours = (tmp_path / "mosquitto.conf").read_text("utf-8").splitlines()
    theirs = (DEPLOY / "lamplighter.conf").read_text("utf-8").splitlines()
    pairs = zip(theirs, ours, strict=False)
    differing = [one.split()[0] for one, other in pairs if one != other]
    assert differing == [
        "persistence_location",
        "listener",
        "cafile",
        "certfile",
        "keyfile",
        "crlfile",
        "acl_file",
    ]
    assert f"listener 1234 {LOOPBACK}" in ours
