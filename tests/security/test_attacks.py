"""The attack table: every row against the real broker and the real service, and none succeeds.

That the table can fail is part of it: with the door left open, the same attacks bring booty.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import SystemClock
from simulators.trusted_city import DISTRICT, TrustedCity
from tests.house.tree import HOUSE
from tests.security import broker_attacks, device_attacks, enrol_attacks
from tests.security.broker_attacks import HONEST, VICTIM, Stage
from tests.security.enrol_attacks import Scene
from tests.security.party import Party
from vocabulary.units import NS_PER_S

# paho leaves the socket of a handshake that failed to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DEPLOY = HOUSE / "deploy" / "mosquitto"


def now_s() -> int:
    return SystemClock().now().wall_ns // NS_PER_S


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustedCity]:
    with TrustedCity(tmp_path_factory.mktemp("city"), DEPLOY, now_s=now_s()) as made:
        yield made


@pytest.fixture(scope="module")
def stage(city: TrustedCity) -> Iterator[Stage]:
    with Stage(city).open() as made:
        yield made


@pytest.mark.parametrize("name", broker_attacks.ATTACKS)
def test_the_broker_keeps_its_door_shut(name: str, stage: Stage) -> None:
    assert broker_attacks.ATTACKS[name](stage) == ""


@pytest.mark.parametrize("name", enrol_attacks.ATTACKS)
def test_the_authority_keeps_its_door_shut(name: str, city: TrustedCity, tmp_path: Path) -> None:
    assert enrol_attacks.ATTACKS[name](Scene(city, tmp_path)) == ""


@pytest.mark.parametrize("name", device_attacks.ATTACKS)
def test_the_device_keeps_its_door_shut(name: str, city: TrustedCity, tmp_path: Path) -> None:
    assert device_attacks.ATTACKS[name](Scene(city, tmp_path)) == ""


def test_the_table_is_long_enough() -> None:
    tables = (broker_attacks.ATTACKS, enrol_attacks.ATTACKS, device_attacks.ATTACKS)
    assert sum(len(table) for table in tables) >= 60


OPEN_DOORS = {
    "acl": ["speak as another gateway: NDATA", "command another gateway", "die as another gateway"],
    "use_username_as_clientid": ["steal a client id"],
    "require_certificate": ["no certificate"],
    "tls_version": ["an older TLS"],
    "read": ["listen to everything", "listen to another's commands"],
}


def opened(door: str, deploy: Path) -> None:
    """The production files with one line lost, as a person would lose it."""
    conf, acl = deploy / "lamplighter.conf", deploy / "acl"
    text = (DEPLOY / "lamplighter.conf").read_text("utf-8")
    rights = (DEPLOY / "acl").read_text("utf-8")
    if door == "acl":
        rights = "pattern write #\n" + rights
    elif door == "read":
        rights = "pattern read #\n" + rights
    elif door == "require_certificate":
        text = text.replace("require_certificate true", "require_certificate false")
        text = text.replace("allow_anonymous false", "allow_anonymous true")
        text = text.replace("use_identity_as_username true\n", "")
        text = text.replace("use_username_as_clientid true\n", "")
        rights = "topic readwrite #\n" + rights
    else:
        text = "\n".join(line for line in text.splitlines() if not line.startswith(door)) + "\n"
    conf.write_text(text, "utf-8")
    acl.write_text(rights, "utf-8")


@pytest.mark.parametrize("door", OPEN_DOORS)
def test_with_a_door_open_the_same_attacks_succeed(door: str, tmp_path: Path) -> None:
    deploy = tmp_path / "deploy"
    deploy.mkdir()
    opened(door, deploy)
    with TrustedCity(tmp_path / "city", deploy, now_s=now_s()) as city, Stage(city).open() as stage:
        for name in OPEN_DOORS[door]:
            assert broker_attacks.ATTACKS[name](stage) != "", name


def test_a_retired_gateway_is_put_out_and_stays_out(tmp_path: Path) -> None:
    with TrustedCity(tmp_path / "city", DEPLOY, now_s=now_s()) as city, Stage(city).open() as stage:
        scene = Scene(city, tmp_path)
        scene.enrol()
        own = scene.store.identity_path
        with Party(city, own, scene.name) as gateway:
            assert gateway.welcome
            city.register.retire(scene.name, "test", city.clock.now_s)
            city.publish_revoked()
            os.kill(city.broker.pid, signal.SIGHUP)
            with Party(city, stage.ids[HONEST], HONEST) as other:
                assert other.welcome
            with Party(city, own, scene.name) as again:
                assert not again.welcome, "a revoked certificate opens nothing"
            lie = os.urandom(8)
            gateway.say(f"spBv1.0/{DISTRICT}/NDATA/{VICTIM}", lie)
            assert lie not in [said for _topic, said in stage.host.heard]
