"""A gateway in the virtual world: link, power and broker come and go as in the field."""

import json

from edge.alias_table import AliasTable
from edge.configuration import GatewayConfiguration
from simulators.access_point import SimulatedAccessPoint
from simulators.broker import Broker, Message
from simulators.clock import EPOCH_NS, VirtualClock
from simulators.disk import SimulatedDisk
from simulators.neighbourhood import build, configuration_of
from simulators.scheduler import Scheduler
from simulators.virtual_gateway import VirtualGateway
from tests.edge.reference_host import ReferenceHost, commit
from vocabulary import delivery
from vocabulary.topics import Verb
from vocabulary.units import NS_PER_S

GATEWAY = "gw-street"


def told() -> GatewayConfiguration:
    return configuration_of(build(seed=1, duration_s=600).inventory, GATEWAY)


class Scene:
    """One gateway, a broker, and a host that acknowledges every five seconds."""

    def __init__(self, *, answers: bool = True) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock)
        self.broker = Broker()
        self.disk = SimulatedDisk(seed=1)
        self.host = ReferenceHost()
        self.answers = answers
        self.gateway = VirtualGateway(
            told(), scheduler=self.scheduler, broker=self.broker, disk=self.disk, seed=1
        )
        self._hear()
        self.scheduler.at(EPOCH_NS, self._answer)

    def _hear(self) -> None:
        self._session = self.broker.connect("host", self._take)
        self._session.subscribe(f"spBv1.0/+/+/{GATEWAY}")
        self._session.subscribe(f"spBv1.0/+/+/{GATEWAY}/+")

    def _take(self, message: Message) -> None:
        if "/NCMD/" not in message.topic:
            self.host.hear(message.topic, message.payload)

    def _answer(self) -> None:
        if self.answers and self.host.epoch:
            body = commit(self.host.epoch, self.host.prefix(self.host.epoch))
            self._session.publish(Message(self.host.topic, body))
            self.broker.pump()
        self.scheduler.at(self.clock.now_ns() + 5 * NS_PER_S, self._answer)

    def broker_back(self) -> None:
        self.broker.start()
        self.host.link_lost()
        self._hear()

    def run(self, seconds: float) -> None:
        self.scheduler.run_until(self.clock.now_ns() + round(seconds * NS_PER_S))

    def read(self, times: int = 1) -> None:
        source = self.gateway.configuration.source[0]
        body = {"stations": [], "radio": {"rx": 1, "tx": 2}, "uptime": 3}
        for _reading in range(times):
            self.run(1)
            self.gateway.local_message(source.topic, json.dumps(body).encode())

    def count(self, verb: Verb) -> int:
        return sum(1 for one in self.host.heard if one.verb is verb)

    @property
    def stored(self) -> int:
        """Readings the host has."""
        records = self.host.received.get(self.host.epoch, {}).values()
        return sum(len(readings) for _device, readings in records)


def settled(scene: Scene) -> None:
    """Everything the gateway ever read is with the host, once."""
    scene.run(60)
    assert scene.gateway.agent is not None
    assert scene.host.prefix(scene.host.epoch) == scene.gateway.agent.spool.next_offset
    assert scene.stored == scene.gateway.readings


def test_it_boots_connects_and_is_answered() -> None:
    scene = Scene()
    scene.gateway.boot()
    scene.read(10)
    settled(scene)
    assert scene.gateway.connects == 1
    assert scene.count(Verb.NBIRTH) == 1
    assert scene.gateway.agent is not None
    assert scene.gateway.agent.spool.host_acknowledges


def test_two_runs_of_one_seed_say_the_same() -> None:
    scenes = [Scene(), Scene()]
    for scene in scenes:
        scene.gateway.boot()
        scene.read(30)
    assert scenes[0].host.heard == scenes[1].host.heard


def test_a_cut_link_is_noticed_by_silence_and_what_was_read_comes_later() -> None:
    scene = Scene()
    scene.gateway.boot()
    scene.read(10)
    scene.gateway.link(up=False)
    scene.gateway.link(up=False)
    scene.run(14)
    assert scene.count(Verb.NDEATH) == 0
    scene.run(2)
    assert scene.count(Verb.NDEATH) == 1
    scene.host.link_lost()
    scene.read(30)
    scene.gateway.link(up=True)
    settled(scene)
    assert scene.host.data(historical=True)
    assert scene.gateway.connects == 2


def test_a_power_cut_costs_what_was_not_synced_and_nothing_else() -> None:
    scene = Scene()
    scene.gateway.boot()
    scene.read(10)
    scene.run(10)
    readings = scene.gateway.readings
    scene.gateway.crash()
    scene.disk.crash()
    scene.gateway.local_message("ap/any", b"{}")  # nobody is there
    scene.gateway.serial_bytes("any", b"\xaa")
    scene.gateway.crash()
    scene.run(20)
    assert scene.gateway.readings == readings
    assert scene.count(Verb.NDEATH) == 1
    scene.host.link_lost()
    scene.gateway.boot()
    settled(scene)
    assert len(scene.host.received) == 1
    births = [one.number(delivery.TIME_BOOT) for one in scene.host.heard if one.verb is Verb.NBIRTH]
    assert births == sorted(births)
    assert births[-1] > births[0]


def test_a_broker_that_dies_is_tried_again_until_it_is_back() -> None:
    scene = Scene()
    scene.gateway.boot()
    scene.read(10)
    scene.broker.stop()
    scene.run(120)
    assert scene.gateway.connects == 1
    scene.broker_back()
    scene.run(30)
    assert scene.gateway.connects == 2
    settled(scene)


def test_while_the_link_is_cut_a_boot_samples_and_connects_later() -> None:
    scene = Scene()
    scene.gateway.link(up=False)
    scene.gateway.boot()
    scene.read(20)
    assert scene.gateway.connects == 0
    assert scene.gateway.readings > 0
    scene.gateway.link(up=True)
    settled(scene)


def test_without_answers_it_goes_on_as_a_plain_node() -> None:
    scene = Scene(answers=False)
    scene.gateway.boot()
    scene.read(60)
    scene.run(60)
    assert scene.gateway.agent is not None
    assert not scene.gateway.agent.spool.host_acknowledges
    assert scene.host.duplicates == 0


def test_the_card_of_the_virtual_gateway_is_a_real_one() -> None:
    scene = Scene()
    scene.gateway.boot()
    scene.run(10)
    assert scene.gateway.agent is not None
    table = AliasTable.open(scene.disk, scene.gateway.agent.spool.epoch)
    assert len(table) > 20


def test_access_points_of_the_simulator_are_understood() -> None:
    scene = Scene()
    scene.gateway.boot()
    source = scene.gateway.configuration.source[0]
    point = SimulatedAccessPoint(source.ap_id, seed=1, beat_s=10.0, start_ns=EPOCH_NS)
    for _beat in range(5):
        scene.scheduler.run_until(point.next_ns)
        message = point.advance(point.next_ns)
        assert message is not None
        scene.gateway.local_message(point.topic, message)
    assert scene.gateway.agent is not None
    assert not [reason for reason in scene.gateway.agent.counts if reason.startswith("ap_")]
