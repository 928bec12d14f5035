"""The broker without a network does what a broker does; the real one is asked the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from simulators.broker import QUEUE_MESSAGES_MAX, Broker, Message, Session, matches


class Client:
    """A session and what it was given."""

    def __init__(self, broker: Broker, name: str, will: Message | None = None) -> None:
        self.got: list[Message] = []
        self.session: Session = broker.connect(name, self.got.append, will)

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.got]


LEVELS = st.lists(st.sampled_from(["a", "b", "", "$SYS"]), min_size=1, max_size=4)


@given(
    levels=LEVELS,
    wanted=st.lists(st.sampled_from(["a", "b", "", "+", "$SYS"]), min_size=1, max_size=4),
    rest=st.booleans(),
)
def test_filters_match_as_the_client_library_says(
    levels: list[str], wanted: list[str], *, rest: bool
) -> None:
    topic, topic_filter = "/".join(levels), "/".join([*wanted, *(["#"] if rest else [])])
    if topic:
        assert matches(topic_filter, topic) == topic_matches_sub(topic_filter, topic)


def test_a_wildcard_does_not_see_the_brokers_own_topics() -> None:
    assert not matches("#", "$SYS/uptime")
    assert matches("$SYS/#", "$SYS/uptime")
    assert not matches("+/uptime", "$SYS/uptime")


def test_delivery_is_in_order_and_from_a_queue() -> None:
    broker = Broker()
    one = Client(broker, "one")
    one.session.subscribe("t/#")
    for number in range(5):
        one.session.publish(Message("t/x", bytes([number])))
    assert one.got == []
    assert broker.pump() == 5
    assert one.payloads == [bytes([number]) for number in range(5)]
    assert broker.delivered == 5


def test_an_answer_is_delivered_after_and_never_inside() -> None:
    broker, order = Broker(), list[str]()

    def answer(_message: Message) -> None:
        answering.publish(Message("b", b""))

    answering = broker.connect("a", answer)
    answering.subscribe("a")
    asking = broker.connect("b", lambda message: order.append(message.topic))
    asking.subscribe("b")
    asking.publish(Message("a", b""))
    assert order == []
    assert broker.pump() == 2
    assert order == ["b"]


def test_two_subscriptions_to_one_topic_bring_it_once() -> None:
    broker = Broker()
    one = Client(broker, "one")
    one.session.subscribe("t/+")
    one.session.subscribe("#")
    one.session.publish(Message("t/x", b"1"))
    broker.pump()
    assert one.payloads == [b"1"]


def test_who_subscribes_later_gets_what_comes_later() -> None:
    broker = Broker()
    one, two = Client(broker, "one"), Client(broker, "two")
    one.session.subscribe("t")
    one.session.publish(Message("t", b"1"))
    broker.pump()
    two.session.subscribe("t")
    one.session.publish(Message("t", b"2"))
    broker.pump()
    assert (one.payloads, two.payloads) == ([b"1", b"2"], [b"2"])


def test_the_last_retained_message_comes_first_and_empty_forgets_it() -> None:
    broker = Broker()
    one = Client(broker, "one")
    for payload in (b"old", b"new"):
        one.session.publish(Message("t", payload, retain=True))
    late = Client(broker, "late")
    late.session.subscribe("t")
    broker.pump()
    assert late.got == [Message("t", b"new", retain=True)]
    one.session.publish(Message("t", b"live", retain=True))
    broker.pump()
    assert not late.got[-1].retain  # who listens already gets it as any other message
    one.session.publish(Message("t", b"", retain=True))
    broker.pump()
    assert broker.retained == {}


@pytest.mark.parametrize(("leave", "said"), [("drop", [b"will"]), ("disconnect", [])])
def test_a_will_is_spoken_unless_one_says_goodbye(leave: str, said: list[bytes]) -> None:
    broker = Broker()
    watching = Client(broker, "watching")
    watching.session.subscribe("#")
    leaving = Client(broker, "leaving", Message("w", b"will", qos=1))
    getattr(leaving.session, leave)()
    leaving.session.drop()
    broker.pump()
    assert watching.payloads == said
    leaving.session.publish(Message("t", b"from beyond"))
    broker.pump()
    assert watching.payloads == said


def test_a_second_client_of_the_same_name_takes_over() -> None:
    broker = Broker()
    watching = Client(broker, "watching")
    watching.session.subscribe("#")
    older = Client(broker, "twin", Message("w", b"will"))
    older.session.subscribe("#")
    newer = Client(broker, "twin")
    newer.session.subscribe("#")
    older.session.drop()  # its end is old news
    watching.session.publish(Message("t", b"1"))
    broker.pump()
    assert watching.payloads == [b"will", b"1"]
    assert newer.payloads == [b"1"]
    assert older.payloads == []
    assert broker.sessions["twin"] is newer.session


def test_a_full_queue_drops_and_counts() -> None:
    broker = Broker()
    one = Client(broker, "one")
    one.session.subscribe("t")
    for _message in range(QUEUE_MESSAGES_MAX + 7):
        one.session.publish(Message("t", b""))
    assert broker.dropped == 7
    assert broker.pump() == QUEUE_MESSAGES_MAX


def test_a_broker_that_dies_forgets_everything_and_says_no_will() -> None:
    broker = Broker()
    one = Client(broker, "one", Message("w", b"will"))
    one.session.subscribe("#")
    one.session.publish(Message("t", b"1", retain=True))
    broker.stop()
    assert not one.session.open
    assert broker.pump() == 0
    assert broker.retained == {}
    broker.start()
    again = Client(broker, "one")
    again.session.subscribe("#")
    one.session.drop()
    again.session.publish(Message("t", b"2"))
    broker.pump()
    assert again.payloads == [b"2"]


def test_routes_follow_subscriptions_and_sessions_that_come_and_go() -> None:
    broker, heard = Broker(), list[str]()
    first = broker.connect("a", lambda message: heard.append(f"a {message.topic}"))
    first.subscribe("x/+")

    def say(topic: str) -> list[str]:
        heard.clear()
        broker.accept(Message(topic, b""))
        broker.pump()
        return list(heard)

    assert say("x/1") == ["a x/1"]
    second = broker.connect("b", lambda message: heard.append(f"b {message.topic}"))
    assert say("x/1") == ["a x/1"]
    second.subscribe("x/1")
    assert say("x/1") == ["a x/1", "b x/1"]
    first.disconnect()
    assert say("x/1") == ["b x/1"]
    broker.stop()
    assert not broker.running
    assert say("x/1") == []
    broker.start()
    assert broker.running
