"""Checks of how a node connects and ends: its will, its farewell, its DISCONNECT."""

from collections.abc import Iterator
from typing import Final

from simulators.conformance.evidence import Evidence, Sent, Session, read
from simulators.conformance.looks import Look, Looks
from simulators.conformance.mqtt_packets import VERSION_5, Will
from vocabulary import delivery, topics
from vocabulary.payload import Datatype
from vocabulary.topics import StateTopic, Topic, Verb

DISCONNECT_WITH_WILL: Final = 4
VERSION_311: Final = 4


def bd_seq_of(payload: bytes) -> int | None:
    """The number in an NDEATH; None when it has none."""
    body = read(payload)
    found = [one for one in body.metrics if one.name == delivery.BD_SEQ] if body else []
    return found[0].long_value if len(found) == 1 else None


def _wills(seen: Evidence) -> Iterator[tuple[Session, Will]]:
    for session in seen.sessions:
        if session.connect.will is not None:
            yield session, session.connect.will


def registered(seen: Evidence) -> Looks:
    """CONNECT carries a will."""
    for session in seen.sessions:
        yield Look(session.connect.will is not None, session.where)


def is_node_death(seen: Evidence) -> Looks:
    """The will is an NDEATH on the node's own topic."""
    for session, will in _wills(seen):
        meaning = topics.parse(will.topic)
        own = isinstance(meaning, Topic) and meaning.gateway == session.connect.client_id
        yield Look(own and meaning.verb is Verb.NDEATH, session.where)  # type: ignore[union-attr]


def is_payload(seen: Evidence) -> Looks:
    """The will is a Sparkplug payload."""
    for session, will in _wills(seen):
        body = read(will.payload)
        yield Look(body is not None and bool(body.metrics), session.where)


def qos_1(seen: Evidence) -> Looks:
    """The will has QoS 1."""
    for session, will in _wills(seen):
        yield Look(will.qos == 1, session.where)


def not_retained(seen: Evidence) -> Looks:
    """A node's will is not retained."""
    for session, will in _wills(seen):
        yield Look(not will.retain, session.where)


def retained(seen: Evidence) -> Looks:
    """A host's will is."""
    for session, will in _wills(seen):
        yield Look(will.retain, session.where)


def bd_seq_is_next(seen: Evidence) -> Looks:
    """The will's bdSeq is an Int64, one more than that of the CONNECT before."""
    for life in seen.lives():
        last: int | None = None
        for session in life:
            if session.connect.will is None:
                continue
            body = read(session.connect.will.payload)
            metric = body.metrics[0] if body is not None and body.metrics else None
            typed = metric is not None and metric.datatype == Datatype.INT64
            number = bd_seq_of(session.connect.will.payload)
            next_one = last is None or number == (last + 1) % delivery.BD_SEQ_MODULUS
            yield Look(typed and number is not None and next_one, session.where)
            last = number


def announces_the_coming_birth(seen: Evidence) -> Looks:
    """The number in the will is the one that the session's NBIRTH carries."""
    for session, will in _wills(seen):
        for birth in session.of(Verb.NBIRTH):
            metric = birth.metric(delivery.BD_SEQ)
            good = metric is not None and metric.long_value == bd_seq_of(will.payload)
            yield Look(good, session.where)


def _deaths(seen: Evidence) -> Iterator[tuple[Session, bytes, str]]:
    """Every NDEATH: as will, and as it was published."""
    for session, will in _wills(seen):
        yield session, will.payload, will.topic
    for session in seen.sessions:
        for one in session.of(Verb.NDEATH):
            yield session, one.packet.payload, one.packet.topic


def only_bd_seq(seen: Evidence) -> Looks:
    """An NDEATH holds one metric, bdSeq, of its own session."""
    for session, payload, _topic in _deaths(seen):
        body = read(payload)
        births = session.of(Verb.NBIRTH)
        number = births[0].metric(delivery.BD_SEQ) if births else None
        alone = body is not None and [one.name for one in body.metrics] == [delivery.BD_SEQ]
        same = number is None or number.long_value == bd_seq_of(payload)
        yield Look(alone and same, session.where)


def death_without_seq(seen: Evidence) -> Looks:
    """An NDEATH has no seq."""
    for session, payload, _topic in _deaths(seen):
        body = read(payload)
        yield Look(body is not None and not body.HasField("seq"), session.where)


def death_topic(seen: Evidence) -> Looks:
    """An NDEATH goes to spBv1.0, group, NDEATH and the node."""
    for session, _payload, topic in _deaths(seen):
        levels = topic.split("/")
        good = len(levels) == 4 and levels[2] == "NDEATH"
        yield Look(good and levels[3] == session.connect.client_id, session.where)


def _last(session: Session) -> Sent | None:
    return session.sent[-1] if session.sent else None


def farewell_before_disconnect(seen: Evidence) -> Looks:
    """Who says DISCONNECT after a birth has said NDEATH before, and nothing after it."""
    for session in seen.sessions:
        if session.disconnect is not None and session.of(Verb.NBIRTH):
            last = _last(session)
            yield Look(last is not None and last.verb is Verb.NDEATH, session.where)


def farewell_311(seen: Evidence) -> Looks:
    """The same of MQTT 3.1.1."""
    for session in seen.sessions:
        if session.connect.version == VERSION_311:
            alone = Evidence([session], (), {})
            yield from farewell_before_disconnect(alone)


def farewell_5(seen: Evidence) -> Looks:
    """MQTT 5: DISCONNECT with reason 0x04, so that the broker speaks the will."""
    for session in seen.sessions:
        leaving = session.disconnect
        if session.connect.version == VERSION_5 and leaving is not None and session.of(Verb.NBIRTH):
            yield Look(leaving.code == DISCONNECT_WITH_WILL, session.where)


def disconnects_after_farewell(seen: Evidence) -> Looks:
    """Whether DISCONNECT follows the farewell, which is allowed."""
    for session in seen.sessions:
        if session.of(Verb.NDEATH) or any(map(_is_offline, session.states)):
            yield Look(session.disconnect is not None, session.where)


def _is_offline(one: Sent) -> bool:
    return isinstance(one.meaning, StateTopic) and b"false" in one.packet.payload


def clean_session_311(seen: Evidence) -> Looks:
    """MQTT 3.1.1: CONNECT asks for a clean session."""
    for session in seen.sessions:
        if session.connect.version == VERSION_311:
            yield Look(session.connect.clean, session.where)


def clean_start_5(seen: Evidence) -> Looks:
    """MQTT 5: a clean start, and a session that ends with its connection."""
    for session in seen.sessions:
        if session.connect.version == VERSION_5:
            connect = session.connect
            yield Look(connect.clean and connect.session_expiry_s == 0, session.where)


def subscribes_to_commands(seen: Evidence, verb: str) -> Looks:
    """A node subscribes to its own commands at QoS 1 before its birth."""
    for session in seen.sessions:
        for birth in session.of(Verb.NBIRTH)[:1]:
            levels = birth.packet.topic.split("/")
            levels[2] = verb
            wanted = "/".join(levels)
            found = [(one, qos) for one, qos in session.filters if one.startswith(wanted)]
            if verb == Verb.NCMD or found:
                yield Look(bool(found) and found[0][1] == 1, session.where)
