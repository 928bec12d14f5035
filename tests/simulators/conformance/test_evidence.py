"""Evidence: sessions, who is who, and what cannot be read."""

import pytest

from simulators.conformance.evidence import Evidence, Role, StateWords, read, state
from simulators.conformance.mqtt_packets import Kind, Other, Publish
from simulators.conformance.packet_log import Entry
from simulators.conformance.street_under_test import HOST_ID, ONE, WATCHER
from tests.simulators.conformance.hand_made import evidence, goodbye, numbered, said
from vocabulary.topics import Verb

BIRTH, DATA = said("NBIRTH", numbered(0)), said("NDATA", numbered(1))


def test_sessions_are_told_apart_by_role() -> None:
    seen = evidence((ONE, [BIRTH]), (HOST_ID, []), (WATCHER, [("heard", BIRTH)]))
    assert [seen.role(one) for one in seen.sessions] == [Role.EDGE, Role.HOST, Role.BYSTANDER]
    edge = seen.by(Role.EDGE)
    assert [one.connect.client_id for one in edge.sessions] == [ONE]
    assert len(edge.everyone) == 3
    assert [one.verb for one in edge.sent(Verb.NBIRTH)] == [Verb.NBIRTH]
    assert seen.by(Role.BYSTANDER).sessions[0].heard[0].packet == BIRTH


def test_births_group_what_follows_them() -> None:
    seen = evidence((ONE, [DATA, BIRTH, DATA, DATA, BIRTH, DATA]))
    assert [len(group) for group in seen.births()] == [3, 2]
    assert [len(life) for life in evidence((ONE, []), (ONE, [])).lives()] == [2]


def test_a_session_knows_its_goodbye() -> None:
    (session,) = evidence((ONE, [BIRTH, goodbye()])).sessions
    assert session.disconnect == Other(Kind.DISCONNECT)
    assert session.first(Kind.CONNACK, from_client=False) is None
    assert evidence((ONE, [BIRTH])).sessions[0].disconnect is None


def test_a_line_that_never_connected_is_nobodys() -> None:
    stray = Entry(1, 9, "A", True, Other(Kind.PINGREQ))
    assert Evidence.of_log([stray], {}, (), {}).sessions == []


def test_what_cannot_be_read_is_none() -> None:
    assert read(b"\xff\xff") is None
    assert Publish("t", b"", 0, False).payload == b""
    (session,) = evidence((ONE, [Publish("spBv1.0/north/NDATA/x", b"\xff", 0, False)])).sessions
    assert session.sent[0].metrics == []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"online": true, "timestamp": 5}', StateWords(True, 5)),
        (b'{"online": "true", "timestamp": 5}', None),
        (b'{"online": true, "timestamp": 5.5}', None),
        (b'{"online": true}', None),
        (b"online", None),
    ],
)
def test_a_hosts_words_are_read_strictly(raw: bytes, expected: StateWords | None) -> None:
    assert state(raw) == expected
