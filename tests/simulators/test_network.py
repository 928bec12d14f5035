"""Wires that lose, double, delay and break, and who notices when."""

import random

from simulators.broker import Broker, Message
from simulators.clock import EPOCH_NS, VirtualClock
from simulators.network import SILENCE_NS, Link, Network
from simulators.scheduler import Scheduler
from vocabulary.units import NS_PER_S

WILL = Message("will/a", b"gone", qos=1)


class Pair:
    """A sender ``a`` and a receiver ``b`` at one broker."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.network = Network(self.scheduler, Broker(), random.Random(1))
        self.heard: list[Message] = []
        self.ended: list[str] = []
        self.a = self.connect("a")
        self.b = self.connect("b")
        self.b.subscribe("#")

    def connect(self, name: str) -> Link:
        link = self.network.connect(
            name, self.heard.append, lambda: self.ended.append(name), WILL._replace(topic=name)
        )
        assert link is not None
        return link

    def send(self, count: int, qos: int = 0) -> list[int]:
        for number in range(count):
            self.a.publish(Message("t", bytes([number]), qos=qos))
        self.wait(10)
        return [one.payload[0] for one in self.heard if one.topic == "t"]

    def wait(self, seconds: float) -> None:
        end_ns = self.scheduler.clock.now_ns() + round(seconds * NS_PER_S)
        self.scheduler.run_until(end_ns)


def test_a_whole_wire_keeps_order() -> None:
    assert Pair().send(50) == list(range(50))


def test_loss_takes_what_nobody_answers_for() -> None:
    pair = Pair()
    pair.network.wire("a").loss = 0.5
    assert 10 < len(pair.send(50)) < 40
    assert pair.network.lost_messages > 0
    pair.heard.clear()
    assert pair.send(50, qos=1) == list(range(50))


def test_duplicates_and_reordering() -> None:
    pair = Pair()
    pair.network.wire("a").duplicate = 1.0
    assert sorted(pair.send(20)) == sorted([*range(20), *range(20)])
    other = Pair()
    other.network.wire("a").jitter_ns = NS_PER_S
    arrived = other.send(50)
    assert arrived != sorted(arrived) == list(range(50))


def test_a_deaf_client_hears_only_what_is_sent_again() -> None:
    pair = Pair()
    pair.network.wire("b").deaf = True
    assert pair.send(5) == []
    assert pair.send(5, qos=1) == list(range(5))


def test_a_cut_is_noticed_by_silence_and_the_will_is_spoken() -> None:
    pair = Pair()
    pair.network.cut("a", up=True, down=True)
    pair.wait(SILENCE_NS / NS_PER_S - 1)
    assert pair.ended == []
    pair.wait(2)
    assert pair.ended == ["a"]
    assert [one.topic for one in pair.heard] == ["a"]
    assert pair.network.connect("a", print, print, WILL) is None, "still cut"


def test_half_open_downwards_the_broker_hears_on() -> None:
    pair = Pair()
    pair.network.cut("a", up=False, down=True)
    assert pair.send(3) == [0, 1, 2]
    pair.wait(10)
    assert pair.ended == ["a"]


def test_a_short_cut_costs_what_is_not_answered_for_and_nothing_else() -> None:
    pair = Pair()
    pair.network.cut("a", up=True, down=True)
    pair.a.publish(Message("t", b"\0"))
    pair.a.publish(Message("t", b"\1", qos=1))
    pair.wait(3)
    pair.network.cut("a", up=False, down=False)
    pair.wait(20)
    assert [one.payload for one in pair.heard] == [b"\1"]
    assert pair.ended == []


def test_a_dead_broker_forgets_and_refuses() -> None:
    pair = Pair()
    pair.network.stop_broker()
    pair.wait(1)
    assert sorted(pair.ended) == ["a", "b"]
    assert pair.network.connect("a", print, print, WILL) is None
    pair.network.start_broker()
    assert pair.connect("a").open


def test_a_client_that_dies_is_missed_at_once_or_after_a_while() -> None:
    for silently, spoken in ((False, 1), (True, 0)):
        pair = Pair()
        pair.a.die(silently=silently)
        pair.wait(1)
        assert len(pair.heard) == spoken
        pair.wait(20)
        assert len(pair.heard) == 1


def test_leaving_forgets_the_will_and_a_kick_does_not() -> None:
    pair = Pair()
    pair.a.leave()
    pair.wait(20)
    assert pair.heard == []
    pair.connect("a")
    pair.network.kick("a")
    pair.wait(1)
    assert pair.ended == ["a"]
    assert len(pair.heard) == 1


def test_a_second_connection_takes_over() -> None:
    pair = Pair()
    older = pair.a
    pair.connect("a")
    assert not older.open
    assert pair.scheduler.clock.now_ns() == EPOCH_NS
