"""Checks of a host's STATE: its will, its birth, its contradiction of old words, its last word."""

from collections.abc import Iterator
from typing import Final

from simulators.conformance.evidence import Evidence, Sent, Session, StateWords, state
from simulators.conformance.looks import Look, Looks
from simulators.conformance.mqtt_packets import Kind
from vocabulary import topics
from vocabulary.topics import NAMESPACE, StateTopic
from vocabulary.units import NS_PER_MS, NS_PER_S

NOW_NS: Final = 3 * NS_PER_S
"""A word about now was said at most so long ago: a host connects and leaves in less."""


def _own_topic(session: Session) -> str:
    return topics.render(StateTopic(session.connect.client_id))


def _words(one: Sent) -> StateWords | None:
    return state(one.packet.payload)


def _will(session: Session) -> StateWords | None:
    return state(session.connect.will.payload) if session.connect.will else None


def _is_now(timestamp_ms: int, wall_ns: int) -> bool:
    return abs(wall_ns - timestamp_ms * NS_PER_MS) <= NOW_NS


def _births(seen: Evidence) -> Iterator[tuple[Session, Sent]]:
    """The first STATE of each session."""
    for session in seen.sessions:
        if session.states:
            yield session, session.states[0]


def _deaths(seen: Evidence) -> Iterator[tuple[Session, Sent]]:
    for session in seen.sessions:
        for one in session.states:
            words = _words(one)
            if words is not None and not words.online:
                yield session, one


def will_topic(seen: Evidence) -> Looks:
    """The will goes to the host's own STATE topic."""
    for session in seen.sessions:
        will = session.connect.will
        yield Look(will is not None and will.topic == _own_topic(session), session.where)


def will_payload(seen: Evidence) -> Looks:
    """The will says offline, with a time."""
    for session in seen.sessions:
        words = _will(session)
        yield Look(words is not None and not words.online, session.where)


def will_time(seen: Evidence) -> Looks:
    """The will's time is that of its CONNECT."""
    for session in seen.sessions:
        words = _will(session)
        now = words is not None and _is_now(words.timestamp, session.connect_ns)
        yield Look(now, session.where)


def first_publish(seen: Evidence) -> Looks:
    """The first thing a host publishes is that it is online."""
    for session in seen.sessions:
        if session.sent:
            words = _words(session.sent[0])
            good = session.sent[0] in session.states and words is not None and words.online
            yield Look(good, session.where)


def birth_mark(seen: Evidence, part: str) -> Looks:
    """QoS 1, retained, on its own topic."""
    for session, one in _births(seen):
        good = {
            "qos": one.packet.qos == 1,
            "retain": one.packet.retain,
            "topic": one.packet.topic == _own_topic(session),
        }
        yield Look(good[part], one.where)


def birth_payload(seen: Evidence) -> Looks:
    """Online, with a time, which is that of the will."""
    for session, one in _births(seen):
        words, will = _words(one), _will(session)
        good = words is not None and words.online and will is not None
        yield Look(good and words.timestamp == will.timestamp, one.where)  # type: ignore[union-attr]


def _subscribed_before(session: Session, filters: tuple[str, ...]) -> bool:
    """Whether these were asked for and granted before the first publish."""
    asked = session.first(Kind.SUBSCRIBE, from_client=True)
    granted = session.first(Kind.SUBACK, from_client=False)
    said = session.first(Kind.PUBLISH, from_client=True)
    in_order = None not in (asked, granted, said) and asked < granted < said  # type: ignore[operator]
    wanted = {one for one, _qos in session.filters}
    return in_order and all(any(one.startswith(start) for one in wanted) for start in filters)


def subscribes_first(seen: Evidence, *parts: str) -> Looks:
    """After CONNACK the host subscribes, to its STATE and to the namespace, before it speaks."""
    for session in seen.sessions:
        if session.sent:
            filters = tuple(
                {"state": _own_topic(session), "namespace": f"{NAMESPACE}/+/N"}[part]
                for part in parts
            )
            yield Look(_subscribed_before(session, filters), session.where)


def speaks_once_subscribed(seen: Evidence) -> Looks:
    """Once its subscriptions are granted a host says that it is online, and nothing before it."""
    for session in seen.sessions:
        granted = session.first(Kind.SUBACK, from_client=False)
        if granted is not None:
            wall_ns = session.entries[granted].wall_ns
            words = _words(session.states[0]) if session.states else None
            soon = bool(session.states) and session.states[0].entry.wall_ns - wall_ns <= NOW_NS
            yield Look(soon and words is not None and words.online, session.where)


def death_mark(seen: Evidence, part: str) -> Looks:
    """The last word: QoS 1, retained, on its own topic, offline with a time."""
    for session, one in _deaths(seen):
        good = {
            "qos": one.packet.qos == 1,
            "retain": one.packet.retain,
            "topic": one.packet.topic == _own_topic(session),
        }
        yield Look(good[part], one.where)


def death_payload(seen: Evidence) -> Looks:
    """Of every session that ended with DISCONNECT, the last STATE says offline with a time."""
    for session in seen.sessions:
        if session.disconnect is not None and session.states:
            words = _words(session.states[-1])
            yield Look(words is not None and not words.online, session.where)


def death_time(seen: Evidence) -> Looks:
    """The last word's time is that of its saying."""
    for session in seen.sessions:
        if session.disconnect is not None and session.states:
            one = session.states[-1]
            words = _words(one)
            now = words is not None and _is_now(words.timestamp, one.entry.wall_ns)
            yield Look(now, session.where)


def contradicts(seen: Evidence) -> Looks:
    """Hearing that it is offline, a host that is here says online at once, with its will's time."""
    for session in seen.sessions:
        for heard in session.heard:
            words = state(heard.packet.payload) if heard.meaning else None
            own = heard.packet.topic == _own_topic(session) and words is not None
            if not own or words is None or words.online or _has_left(session, heard):
                continue
            after = [one for one in session.states if one.entry.wall_ns >= heard.entry.wall_ns]
            answer, will = (_words(after[0]) if after else None), _will(session)
            soon = bool(after) and after[0].entry.wall_ns - heard.entry.wall_ns <= NOW_NS
            good = soon and answer is not None and answer.online and will is not None
            yield Look(good and answer.timestamp == will.timestamp, heard.where)  # type: ignore[union-attr]


def _has_left(session: Session, heard: Sent) -> bool:
    """Whether the word is the host's own farewell, come back."""
    return any(
        one.packet.payload == heard.packet.payload and one.entry.wall_ns <= heard.entry.wall_ns
        for one in session.states
    )


def always_known(seen: Evidence) -> Looks:
    """Every session says online when it begins, and has a will that says offline when it ends."""
    for session in seen.sessions:
        will = _will(session)
        said = [words for one in session.states if (words := _words(one)) is not None]
        if session.states:
            good = will is not None and not will.online and bool(said) and said[0].online
            yield Look(good, session.where)


def time_per_broker(seen: Evidence) -> Looks:
    """With several brokers each has the time of its own CONNECT."""
    brokers = {session.broker for session in seen.sessions}
    if len(brokers) > 1:
        yield from will_time(seen)
        yield from birth_payload(seen)


def on_each_broker(seen: Evidence) -> Looks:
    """With several brokers a host is announced on each, first of all."""
    if len({session.broker for session in seen.sessions}) > 1:
        yield from first_publish(seen)
