"""Checks of what a PUBLISH carries outside its payload, and of the time its payload was sent."""

from typing import Final

from simulators.conformance.evidence import Evidence, Sent
from simulators.conformance.looks import Looks, each
from vocabulary.topics import Verb
from vocabulary.units import NS_PER_MS, NS_PER_S

FRESH_NS: Final = 30 * NS_PER_S
AHEAD_NS: Final = NS_PER_S
EARLIEST_MS: Final = 1_577_836_800_000
"""2020: a time before it was never asked of a clock."""


def _verbs(names: tuple[str, ...]) -> list[Verb]:
    return [Verb[name] for name in names]


def qos_0(seen: Evidence, *verbs: str) -> Looks:
    """At QoS 0."""
    yield from each(seen.sent(*_verbs(verbs)), lambda one: one.packet.qos == 0)


def not_retained(seen: Evidence, *verbs: str) -> Looks:
    """Not retained."""
    yield from each(seen.sent(*_verbs(verbs)), lambda one: not one.packet.retain)


def qos_0_not_retained(seen: Evidence, *verbs: str) -> Looks:
    """Both."""
    for one in (qos_0, not_retained):
        yield from one(seen, *verbs)


def _is_send_time(one: Sent) -> bool:
    payload = one.payload
    if payload is None or not payload.HasField("timestamp"):
        return False
    return -AHEAD_NS <= one.entry.wall_ns - payload.timestamp * NS_PER_MS <= FRESH_NS


def sent_now(seen: Evidence, *verbs: str) -> Looks:
    """The payload's timestamp is there, in UTC milliseconds, and is when it passed by."""
    yield from each(seen.sent(*_verbs(verbs)), _is_send_time)


def is_payload(seen: Evidence, *verbs: str) -> Looks:
    """The body is a Sparkplug payload and holds something."""

    def good(one: Sent) -> bool:
        payload = one.payload
        return payload is not None and payload.HasField("timestamp")

    yield from each(seen.sent(*_verbs(verbs)), good)
