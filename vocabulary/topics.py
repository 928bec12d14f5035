"""Sparkplug topic <-> meaning, both ways, in one file.

    spBv1.0/{district}/{verb}/{gateway_id}[/{device_id}]
    spBv1.0/STATE/{host_id}

For every topic of ours ``parse(render(topic)) == topic``; any other text is None
(Eclipse Sparkplug 3.0, section 4, "Sparkplug Topic Namespace").
"""

from enum import StrEnum
from typing import Final, NamedTuple

NAMESPACE: Final = "spBv1.0"
TOPIC_CHARS_MAX: Final = 65_535
_FORBIDDEN = frozenset("+#/\x00")


class Verb(StrEnum):
    """Message types of an edge node and its devices, and the command towards it."""

    NBIRTH = "NBIRTH"
    NDATA = "NDATA"
    NDEATH = "NDEATH"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDATA = "DDATA"
    DDEATH = "DDEATH"
    DCMD = "DCMD"

    @property
    def is_device(self) -> bool:
        """Whether the topic carries a device id."""
        return self.value.startswith("D")


class Topic(NamedTuple):
    """One Sparkplug message address; ``device`` is None for node messages."""

    district: str
    verb: Verb
    gateway: str
    device: str | None = None


class StateTopic(NamedTuple):
    """Where a host application announces whether it is online."""

    host: str


def _is_level(text: str) -> bool:
    return bool(text) and not _FORBIDDEN & set(text)


def render(topic: Topic | StateTopic) -> str:
    """Give the topic's text; assumes levels that came from the inventory (slugs)."""
    if isinstance(topic, StateTopic):
        return f"{NAMESPACE}/STATE/{topic.host}"
    assert (topic.device is not None) == topic.verb.is_device
    base = f"{NAMESPACE}/{topic.district}/{topic.verb}/{topic.gateway}"
    return base if topic.device is None else f"{base}/{topic.device}"


def parse(text: str) -> Topic | StateTopic | None:
    """Give the meaning of a topic's text, or None when it is not one of Sparkplug's."""
    if len(text) > TOPIC_CHARS_MAX:
        return None
    levels = text.split("/")
    if levels[0] != NAMESPACE or not all(_is_level(level) for level in levels):
        return None
    if len(levels) == 3 and levels[1] == "STATE":
        return StateTopic(levels[2])
    if len(levels) not in (4, 5) or levels[2] not in Verb.__members__:
        return None
    verb = Verb(levels[2])
    if verb.is_device != (len(levels) == 5):
        return None
    return Topic(levels[1], verb, levels[3], levels[4] if verb.is_device else None)


def host_filters(host: str) -> list[tuple[str, int]]:
    """Subscriptions of a host application, (filter, QoS), disjoint so that nothing comes twice."""
    return [
        *((f"{NAMESPACE}/+/{verb}/+", 0) for verb in ("NBIRTH", "NDATA")),
        *((f"{NAMESPACE}/+/{verb}/+/+", 0) for verb in ("DBIRTH", "DDATA", "DDEATH")),
        (f"{NAMESPACE}/+/NDEATH/+", 1),
        (render(StateTopic(host)), 1),
    ]
