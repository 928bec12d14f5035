"""A gateway of the town: configured as a real one, ended in three ways, on a wrong clock."""

from processing.settings import Settings
from simulators.broker import Broker, Message
from simulators.clock import EPOCH_NS, VirtualClock
from simulators.disk import SimulatedDisk
from simulators.scheduler import Scheduler
from simulators.statuses import Status
from simulators.town_gateway import OwnTime, TownGateway, configuration_of, topic_of
from vocabulary.inventory import Gateway
from vocabulary.units import NS_PER_S

ROW = Gateway("gw-1", "site-1", "town")
AP = "ap-1"


class Place:
    """One gateway, a broker, and somebody who listens."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.broker = Broker()
        self.heard: list[tuple[int, Message]] = []
        listener = self.broker.connect("listener", self._hear)
        listener.subscribe("spBv1.0/#")
        self.own_time = OwnTime(self.scheduler)
        self.gateway = TownGateway(
            configuration_of(ROW, [AP], Settings()),
            scheduler=self.own_time,
            broker=self.broker,
            disk=SimulatedDisk(seed=1),
            seed=1,
        )

    def _hear(self, message: Message) -> None:
        self.heard.append((self.scheduler.clock.now_ns(), message))

    def run(self, seconds: float) -> None:
        self.scheduler.run_until(self.scheduler.clock.now_ns() + round(seconds * NS_PER_S))

    def kinds(self) -> list[str]:
        return [message.topic.split("/")[2] for _at, message in self.heard]


def started() -> Place:
    place = Place()
    place.gateway.boot()
    place.run(120)
    assert place.kinds()[0] == "NBIRTH"
    place.heard.clear()
    return place


def test_what_comes_in_goes_out_at_once() -> None:
    place = started()
    place.gateway.local_message(topic_of(AP), Status(0, 0, 2, 10, 20, 30).payload())
    assert place.kinds() == ["DDATA"]
    assert place.heard[0][0] == place.scheduler.clock.now_ns()


def test_an_exit_speaks_its_will_at_once_and_a_crash_after_patience() -> None:
    place = started()
    place.gateway.exit_process()
    assert place.kinds() == ["NDEATH"]
    place = started()
    place.gateway.crash()
    place.run(14)
    assert place.kinds() == []
    place.run(2)
    assert place.kinds() == ["NDEATH"]


def test_a_take_over_gives_births_again() -> None:
    place = started()
    place.gateway.take_over()
    assert place.kinds()[:2] == ["NDEATH", "NBIRTH"]


def test_while_the_broker_is_away_it_tries_and_waits() -> None:
    place = started()
    connects = place.gateway.connects
    place.broker.stop()
    place.gateway.broker_lost()
    place.run(300)
    assert place.gateway.connects == connects
    place.broker.start()
    place.run(300)
    assert place.gateway.connects == connects + 1


def test_a_wrong_clock_is_on_the_wall_only() -> None:
    place = Place()
    place.own_time.wrong.skew_ns = -7 * NS_PER_S
    place.own_time.wrong.drift = 1e-3
    place.run(100)
    now = place.own_time.wrong.now()
    assert now.mono_ns == 100 * NS_PER_S
    assert now.wall_ns == EPOCH_NS + 100 * NS_PER_S - 7 * NS_PER_S + NS_PER_S // 10
    assert place.own_time.clock.now_ns() == EPOCH_NS + 100 * NS_PER_S


def test_the_configuration_is_that_of_the_settings() -> None:
    settings = Settings(beat_ms=30_000, gateway_beat_ms=7_000, margin_ms=250)
    made = configuration_of(ROW, ["a", "b"], settings, ports={"air-1": "/dev/x"})
    assert (made.beat.access_point_s, made.beat.gateway_s, made.beat.margin_s) == (30.0, 7.0, 0.25)
    assert [one.topic for one in made.source] == ["ap/a/status", "ap/b/status"]
    assert made.serial[0].port == "/dev/x"
