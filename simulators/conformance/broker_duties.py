"""Checks of the broker itself: both qualities of service, wills, retained messages."""

from collections.abc import Iterator

from simulators.conformance.evidence import Evidence, Sent, Session
from simulators.conformance.looks import Look, Looks
from simulators.conformance.mqtt_packets import Kind, Other, Will
from simulators.conformance.street_under_test import WATCHER


def _watchers(seen: Evidence) -> list[Session]:
    return [one for one in seen.everyone if one.connect.client_id.endswith(WATCHER)]


def _heard(seen: Evidence) -> list[Sent]:
    return [one for session in _watchers(seen) for one in session.heard]


def carries_qos_0(seen: Evidence) -> Looks:
    """What is published at QoS 0 reaches a subscriber."""
    arrived = {(one.packet.topic, one.packet.payload) for one in _heard(seen)}
    whole = [one for one in _watchers(seen) if one.disconnect is not None]
    for session in seen.everyone:
        covered = any(
            one.connect_ns < session.connect_ns and one.broker == session.broker for one in whole
        )
        # what the proxy withheld on purpose is not the broker's: two messages of a whole drive
        for one in session.sent[:3] if covered else ():
            if one.packet.qos == 0:
                yield Look((one.packet.topic, one.packet.payload) in arrived, one.where)


def answers_qos_1(seen: Evidence) -> Looks:
    """What is published at QoS 1 is acknowledged."""
    for session in seen.everyone:
        answered = {
            entry.packet.packet_id
            for entry in session.entries
            if not entry.from_client
            and isinstance(entry.packet, Other)
            and entry.packet.kind is Kind.PUBACK
        }
        for one in session.sent:
            if one.packet.qos == 1:
                yield Look(one.packet.packet_id in answered, one.where)


def _silenced(seen: Evidence) -> Iterator[tuple[Session, Will]]:
    """Sessions that ended without a word, and their wills."""
    for session in seen.everyone:
        will = session.connect.will
        if will is not None and session.disconnect is None and session.ended_ns is not None:
            yield session, will


def speaks_wills(seen: Evidence) -> Looks:
    """The will of a session that ended without a word reaches a subscriber, at its QoS."""
    for session, will in _silenced(seen):
        found = [
            one
            for one in _heard(seen)
            if (one.packet.topic, one.packet.payload) == (will.topic, will.payload)
            and one.entry.wall_ns >= session.connect_ns
        ]
        yield Look(bool(found) and found[0].packet.qos == will.qos, session.where)


def keeps_retained(seen: Evidence) -> Looks:
    """Who subscribes later is told what was retained, marked as such."""
    late = [one for one in _watchers(seen) if one.connect.client_id != WATCHER]
    for session in late:
        kept = [one for one in session.heard if one.packet.retain]
        yield Look(any("/STATE/" in one.packet.topic for one in kept), session.where)
