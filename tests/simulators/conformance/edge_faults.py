"""Faults planted into what our gateways said: each must turn its assertions to fail."""

from typing import Final

import msgspec

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.mqtt_packets import Kind, Publish
from simulators.conformance.street_under_test import HOST_ID, ONE, THREE, TWO
from tests.simulators.conformance.spoiling import (
    Entries,
    Fault,
    again,
    appended,
    body,
    connect,
    first,
    moved,
    named,
    other,
    says,
    set_to,
    subscribe,
    too_wide,
    topic,
    where,
    will,
    with_words,
    without,
    wrap,
)
from vocabulary.delivery import REBIRTH

OFFLINE: Final = b'{"online": false, "timestamp": 9000000000000}'
OF_TOMORROW: Final = b'{"online": true, "timestamp": 9000000000000}'
GARBAGE: Final = b"\xff\xff"


def _same_alias(payload: pb.Payload) -> None:
    payload.metrics[-1].alias = payload.metrics[-2].alias


def _upper(payload: pb.Payload) -> None:
    last = payload.metrics[-1]
    payload.metrics.add().CopyFrom(last)
    payload.metrics[-1].name = last.name.upper()


def _extra(payload: pb.Payload) -> None:
    payload.metrics.add(name="reason", string_value="tired")


def _unnamed(payload: pb.Payload) -> None:
    for metric in payload.metrics:
        metric.ClearField("name")


def _renamed(payload: pb.Payload) -> None:
    for metric in payload.metrics:
        if metric.name == REBIRTH:
            metric.name = "Rebirth"


def _walks_nowhere(entries: Entries) -> Entries:
    """The waiting gateway comes back to the broker it had left."""
    number = entries[where(entries, TWO, says("/NBIRTH/"), broker="B")].connection
    return [one._replace(broker="A") if one.connection == number else one for one in entries]


def _two_at_a_time(entries: Entries) -> Entries:
    """The second session begins before the first is over."""
    numbers = {one.connection for one in entries}
    first_at = where(entries, TWO, says("/NBIRTH/"), broker="A")
    second = entries[where(entries, TWO, says("/NBIRTH/"), broker="B")].connection
    assert second in numbers
    early_ns = entries[first_at].wall_ns
    return [one._replace(wall_ns=early_ns) if one.connection == second else one for one in entries]


def _word(entries: Entries, payload: bytes, *, before: bool) -> Entries:
    """The first word that the waiting gateway hears of its host is another, or has one before."""
    at = where(entries, TWO, with_words(f"/STATE/{HOST_ID}", b"true"), sent=False)
    entry = entries[at]
    assert isinstance(entry.packet, Publish)
    other_word = entry._replace(packet=msgspec.structs.replace(entry.packet, payload=payload))
    entries[at : at + (not before)] = [other_word]
    return entries


