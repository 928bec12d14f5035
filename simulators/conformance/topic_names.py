"""Checks of topics: their form, their ids, and what differs by more than the case of letters."""

from collections import defaultdict
from collections.abc import Iterable

from simulators.conformance.evidence import Evidence, Sent
from simulators.conformance.looks import Look, Looks, each
from vocabulary.topics import NAMESPACE, Topic, Verb

_FORBIDDEN = frozenset("+#/")
_STATE = "STATE"


def _levels(one: Sent) -> list[str]:
    return one.packet.topic.split("/")


def _is_structured(one: Sent) -> bool:
    levels = _levels(one)
    if levels[0] != NAMESPACE or not all(levels):
        return False
    if levels[1] == _STATE:
        return len(levels) == 3
    return len(levels) in (4, 5) and levels[2] in Verb.__members__


def structure(seen: Evidence) -> Looks:
    """Everything a client publishes stands in the namespace, in its form."""
    for session in seen.sessions:
        yield from each(session.sent, _is_structured)


def namespace(seen: Evidence) -> Looks:
    """The first level is spBv1.0."""
    for session in seen.sessions:
        yield from each(session.sent, lambda one: _levels(one)[0] == NAMESPACE)


def form(seen: Evidence, *verbs: str) -> Looks:
    """Each message of a kind goes to group, kind, node and, for a device's, the device."""

    def good(one: Sent) -> bool:
        levels = _levels(one)
        device = one.verb is not None and one.verb.is_device
        ids_are_whole = all(levels) and not any(_FORBIDDEN & set(level) for level in levels)
        return len(levels) == 4 + device and ids_are_whole and levels[2] in verbs

    for session in seen.sessions:
        of_kind = [one for one in session.sent if f"/{verbs[0]}/" in one.packet.topic]
        yield from each(of_kind, good)


def _ids(seen: Evidence, level: int) -> Iterable[tuple[str, Sent]]:
    for session in seen.sessions:
        for one in session.sent:
            levels = _levels(one)
            if len(levels) > level and levels[1] != _STATE:
                yield levels[level], one


def id_is_valid(seen: Evidence, level: str) -> Looks:
    """A level of the topic is a text that may stand there."""
    for found, one in _ids(seen, int(level)):
        yield Look(bool(found) and not _FORBIDDEN & set(found), one.where)


def device_level(seen: Evidence) -> Looks:
    """Messages of devices carry the device level."""
    for session in seen.sessions:
        for one in session.sent:
            levels = _levels(one)
            if levels[1] != _STATE and levels[2].startswith("D"):
                yield Look(len(levels) == 5, one.where)


def no_device_level(seen: Evidence) -> Looks:
    """Messages of nodes and hosts carry none."""
    for session in seen.sessions:
        for one in session.sent:
            levels = _levels(one)
            if levels[1] == _STATE:
                yield Look(len(levels) == 3, one.where)
            elif levels[2].startswith("N"):
                yield Look(len(levels) == 4, one.where)


def devices_are_distinct(seen: Evidence) -> Looks:
    """Within one sequence of births a device is born once, and again only after its death."""
    for group in seen.births():
        alive: set[str] = set()
        twice = False
        for one in group:
            device = one.packet.topic.rpartition("/")[2]
            if one.verb is Verb.DBIRTH:
                twice = twice or device in alive
                alive.add(device)
            elif one.verb is Verb.DDEATH:
                alive.discard(device)
        if alive or twice:
            yield Look(not twice, group[0].where)


def device_reused(seen: Evidence) -> Looks:
    """Whether a device id stands under more than one node, which is allowed."""
    owners: dict[str, set[str]] = defaultdict(set)
    for device, one in _ids(seen, 4):
        owners[device].add(_levels(one)[3])
    for device, nodes in owners.items():
        yield Look(len(nodes) > 1, device)


def _unlike(names: Iterable[str]) -> Looks:
    folded: dict[str, set[str]] = defaultdict(set)
    for name in names:
        folded[name.casefold()].add(name)
    for group in folded.values():
        yield Look(len(group) == 1, " ".join(sorted(group)))


def ids_differ_by_more_than_case(seen: Evidence) -> Looks:
    """Group, node and device ids."""
    for level in (1, 3, 4):
        yield from _unlike(found for found, _one in _ids(seen, level))


def names_differ_by_more_than_case(seen: Evidence) -> Looks:
    """Metric names, node by node and device by device."""
    for group in seen.births():
        for one in group:
            if one.verb in (Verb.NBIRTH, Verb.DBIRTH):
                yield from _unlike(metric.name for metric in one.metrics)


def device_births_match_the_node(seen: Evidence) -> Looks:
    """A device is born under the group and node of its NBIRTH."""
    for session in seen.sessions:
        node: Topic | None = None
        for one in session.sent:
            if isinstance(one.meaning, Topic) and one.verb is Verb.NBIRTH:
                node = one.meaning
            elif isinstance(one.meaning, Topic) and one.verb is Verb.DBIRTH:
                ours = (one.meaning.district, one.meaning.gateway)
                yield Look(node is not None and ours == (node.district, node.gateway), one.where)
