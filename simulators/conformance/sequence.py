"""Checks of ``seq``: there, within bounds, one after the other, round at 255, absent in deaths."""

from collections.abc import Iterator
from itertools import pairwise

from simulators.conformance.evidence import SEQUENCED, Evidence, Sent
from simulators.conformance.looks import Look, Looks, each
from vocabulary.delivery import SEQ_MODULUS
from vocabulary.topics import Verb


def _seq(one: Sent) -> int | None:
    payload = one.payload
    return payload.seq if payload is not None and payload.HasField("seq") else None


def present(seen: Evidence, *verbs: str) -> Looks:
    """Messages of these kinds carry seq, within 0 and 255."""

    def good(one: Sent) -> bool:
        seq = _seq(one)
        return seq is not None and seq < SEQ_MODULUS

    yield from each(seen.sent(*(Verb[name] for name in verbs)), good)


def absent(seen: Evidence, *verbs: str) -> Looks:
    """Messages of these kinds, and wills, carry none."""
    yield from each(seen.sent(*(Verb[name] for name in verbs)), lambda one: _seq(one) is None)


def zero(seen: Evidence) -> Looks:
    """NBIRTH begins with 0."""
    yield from each(seen.sent(Verb.NBIRTH), lambda one: _seq(one) == 0)


def _pairs(seen: Evidence) -> Iterator[tuple[Sent, Sent]]:
    """Each sequenced message after an NBIRTH, with the one before it."""
    for group in seen.births():
        numbered = [one for one in group if one.verb in SEQUENCED]
        yield from pairwise(numbered)


def follows(seen: Evidence, *verbs: str) -> Looks:
    """One more than the node's message before, 0 after 255."""
    for before, one in _pairs(seen):
        if one.verb is not None and one.verb.name in verbs:
            last = _seq(before)
            yield Look(last is not None and _seq(one) == (last + 1) % SEQ_MODULUS, one.where)


def follows_and_wraps(seen: Evidence) -> Looks:
    """The same of all kinds; without a turn from 255 to 0 nothing was shown."""
    looks = list(follows(seen, *(verb.name for verb in SEQUENCED)))
    if any(_seq(before) == SEQ_MODULUS - 1 for before, _one in _pairs(seen)):
        yield from looks
