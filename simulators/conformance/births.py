"""Checks of births: what they announce, in which order they come, and with which number."""

from collections.abc import Iterator
from typing import Final

from simulators.conformance.evidence import BIRTHS, DATA, Evidence, Sent, Session
from simulators.conformance.looks import Look, Looks, each
from simulators.conformance.mqtt_packets import Kind, Other
from simulators.conformance.wills import bd_seq_of
from vocabulary import delivery
from vocabulary.payload import Datatype
from vocabulary.topics import Verb

INT64: Final = int(Datatype.INT64)


def has_bd_seq(seen: Evidence) -> Looks:
    """NBIRTH holds a bdSeq."""
    yield from each(seen.sent(Verb.NBIRTH), lambda one: one.metric(delivery.BD_SEQ) is not None)


def bd_seq_of_the_will(seen: Evidence) -> Looks:
    """It is the number that the session's will carries."""
    for one in seen.sent(Verb.NBIRTH):
        metric, will = one.metric(delivery.BD_SEQ), one.session.connect.will
        good = metric is not None and will is not None
        yield Look(good and metric.long_value == bd_seq_of(will.payload), one.where)  # type: ignore[union-attr]


def bd_seq_is_int64(seen: Evidence) -> Looks:
    """It is an Int64, and the number of this CONNECT."""
    for one, look in zip(seen.sent(Verb.NBIRTH), bd_seq_of_the_will(seen), strict=True):
        metric = one.metric(delivery.BD_SEQ)
        typed = metric is not None and metric.datatype == INT64
        yield Look(look.good and typed and metric.WhichOneof("value") == "long_value", one.where)  # type: ignore[union-attr]


def bd_seq_counts_connects(seen: Evidence) -> Looks:
    """It begins at 0 with a new card, and rises by one with each CONNECT, round at 255."""
    for life in seen.lives():
        numbers = [bd_seq_of(one.connect.will.payload) for one in life if one.connect.will]
        if numbers and any(one.of(Verb.NBIRTH) for one in life):
            yield Look(numbers[0] == 0, life[0].where)
            for at in range(1, len(numbers)):
                last = numbers[at - 1]
                good = last is not None and numbers[at] == (last + 1) % delivery.BD_SEQ_MODULUS
                yield Look(good, life[at].where)


def rebirth_metric(seen: Evidence, part: str = "all") -> Looks:
    """NBIRTH names 'Node Control/Rebirth', a Boolean, false, without an alias."""

    def good(one: Sent) -> bool:
        metric = one.metric(delivery.REBIRTH)
        if metric is None:
            return False
        parts = {
            "name": True,
            "alias": not metric.HasField("alias"),
            "datatype": metric.datatype == Datatype.BOOLEAN,
            "value": metric.WhichOneof("value") == "boolean_value" and not metric.boolean_value,
        }
        return parts[part] if part != "all" else parts["datatype"] and parts["value"]

    yield from each(seen.sent(Verb.NBIRTH), good)


def complete(seen: Evidence, verb: str) -> Looks:
    """Each metric of a birth has a name, a datatype, and a value or says that it has none."""
    for one in seen.sent(Verb[verb]):
        for metric in one.metrics:
            named = bool(metric.name) and metric.HasField("datatype")
            valued = metric.WhichOneof("value") is not None or metric.is_null
            yield Look(named and valued, f"{one.where} {metric.name}")


def values_or_null(seen: Evidence, verb: str) -> Looks:
    """A value or is_null, never both and never neither."""
    for one in seen.sent(Verb[verb]):
        for metric in one.metrics:
            has_value = metric.WhichOneof("value") is not None
            yield Look(has_value is not metric.is_null, f"{one.where} {metric.name}")


def _announced(group: list[Sent], upto: Sent) -> tuple[set[int], set[str]]:
    """Aliases and names that births of this group have said before a message."""
    aliases: set[int] = set()
    names: set[str] = set()
    for one in group:
        if one is upto:
            break
        if (
            one.verb in BIRTHS
            and one.packet.topic.split("/")[4:] == upto.packet.topic.split("/")[4:]
        ):
            aliases.update(metric.alias for metric in one.metrics if metric.HasField("alias"))
            names.update(metric.name for metric in one.metrics)
    return aliases, names


def announces_data(seen: Evidence, verb: str) -> Looks:
    """Every metric of the data that follows was announced by the birth of its node or device."""
    for group in seen.births():
        known: dict[str, tuple[set[int], set[str]]] = {}
        for one in group:
            owner = "/".join(one.packet.topic.split("/")[4:])
            if one.verb in BIRTHS:
                known.pop(owner, None)
            elif one.verb is Verb[verb]:
                aliases, names = known.setdefault(owner, _announced(group, one))
                for metric in one.metrics:
                    by_alias = metric.HasField("alias") and metric.alias in aliases
                    yield Look(by_alias or metric.name in names, one.where)


def carries_announced(seen: Evidence, verb: str) -> Looks:
    """A data message says something, and only what its birth announced."""
    yield from announces_data(seen, verb)
    yield from each(seen.sent(Verb[verb]), lambda one: bool(one.metrics))


