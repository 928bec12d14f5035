"""Checks of a node with a primary host: it waits, it leaves, it walks from broker to broker."""

from collections.abc import Iterator
from itertools import pairwise

from simulators.conformance.evidence import Evidence, Sent, Session, StateWords, state
from simulators.conformance.looks import Look, Looks
from simulators.conformance.street_under_test import HOST_ID, TWO
from vocabulary import topics
from vocabulary.topics import StateTopic, Verb
from vocabulary.units import NS_PER_S

LEAVES_NS = 5 * NS_PER_S
_STATE = topics.render(StateTopic(HOST_ID))


def _gated(seen: Evidence) -> list[Session]:
    return [one for one in seen.sessions if one.connect.client_id == TWO]


def _words(one: Sent) -> StateWords | None:
    return state(one.packet.payload)


def _heard(session: Session) -> list[tuple[Sent, StateWords]]:
    """What a session heard of hosts, in its order."""
    return [
        (one, words)
        for one in session.heard
        if isinstance(one.meaning, StateTopic) and (words := _words(one)) is not None
    ]


def _valid(session: Session) -> Iterator[tuple[Sent, StateWords, bool]]:
    """Each word of its own host, and whether it was not older than the last such."""
    newest = -1
    for one, words in _heard(session):
        if one.packet.topic == _STATE:
            fresh = words.timestamp >= newest
            newest = max(newest, words.timestamp)
            yield one, words, fresh


def waits(seen: Evidence, part: str) -> Looks:
    """Births come after a word that its own host is online, newer than any before."""
    for session in _gated(seen):
        births = session.of(Verb.NBIRTH)
        if not births:
            continue
        before = [
            (one, words, fresh)
            for one, words, fresh in _valid(session)
            if one.entry.wall_ns <= births[0].entry.wall_ns
        ]
        last = before[-1] if before else None
        good = {
            "host": last is not None,
            "online": last is not None and last[1].online,
            "time": last is not None and last[2],
        }
        yield Look(good[part], session.where)


def waits_in_silence(seen: Evidence) -> Looks:
    """What the case saw: nothing was published while only other hosts were online."""
    yield from _facts(seen, "births_wait")
    yield from waits(seen, "online")


def _facts(seen: Evidence, name: str) -> Looks:
    for fact in seen.facts:
        if fact.name == name:
            yield Look(fact.good, fact.detail)


def subscribes_to_the_host(seen: Evidence) -> Looks:
    """It listens to its host on each broker, and the host speaks on each."""
    for session in _gated(seen):
        yield Look((_STATE, 1) in session.filters, session.where)


def _offline(seen: Evidence) -> Iterator[tuple[Session, Sent, bool]]:
    """Each offline word that a born session heard, and whether it was valid."""
    for session in _gated(seen):
        births = session.of(Verb.NBIRTH)
        for one, words, fresh in _valid(session):
            if births and not words.online and one.entry.wall_ns > births[0].entry.wall_ns:
                yield session, one, fresh


def leaves(seen: Evidence) -> Looks:
    """A valid offline word ends the session: NDEATH, then DISCONNECT."""
    for session, one, fresh in _offline(seen):
        if fresh:
            deaths = [
                death
                for death in session.of(Verb.NDEATH)
                if 0 <= death.entry.wall_ns - one.entry.wall_ns <= LEAVES_NS
            ]
            yield Look(bool(deaths) and session.disconnect is not None, session.where)


def stays(seen: Evidence) -> Looks:
    """An offline word older than the last online one changes nothing."""
    for session, one, fresh in _offline(seen):
        if not fresh:
            later = [
                said
                for said in session.sent
                if said.entry.wall_ns > one.entry.wall_ns and said.verb is Verb.NDATA
            ]
            yield Look(bool(later), session.where)
    yield from _facts(seen, "old_offline_ignored")


def walks(seen: Evidence) -> Looks:
    """After it left, the next session is a fresh one at the next broker of its list."""
    gated = _gated(seen)
    for before, after in pairwise(gated):
        if any(fresh for session, _one, fresh in _offline(seen) if session is before):
            yield Look(after.broker != before.broker and after.connect.clean, after.where)


def one_broker_at_a_time(seen: Evidence) -> Looks:
    """No session begins before the one before it is over."""
    for life in seen.lives():
        for before, after in pairwise(life):
            over_ns = before.entries[-1].wall_ns if before.disconnect else before.ended_ns
            yield Look(over_ns is not None and over_ns <= after.connect_ns, after.where)
