"""MQTT topic filters: which topics they match, and a set of them made disjoint.

A broker delivers a message once for each subscription that matches it, so two filters that share
a topic would double a reading. Filters that meet are widened into one; what that brings along
and nobody asked for is dropped by whoever routes. (MQTT 3.1.1, section 4.7.)
"""

from collections.abc import Iterable
from typing import Final

LEVELS_MAX: Final = 64
TOPIC_CHARS_MAX: Final = 512


def fault(topic_filter: str) -> str | None:
    """What a filter should have been instead; None if it may stand."""
    levels = topic_filter.split("/")
    if not topic_filter or len(topic_filter) > TOPIC_CHARS_MAX or len(levels) > LEVELS_MAX:
        return f"a filter of 1 to {TOPIC_CHARS_MAX} characters and at most {LEVELS_MAX} levels"
    if "\0" in topic_filter:
        return "a filter without a NUL character"
    if any(len(level) > 1 and set(level) & set("+#") for level in levels):
        return "the wildcards + and # as whole levels"
    if "#" in levels[:-1]:
        return "the wildcard # as the last level only"
    return None


def is_exact(topic_filter: str) -> bool:
    """Whether it matches one topic only."""
    return not set(topic_filter) & set("+#")


def matches(topic_filter: str, topic: str) -> bool:
    """Whether the broker delivers ``topic`` to a subscriber of ``topic_filter``."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if levels[0].startswith("$") and wanted[0] in ("+", "#"):
        return False
    for ix, level in enumerate(wanted):
        if level == "#":
            return True
        if ix >= len(levels) or level not in ("+", levels[ix]):
            return False
    return len(wanted) == len(levels)


def _meets(one: list[str], other: list[str]) -> bool:
    """Whether some topic matches both."""
    for left, right in zip(one, other, strict=False):
        if "#" in (left, right):
            return True
        if "+" not in (left, right) and left != right:
            return False
    if len(one) == len(other):
        return True
    longer, length = (one, len(other)) if len(one) > len(other) else (other, len(one))
    return longer[length:] == ["#"]  # "a/#" matches "a" too


def _widened(one: list[str], other: list[str]) -> list[str]:
    """The narrowest filter that matches whatever either does."""
    made: list[str] = []
    for left, right in zip(one, other, strict=False):
        if "#" in (left, right):
            return [*made, "#"]
        made.append(left if left == right else "+")
    return made if len(one) == len(other) else [*made, "#"]


def disjoint(filters: Iterable[str]) -> list[str]:
    """Filters that together match all that ``filters`` do, and no topic twice; sorted."""
    made: list[list[str]] = []
    for one in sorted(set(filters)):
        widest = one.split("/")
        while (met := next((other for other in made if _meets(widest, other)), None)) is not None:
            made.remove(met)
            widest = _widened(widest, met)
        made.append(widest)
    return sorted("/".join(levels) for levels in made)