def _late_births(group: list[Sent]) -> Iterator[tuple[int, bool]]:
    """Where device births stand in a group, and whether data or a command came in between.

    A device that died and is born again may be late.
    """
    dead: set[str] = set()
    data = False
    for at, one in enumerate(group):
        if one.verb is Verb.DDEATH:
            dead.add(one.packet.topic.rsplit("/", 1)[-1])
        elif one.verb in DATA:
            data = True
        elif one.verb is Verb.DBIRTH:
            yield at, data and one.packet.topic.rsplit("/", 1)[-1] not in dead


def devices_right_after_the_node(seen: Evidence) -> Looks:
    """Device births follow the NBIRTH before any data."""
    for group in seen.births():
        for at, late in _late_births(group):
            yield Look(not late, group[at].where)


def node_is_born_first(seen: Evidence) -> Looks:
    """No DBIRTH of a session before its NBIRTH."""
    for session in seen.sessions:
        born = False
        for one in session.sent:
            born = born or one.verb is Verb.NBIRTH
            if one.verb is Verb.DBIRTH:
                yield Look(born, one.where)


def data_after_all_births(seen: Evidence, verb: str) -> Looks:
    """No data before NBIRTH and every DBIRTH of the sequence."""
    for session in seen.sessions:
        born = False
        for one in session.sent:
            born = born or one.verb is Verb.NBIRTH
            if one.verb is Verb[verb] and not born:
                yield Look(False, one.where)
    for group in seen.births():
        last_late = max((at for at, late in _late_births(group) if late), default=-1)
        for at, one in enumerate(group):
            if one.verb is Verb[verb]:
                yield Look(at > last_late, one.where)


def births_come_first(seen: Evidence) -> Looks:
    """The first message of a session is a birth: a node's, or a host's STATE."""
    for session in seen.sessions:
        if session.sent:
            first = session.sent[0]
            yield Look(first.verb is Verb.NBIRTH or first in session.states, session.where)


def after_connack(seen: Evidence) -> Looks:
    """The broker had accepted the session before the birth was published."""
    for one in seen.sent(Verb.NBIRTH):
        at = one.session.first(Kind.CONNACK, from_client=False)
        entry = None if at is None else one.session.entries[at]
        accepted = entry is not None and isinstance(entry.packet, Other) and entry.packet.code == 0
        good = accepted and entry is not None and entry.wall_ns <= one.entry.wall_ns
        yield Look(good, one.where)


def device_lost(seen: Evidence) -> Looks:
    """A device that was declared dead sends nothing new until it is born again."""
    for group in seen.births():
        dead: set[str] = set()
        for one in group:
            device = one.packet.topic.rsplit("/", 1)[-1]
            if one.verb is Verb.DDEATH:
                dead.add(device)
                yield Look(True, one.where)
            elif one.verb is Verb.DBIRTH:
                dead.discard(device)
            elif one.verb is Verb.DDATA and device in dead:
                yield Look(all(metric.is_historical for metric in one.metrics), one.where)


# rebirth ---------------------------------------------------------------------------------

ON_THE_WAY_MAX: Final = 3
"""So many messages may have been on their way when the request passed by."""


def _requests(session: Session) -> Iterator[tuple[int, list[Sent]]]:
    """When a rebirth was asked for, and what the node published from then on.

    A session that was over before it could answer says nothing about answers.
    """
    over = session.disconnect is not None or session.ended_ns is not None
    for asked in session.heard:
        metric = asked.metric(delivery.REBIRTH) if asked.verb is Verb.NCMD else None
        if metric is not None and metric.boolean_value:
            at_ns = asked.entry.wall_ns
            after = [one for one in session.sent if one.entry.wall_ns >= at_ns]
            if not over or len(after) > ON_THE_WAY_MAX:
                yield at_ns, after


def rebirth_stops_data(seen: Evidence) -> Looks:
    """Once asked for births, a node publishes no data before them."""
    for session in seen.sessions:
        for _at_ns, after in _requests(session):
            birth = next((at for at, one in enumerate(after) if one.verb is Verb.NBIRTH), None)
            late = sum(one.verb in DATA for one in after[:birth])
            yield Look(birth is not None and late <= ON_THE_WAY_MAX, session.where)


def rebirth_is_whole(seen: Evidence) -> Looks:
    """The node is born again, and every device that had been."""
    for session in seen.sessions:
        for at_ns, after in _requests(session):
            before = {
                one.packet.topic for one in session.of(Verb.DBIRTH) if one.entry.wall_ns < at_ns
            }
            again = {one.packet.topic for one in after if one.verb is Verb.DBIRTH}
            born = any(one.verb is Verb.NBIRTH for one in after)
            yield Look(born and before <= again, session.where)


def rebirth_keeps_the_number(seen: Evidence) -> Looks:
    """The second NBIRTH of a session carries the will's bdSeq as the first did."""
    for session in seen.sessions:
        will = session.connect.will
        for one in session.of(Verb.NBIRTH)[1:]:
            metric = one.metric(delivery.BD_SEQ)
            good = metric is not None and will is not None
            yield Look(good and metric.long_value == bd_seq_of(will.payload), one.where)  # type: ignore[union-attr]
