"""A device against the real service: enrol, lose an answer, renew, come back, ask back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import enrolment, identity
from edge.clock import SystemClock
from edge.configuration import broker_address
from edge.enrol_client import EnrolClient
from edge.errors import AuthorityAway, AuthorityRefused, IdentityUnusable
from edge.identity_store import IdentityStore
from edge.renewal import try_identity
from simulators.trusted_city import TrustedCity
from tests.house.tree import HOUSE
from vocabulary.enrolment import ReadBack
from vocabulary.units import NS_PER_S, S_PER_DAY

BOARD = "10000000abcdef01"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustedCity]:
    now_s = SystemClock().now().wall_ns // NS_PER_S
    directory = tmp_path_factory.mktemp("city")
    with TrustedCity(directory, HOUSE / "deploy" / "mosquitto", now_s=now_s) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path, city: TrustedCity) -> IdentityStore:
    city.forgive()
    return IdentityStore(tmp_path / "identity")


def client(city: TrustedCity, store: IdentityStore) -> EnrolClient:
    made = EnrolClient(city.url, store.authority())
    chain = enrolment.trust(lambda _chain: made, store, city.fingerprint)
    return EnrolClient(city.url, chain)


def enrolled(city: TrustedCity, store: IdentityStore, name: str) -> EnrolClient:
    made = client(city, store)
    placed = enrolment.enrol(made, store, city.expect(name), f"board of {name}")
    assert (placed.gateway_id, placed.generation, placed.enrol_url) == (name, 1, city.url)
    return made


def broker_says(city: TrustedCity, store: IdentityStore, path: Path) -> str:
    address = broker_address(city.broker.url)
    return try_identity(address, str(path), str(store.authority_path), wait_s=0.3)


def test_from_nothing_to_the_broker(city: TrustedCity, store: IdentityStore) -> None:
    enrolled(city, store, "gw-a")
    assert store.mode_faults() == []
    assert not store.pending_path.exists()
    assert broker_says(city, store, store.identity_path) == ""
    assert not enrolment.renewal_due(store, city.clock.now_s)
    assert enrolment.renewal_due(store, city.clock.now_s + 121 * S_PER_DAY)


def test_a_lost_answer_is_asked_for_again(city: TrustedCity, store: IdentityStore) -> None:
    code = city.expect("gw-b")
    made = client(city, store)
    enrolment.enrol(made, store, code, "b")
    key = identity.read_key(store.identity())
    store.wipe()  # the power went before the answer was on the card
    store._write(store.pending_path, identity.key_text(key), 0o600)
    assert enrolment.enrol(made, store, code, "b").gateway_id == "gw-b"
    store.wipe()
    with pytest.raises(AuthorityRefused, match=r"E-ENR-01.*used at"):
        enrolment.enrol(made, store, code, "b")


def test_the_wrong_authority_is_noticed_before_anything_is_said(
    city: TrustedCity, store: IdentityStore
) -> None:
    made = EnrolClient(city.url, "")
    with pytest.raises(AuthorityRefused, match=r"E-ENR-03.*expected 00"):
        enrolment.trust(lambda _chain: made, store, "00" * 32)
    with pytest.raises(AuthorityRefused, match="no fingerprint"):
        enrolment.trust(lambda _chain: made, store, "")
    client(city, store)
    with pytest.raises(AuthorityRefused, match="this image trusts"):
        enrolment.trust(lambda _chain: made, store, "00" * 32)
    assert ("/v1/enrol", 200, "127.0.0.1") not in city.told[-1:]


def test_renewal_is_tried_and_then_swapped(city: TrustedCity, store: IdentityStore) -> None:
    made = enrolled(city, store, "gw-c")
    before = store.identity()
    with pytest.raises(IdentityUnusable, match="kept aside, the broker says: no"):
        enrolment.renew(made, store, "board of gw-c", lambda _path: "no")
    assert store.identity() == before, "the old one goes on"
    enrolment.renew(made, store, "board of gw-c", lambda path: broker_says(city, store, Path(path)))
    assert store.identity() != before
    assert broker_says(city, store, store.identity_path) == ""
    assert not store.new_path.exists()


def test_cut_off_anywhere_a_renewal_begins_again(city: TrustedCity, store: IdentityStore) -> None:
    made = enrolled(city, store, "gw-d")

    def power_cut(_path: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enrolment.renew(made, store, "board of gw-d", power_cut)
    copy = IdentityStore(store.directory.with_name("after the cut"))
    shutil.copytree(store.directory, copy.directory)
    enrolment.renew(made, copy, "board of gw-d", lambda _path: "")
    assert len(city.register.certificates("gw-d")) == 2, "the same answer, not a third"


def test_cert_expires_offline_60d(city: TrustedCity, store: IdentityStore) -> None:
    made = enrolled(city, store, "gw-e")
    now_s = city.clock.now_s
    city.clock.now_s = now_s + 240 * S_PER_DAY
    try:
        enrolment.renew(made, store, "board of gw-e", lambda _path: "")
    finally:
        city.clock.now_s = now_s
    (own, *_) = identity.certificates(store.identity())
    assert identity.lifetime(own).ends_s == now_s + 420 * S_PER_DAY


def test_asking_back(city: TrustedCity, store: IdentityStore) -> None:
    made = enrolled(city, store, "gw-f")
    city.read_back = lambda name, marker: ReadBack(True, "database", f"{name} {marker}")
    assert enrolment.ask_back(made, store, "board of gw-f", "17").found == "gw-f 17"


def test_a_copied_card_is_told_so(city: TrustedCity, store: IdentityStore) -> None:
    made = enrolled(city, store, "gw-g")
    with pytest.raises(AuthorityRefused, match=r"E-ENR-02.*copied card"):
        enrolment.ask_back(made, store, "another board", "17")


def test_before_enrolment_there_is_nothing_to_renew(store: IdentityStore) -> None:
    with pytest.raises(IdentityUnusable, match="not enrolled"):
        enrolment.renew(EnrolClient("https://127.0.0.1:9", ""), store, "", lambda _path: "")


def test_nobody_there() -> None:
    with pytest.raises(AuthorityAway, match=r"E-ENR-10: asked 127.0.0.1:9/v1/authority: found"):
        EnrolClient("https://127.0.0.1:9", "").fetch_authority("00")
