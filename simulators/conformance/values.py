"""Checks of metrics: names and aliases, datatypes, times, order."""

from collections.abc import Iterable, Iterator
from typing import Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.evidence import BIRTHS, COMMANDS, DATA, Evidence, Sent
from simulators.conformance.looks import Look, Looks
from simulators.conformance.marks import EARLIEST_MS
from vocabulary import delivery
from vocabulary.topics import Verb
from vocabulary.units import NS_PER_MS, NS_PER_S

DATATYPES: Final = range(1, 35)
"""Int8 to DateTimeArray, without Unknown."""
AHEAD_MS: Final = 5 * NS_PER_S // NS_PER_MS


def _metrics(messages: Iterable[Sent]) -> Iterator[tuple[Sent, pb.Payload.Metric]]:
    for one in messages:
        for metric in one.metrics:
            yield one, metric


def named_or_aliased(seen: Evidence) -> Looks:
    """A metric has a name, or in data and commands an alias."""
    for one, metric in _metrics(seen.sent()):
        by_alias = metric.HasField("alias") and one.verb not in BIRTHS
        yield Look(bool(metric.name) or by_alias, one.where)


def aliases_are_unique(seen: Evidence) -> Looks:
    """Within a sequence of births one alias stands for one metric of one owner."""
    for group in seen.births():
        owner: dict[int, tuple[str, str]] = {}
        for one, metric in _metrics(one for one in group if one.verb in BIRTHS):
            if metric.HasField("alias"):
                said = (one.packet.topic, metric.name)
                yield Look(owner.setdefault(metric.alias, said) == said, one.where)


def births_say_name_and_alias(seen: Evidence) -> Looks:
    """With aliases in use births carry both; only Rebirth must not."""
    for one, metric in _metrics(seen.sent(*BIRTHS)):
        if metric.HasField("alias"):
            yield Look(bool(metric.name), f"{one.where} alias {metric.alias}")


def _aliases(seen: Evidence, upto: Sent) -> dict[str, int]:
    """Name -> alias of the last birth on an address before a message, whoever sent it."""
    wanted = upto.packet.topic.split("/")
    found: dict[str, int] = {}
    newest_ns = -1
    for session in seen.everyone:
        for one in session.sent:
            levels = one.packet.topic.split("/")
            same = levels[1:2] + levels[3:] == wanted[1:2] + wanted[3:]
            before = newest_ns < one.entry.wall_ns <= upto.entry.wall_ns
            if one.verb in BIRTHS and same and before:
                newest_ns = one.entry.wall_ns
                found = {
                    metric.name: metric.alias for metric in one.metrics if metric.HasField("alias")
                }
    return found


def data_says_only_the_alias(seen: Evidence) -> Looks:
    """What has an alias is called by it alone in data and commands."""
    for one in seen.sent(*DATA, *COMMANDS):
        aliases: dict[str, int] | None = None
        for metric in one.metrics:
            if metric.name and aliases is None:
                aliases = _aliases(seen, one)
            unaliased = not metric.HasField("alias") and metric.name not in (aliases or {})
            yield Look(not metric.name or unaliased, f"{one.where} {metric.name}")


def have_times(seen: Evidence) -> Looks:
    """Each metric of births and data has a time of its own."""
    for one, metric in _metrics(seen.sent(*BIRTHS, *DATA)):
        yield Look(metric.HasField("timestamp"), f"{one.where} {metric.name or metric.alias}")


def command_times(seen: Evidence) -> Looks:
    """Whether metrics of commands have one, which is left free."""
    for one, metric in _metrics(seen.sent(*COMMANDS)):
        yield Look(metric.HasField("timestamp"), one.where)


def times_are_utc(seen: Evidence) -> Looks:
    """A metric's time is UTC milliseconds: after 2020, and not after it passed by."""
    for one, metric in _metrics(seen.sent()):
        if metric.HasField("timestamp"):
            latest_ms = one.entry.wall_ns // NS_PER_MS + AHEAD_MS
            yield Look(EARLIEST_MS <= metric.timestamp <= latest_ms, one.where)


def in_time_order(seen: Evidence, *verbs: str) -> Looks:
    """What is no history stands in the order of its times."""
    for one in seen.sent(*(Verb[name] for name in verbs)):
        times = [metric.timestamp for metric in one.metrics if not metric.is_historical]
        if len(times) > 1:
            yield Look(times == sorted(times), one.where)


def is_written_whole(one: Sent) -> bool:
    """Whether nothing was cut while reading, as a number too wide for its field is."""
    payload = one.payload
    return payload is not None and payload.ByteSize() == len(one.packet.payload)


def datatype_is_uint32(seen: Evidence) -> Looks:
    """A datatype fits 32 bits without a sign."""
    for one in seen.sent():
        if any(metric.HasField("datatype") for metric in one.metrics):
            yield Look(is_written_whole(one), one.where)


def datatype_is_known(seen: Evidence) -> Looks:
    """A datatype is one of the table."""
    for one, metric in _metrics(seen.sent()):
        if metric.HasField("datatype"):
            yield Look(metric.datatype in DATATYPES, one.where)


def births_have_datatypes(seen: Evidence) -> Looks:
    """Each metric of a birth has one."""
    for one, metric in _metrics(seen.sent(*BIRTHS)):
        yield Look(metric.HasField("datatype"), f"{one.where} {metric.name}")


def data_has_no_datatypes(seen: Evidence) -> Looks:
    """Data and commands leave it out; a rebirth request may say it, for those who need it."""
    for one, metric in _metrics(seen.sent(*DATA, *COMMANDS)):
        if metric.name != delivery.REBIRTH:
            yield Look(not metric.HasField("datatype"), f"{one.where} {metric.name}")


def goes_by_exception(seen: Evidence) -> Looks:
    """Whether a Boolean is sent again although it has not changed."""
    last: dict[tuple[str, int], bool] = {}
    for one, metric in _metrics(seen.sent(Verb.DDATA)):
        if metric.HasField("alias") and metric.WhichOneof("value") == "boolean_value":
            key = (one.packet.topic, metric.alias)
            before = last.get(key)
            last[key] = metric.boolean_value
            if before is not None:
                yield Look(before is not metric.boolean_value, one.where)
