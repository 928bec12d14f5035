"""The desk: kept before it is tried, tried again with growing waits, given up at a named limit."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.ledger import Ledger
from ingest.maintenance import Window
from ingest.maintenance_store import MaintenanceStore
from ingest.notice_desk import TRIES_MAX, WAIT_MS_MAX, NoticeDesk, names_of, wait_ms
from ingest.notice_store import NoticeStore
from ingest.notices import Policy
from ingest.webhook import Delivery
from simulators.installation import town
from tests.ingest.test_notices import OPEN

CITY = town(gateways=1, aps_each=4, sensors_each=0)


class World:
    """A ledger, a receiver that fails as told, and a time that is moved by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.now_ms, self.fails = path, 1_000, 0
        self.got: list[str] = []

    def post(self, notice_id: str, _body: str, _ts_s: int) -> Delivery:
        if self.fails:
            self.fails -= 1
            return Delivery(False, True, "HTTP status 503")
        self.got.append(notice_id)
        return Delivery(True, False, "")

    def desk(self) -> NoticeDesk:
        return NoticeDesk(
            self.path, CITY, Policy(), self.post, now_ms=lambda: self.now_ms, rng=random.Random(1)
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.set_inventory(CITY)
        yield World(tmp_path / "ledger.sqlite")


def until(desk: NoticeDesk, world: World, over: Callable[[], bool]) -> None:
    for _ in range(TRIES_MAX + 5):
        if over():
            return
        world.now_ms += WAIT_MS_MAX
        desk.deliver()


def test_an_incident_reaches_people(world: World) -> None:
    desk = world.desk()
    (made,) = desk.consider([OPEN])
    assert desk.deliver() == 1
    assert desk.deliver() == 0
    assert world.got == [made.id]
    desk.stop(1)


def test_a_receiver_that_is_away_is_tried_again(world: World) -> None:
    desk, world.fails = world.desk(), 3
    desk.consider([OPEN])
    until(desk, world, lambda: bool(world.got))
    assert world.got == ["gw-1@5.opened.1"]
    assert (desk.troubles, desk.last_trouble) == (3, "HTTP status 503")
    desk.stop(1)


def test_it_is_given_up_at_a_named_limit(world: World) -> None:
    desk, world.fails = world.desk(), 10_000
    desk.consider([OPEN])
    store = NoticeStore(world.path)
    until(desk, world, lambda: store.counts() == (0, 1))
    assert store.counts() == (0, 1)
    assert desk.troubles == TRIES_MAX
    store.close()
    desk.stop(1)


def test_a_restart_neither_forgets_nor_repeats(world: World) -> None:
    desk = world.desk()
    desk.consider([OPEN])
    desk.stop(1)  # before anything was delivered
    desk = world.desk()
    assert desk.restore([OPEN]) == []
    assert desk.deliver() == 1
    other = msgspec.structs.replace(OPEN, incident="gw-1@6")
    (told,) = desk.restore([OPEN, other])  # stored, but the end came before it was told
    assert told.incident == "gw-1@6"
    desk.stop(1)


def test_announced_work_silences(world: World) -> None:
    store = MaintenanceStore(world.path)
    store.add(Window(0, "site", "market", 0, 5_000_000, "x", 0))
    store.close()
    desk = world.desk()
    assert desk.consider([OPEN]) == []
    assert desk.works.at("gw-1", 1_000)
    world.now_ms = 5_000_000
    assert [one.event for one in desk.consider([])] == ["opened"]
    desk.stop(1)


def test_a_thread_delivers_and_ends(world: World) -> None:
    desk = world.desk()
    desk.start()
    desk.stop(10)
    assert not desk._thread.is_alive()


def test_waits_grow_to_a_bound() -> None:
    rng = random.Random(3)
    assert max(wait_ms(tries, rng) for tries in range(100)) <= WAIT_MS_MAX
    assert all(wait_ms(0, rng) <= 5_000 for _ in range(100))


def test_people_know_places_not_ids() -> None:
    assert names_of(CITY)["gw-1"] == "Market"
