"""Checks of what a host says to nodes: rebirth requests, commits, writes to devices."""

from collections.abc import Iterator
from typing import Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.evidence import BIRTHS, Evidence, Sent
from simulators.conformance.looks import Look, Looks, each
from vocabulary import delivery
from vocabulary.topics import StateTopic, Verb

FIELD_OF: Final = {
    **dict.fromkeys((1, 2, 3, 5, 6, 7), "int_value"),
    **dict.fromkeys((4, 8, 13), "long_value"),
    9: "float_value",
    10: "double_value",
    11: "boolean_value",
    **dict.fromkeys((12, 14, 15), "string_value"),
}


def lists_metrics(seen: Evidence, verb: str) -> Looks:
    """A command names what is to be written."""
    yield from each(seen.sent(Verb[verb]), lambda one: bool(one.metrics))


def by_verb(seen: Evidence, verb: str) -> Looks:
    """What a host says to a node or a device, it says by the command of that level."""
    for session in seen.sessions:
        for one in session.sent:
            if isinstance(one.meaning, StateTopic):
                continue
            of_device = one.packet.topic.count("/") == 4
            if of_device is (verb == Verb.DCMD):
                yield Look(one.verb is Verb[verb], one.where)


def _born(seen: Evidence, command: Sent) -> list[pb.Payload.Metric]:
    """The metrics of the last birth before a command to the same node or device."""
    wanted = command.packet.topic.split("/")
    newest_ns, found = -1, list[pb.Payload.Metric]()
    for session in seen.everyone:
        for one in session.sent:
            levels = one.packet.topic.split("/")
            same = levels[1:2] + levels[3:] == wanted[1:2] + wanted[3:]
            if (
                one.verb in BIRTHS
                and same
                and newest_ns < one.entry.wall_ns <= command.entry.wall_ns
            ):
                newest_ns, found = one.entry.wall_ns, one.metrics
    return found


def _written(
    seen: Evidence, verb: str
) -> Iterator[tuple[Sent, pb.Payload.Metric, pb.Payload.Metric | None]]:
    """Each metric of a command, with what the birth said of it."""
    for one in seen.sent(Verb[verb]):
        born = _born(seen, one)
        for metric in one.metrics:
            by_name = [known for known in born if metric.name and known.name == metric.name]
            by_alias = [
                known
                for known in born
                if metric.HasField("alias")
                and known.HasField("alias")
                and known.alias == metric.alias
            ]
            yield one, metric, next(iter(by_name + by_alias), None)


def known_from_births(seen: Evidence, verb: str) -> Looks:
    """A command names a metric that the birth had announced."""
    for one, metric, known in _written(seen, verb):
        yield Look(known is not None, f"{one.where} {metric.name or metric.alias}")


def value_fits(seen: Evidence, verb: str) -> Looks:
    """Its value stands in the field of the metric's type."""
    for one, metric, known in _written(seen, verb):
        datatype = known.datatype if known is not None else metric.datatype
        good = metric.WhichOneof("value") == FIELD_OF.get(datatype, "")
        yield Look(good, f"{one.where} {metric.name or metric.alias}")


def rebirth(seen: Evidence, part: str) -> Looks:
    """A rebirth request is an NCMD that names 'Node Control/Rebirth' and says true."""
    for session in seen.sessions:
        for one in session.sent:
            metric = one.metric(delivery.REBIRTH)
            asks = metric is not None or _says_true(one)
            if not asks or one.verb in BIRTHS:
                continue
            good = {
                "verb": one.verb is Verb.NCMD,
                "name": metric is not None,
                "value": metric is not None
                and metric.WhichOneof("value") == "boolean_value"
                and metric.boolean_value,
            }
            yield Look(good[part], one.where)


def _says_true(one: Sent) -> bool:
    """A single Boolean true to a node: a request, whatever it is called."""
    metrics = one.metrics
    return one.verb is Verb.NCMD and len(metrics) == 1 and metrics[0].boolean_value