FAULTS: Final = [
    # topics
    Fault("a verb nobody knows", ("topic-structure",), topic(ONE, "/NDATA/", "NDATA", "NOISE")),
    Fault(
        "another namespace",
        ("topic-structure-namespace-a", "topic-structure"),
        topic(ONE, "/NDATA/", "spBv1.0", "spAv1.0"),
    ),
    Fault(
        "a wildcard in the group",
        ("intro-group-id-chars",),
        topic(ONE, "/NDATA/", "north", "no+th"),
    ),
    Fault(
        "a wildcard in the node",
        ("intro-edge-node-id-chars",),
        topic(ONE, "/NDATA/", ONE, "gw#one"),
    ),
    Fault(
        "a wildcard in the device",
        ("intro-device-id-chars",),
        topic(ONE, "/DDATA/", f"{ONE}-ap", "a+p"),
    ),
    Fault(
        "a device message without device",
        ("topic-structure-namespace-device-id-associated-message-types",),
        topic(ONE, "/DDATA/", f"/{ONE}-ap", ""),
    ),
    Fault(
        "a node message with a device",
        ("topic-structure-namespace-device-id-non-associated-message-types",),
        topic(ONE, "/NDATA/", ONE, f"{ONE}/{ONE}-ap"),
    ),
    Fault(
        "a device born twice",
        ("topic-structure-namespace-unique-device-id",),
        again(ONE, "/DBIRTH/"),
    ),
    Fault(
        "ids in capitals",
        ("case-sensitivity-sparkplug-ids",),
        topic(ONE, "/DDATA/", f"{ONE}-ap", f"{ONE}-AP"),
    ),
    Fault("names in capitals", ("case-sensitivity-metric-names",), body(ONE, "/NBIRTH/", _upper)),
    Fault(
        "a device of another group",
        ("message-flow-device-birth-publish-dbirth-match-edge-node-topic",),
        topic(ONE, "/DBIRTH/", "north", "south"),
    ),
    # numbers of messages and sessions
    Fault("NBIRTH with seq 1", ("topics-nbirth-seq-num",), body(ONE, "/NBIRTH/", set_to(seq=1))),
    Fault(
        "NBIRTH without bdSeq",
        ("topics-nbirth-bdseq-included", "payloads-nbirth-bdseq"),
        body(ONE, "/NBIRTH/", named("bdSeq", set_to(name="dbSeq"))),
    ),
    Fault(
        "a wrong bdSeq in NBIRTH",
        ("topics-nbirth-bdseq-matching", "payloads-nbirth-bdseq-repeat"),
        body(ONE, "/NBIRTH/", named("bdSeq", set_to(long_value=99))),
    ),
    Fault(
        "bdSeq of another type",
        ("message-flow-edge-node-birth-publish-nbirth-payload-bdSeq",),
        body(ONE, "/NBIRTH/", named("bdSeq", set_to(datatype=8))),
    ),
    Fault(
        "a bdSeq left out",
        (
            "topics-nbirth-bdseq-increment",
            "payloads-ndeath-bdseq",
            "message-flow-edge-node-birth-publish-will-message-payload-bdSeq",
        ),
        will(ONE, nth=1, alter=named("bdSeq", set_to(long_value=9))),
    ),
    Fault(
        "a rebirth with a new bdSeq",
        ("operational-behavior-data-commands-rebirth-action-3",),
        body(ONE, "/NBIRTH/", named("bdSeq", set_to(long_value=99)), nth=1),
    ),
    # Node Control/Rebirth
    Fault(
        "Rebirth called otherwise",
        ("operational-behavior-data-commands-rebirth-name",),
        body(ONE, "/NBIRTH/", _renamed),
    ),
    Fault(
        "Rebirth with an alias",
        ("operational-behavior-data-commands-rebirth-name-aliases",),
        body(ONE, "/NBIRTH/", named(REBIRTH, set_to(alias=900))),
    ),
    Fault(
        "Rebirth as a number",
        ("operational-behavior-data-commands-rebirth-datatype",),
        body(ONE, "/NBIRTH/", named(REBIRTH, set_to(datatype=3))),
    ),
    Fault(
        "Rebirth that is true",
        (
            "operational-behavior-data-commands-rebirth-value",
            "topics-nbirth-rebirth-metric",
            "payloads-nbirth-rebirth-req",
        ),
        body(ONE, "/NBIRTH/", named(REBIRTH, set_to(boolean_value=True))),
    ),
    # order
    Fault(
        "a device born before its node",
        ("message-flow-device-birth-publish-nbirth-wait",),
        moved(ONE, "/DBIRTH/", "/NBIRTH/"),
    ),
    Fault(
        "data before anything",
        ("principles-birth-certificates-order",),
        moved(ONE, "/NDATA/", "/NBIRTH/"),
    ),
    Fault(
        "a session refused",
        ("message-flow-edge-node-birth-publish-connect",),
        other(ONE, Kind.CONNACK, 5, sent=False),
    ),
    Fault(
        "no births when asked for",
        ("operational-behavior-data-commands-rebirth-action-1",),
        without(ONE, says("/NBIRTH/"), nth=1),
    ),
    Fault(
        "a device left out when asked for births",
        ("operational-behavior-data-commands-rebirth-action-2",),
        without(ONE, says("/DBIRTH/"), nth=2),
    ),
    # metrics
    Fault(
        "neither name nor alias",
        ("payloads-name-requirement",),
        body(ONE, "/DDATA/", first(alias=None)),
    ),
    Fault(
        "an alias given twice", ("payloads-alias-uniqueness",), body(ONE, "/NBIRTH/", _same_alias)
    ),
    Fault(
        "a birth without names",
        ("payloads-alias-birth-requirement",),
        body(ONE, "/DBIRTH/", _unnamed),
    ),
    Fault(
        "a name beside the alias",
        ("payloads-alias-data-cmd-requirement",),
        body(ONE, "/DDATA/", first(name="wifi/ok")),
    ),
    Fault(
        "a metric without time",
        ("payloads-name-birth-data-requirement",),
        body(ONE, "/DDATA/", first(timestamp=None)),
    ),
    Fault(
        "a metric of 1970",
        ("payloads-metric-timestamp-in-UTC",),
        body(ONE, "/DDATA/", first(timestamp=1)),
    ),
    Fault(
        "a datatype too wide",
        ("payloads-metric-datatype-value-type",),
        appended(ONE, "/NBIRTH/", wrap(2, too_wide(4))),
    ),
    Fault(
        "a datatype nobody knows",
        ("payloads-metric-datatype-value",),
        body(ONE, "/NBIRTH/", first(datatype=99)),
    ),
    Fault(
        "a datatype in data",
        ("payloads-metric-datatype-not-req",),
        body(ONE, "/DDATA/", first(datatype=4)),
    ),
    # will and end
    Fault(
        "no will", ("message-flow-edge-node-birth-publish-will-message",), connect(ONE, will=None)
    ),
    Fault(
        "a will somewhere else",
        (
            "payloads-ndeath-will-message",
            "topics-ndeath-topic",
            "message-flow-edge-node-birth-publish-will-message-topic",
        ),
        will(ONE, topic=f"spBv1.0/north/NDATA/{ONE}"),
    ),
    Fault(
        "a will that is no payload",
        ("message-flow-edge-node-birth-publish-will-message-payload",),
        will(ONE, payload=GARBAGE),
    ),
    Fault(
        "a will at QoS 0",
        (
            "payloads-ndeath-will-message-qos",
            "message-flow-edge-node-birth-publish-will-message-qos",
        ),
        will(ONE, qos=0),
    ),
    Fault(
        "a retained will",
        (
            "payloads-ndeath-will-message-retain",
            "message-flow-edge-node-birth-publish-will-message-will-retained",
        ),
        will(ONE, retain=True),
    ),
    Fault("a death that says more", ("topics-ndeath-payload",), body(ONE, "/NDEATH/", _extra)),
    Fault(
        "a death with seq",
        ("topics-ndeath-seq", "payloads-ndeath-seq"),
        body(ONE, "/NDEATH/", set_to(seq=3)),
    ),
    Fault(
        "a goodbye without a death",
        (
            "payloads-ndeath-will-message-publisher",
            "payloads-ndeath-will-message-publisher-disconnect-mqtt311",
            "operational-behavior-edge-node-intentional-disconnect-ndeath",
        ),
        without(ONE, says("/NDEATH/")),
    ),
    Fault(
        "an MQTT 5 goodbye without reason",
        ("payloads-ndeath-will-message-publisher-disconnect-mqtt50",),
        other(THREE, Kind.DISCONNECT, 0, sent=True),
    ),
    Fault(
        "a session that is kept",
        ("principles-persistence-clean-session-311",),
        connect(ONE, clean=False),
    ),
    Fault(
        "an MQTT 5 session that is kept",
        ("principles-persistence-clean-session-50",),
        connect(THREE, session_expiry_s=60),
    ),
    Fault(
        "commands at QoS 0", ("message-flow-edge-node-ncmd-subscribe",), subscribe(ONE, "/NCMD/", 0)
    ),
    # the primary host
    Fault(
        "births although nobody was there",
        (
            "message-flow-edge-node-birth-publish-phid-wait",
            "operational-behavior-edge-node-birth-sequence-wait",
        ),
        fact="births_wait",
    ),
    Fault(
        "births without a word of the host",
        ("message-flow-edge-node-birth-publish-phid-wait-id",),
        without(TWO, says("/STATE/"), sent=False),
    ),
    Fault(
        "births at an offline word",
        ("message-flow-edge-node-birth-publish-phid-wait-online",),
        lambda entries: _word(entries, OFFLINE, before=False),
    ),
    Fault(
        "births at an old word",
        ("message-flow-edge-node-birth-publish-phid-wait-timestamp",),
        lambda entries: _word(entries, OF_TOMORROW, before=True),
    ),
    Fault(
        "deaf to its host",
        ("operational-behavior-primary-application-state-with-multiple-servers-state-subs",),
        subscribe(TWO, "/STATE/", None),
    ),
    Fault(
        "staying when the host has gone",
        (
            "message-flow-edge-node-birth-publish-phid-offline",
            "operational-behavior-edge-node-termination-host-offline",
        ),
        without(TWO, says("/NDEATH/")),
    ),
    Fault(
        "leaving at an old word",
        ("operational-behavior-edge-node-termination-host-offline-timestamp",),
        fact="old_offline_ignored",
    ),
    Fault(
        "back to the same broker",
        (
            "operational-behavior-edge-node-termination-host-offline-reconnect",
            "operational-behavior-primary-application-state-with-multiple-servers-walk",
        ),
        _walks_nowhere,
    ),
    Fault(
        "at two brokers at once",
        ("operational-behavior-primary-application-state-with-multiple-servers-single-server",),
        _two_at_a_time,
    ),
]
