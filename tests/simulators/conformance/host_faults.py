"""Faults planted into what our host said and did, and into the broker."""

from typing import Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.mqtt_packets import Kind, Publish, Will
from simulators.conformance.street_under_test import HOST_ID, ONE, TWO, WATCHER
from tests.simulators.conformance.spoiling import (
    Entries,
    Fault,
    body,
    connect,
    first,
    names_of,
    publish,
    says,
    set_to,
    subscribe,
    topic,
    where,
    will,
    with_words,
    without,
)

STATE: Final = f"spBv1.0/STATE/{HOST_ID}"
ELSEWHERE: Final = "spBv1.0/STATE/another"
FIRST: Final = b'{"online": true, "timestamp": 5}'
LAST: Final = b'{"online": false, "timestamp": 5}'
OPERATIONAL: Final = "operational-behavior-host-application"
BIRTH: Final = "host-topic-phid-birth"
DEATH: Final = "host-topic-phid-death"
NODE: Final = "operational-behavior-edge-node-termination-host-action-ndeath"
REORDER: Final = "operational-behavior-host-reordering"


def _no_metrics(payload: pb.Payload) -> None:
    del payload.metrics[:]


def _request(entries: Entries, client: str = HOST_ID) -> int:
    return where(entries, client, with_words("/NCMD/", b"Rebirth"))


def _spoil_request(old: bytes, new: bytes, part: str = "payload"):  # type: ignore[no-untyped-def]
    def apply(entries: Entries) -> Entries:
        at = _request(entries)
        packet = entries[at].packet
        assert isinstance(packet, Publish)
        if part == "topic":
            packet = Publish(
                packet.topic.replace(old.decode(), new.decode()), packet.payload, 0, False
            )
        else:
            packet = Publish(packet.topic, packet.payload.replace(old, new), 0, False)
        entries[at] = entries[at]._replace(packet=packet)
        return entries

    return apply


def _false(entries: Entries) -> Entries:
    at = _request(entries)
    packet = entries[at].packet
    assert isinstance(packet, Publish)
    payload = pb.Payload.FromString(packet.payload)
    payload.metrics[0].boolean_value = False
    changed = Publish(packet.topic, payload.SerializeToString(), 0, False)
    entries[at] = entries[at]._replace(packet=changed)
    return entries


def _no_contradiction(entries: Entries) -> Entries:
    """After the old word the host says nothing more."""
    at = where(entries, HOST_ID, with_words(STATE, b"1000"), sent=False)
    number = entries[at].connection
    return [
        one
        for place, one in enumerate(entries)
        if place < at
        or one.connection != number
        or not (one.from_client and isinstance(one.packet, Publish) and "STATE" in one.packet.topic)
    ]


def _wills_unspoken(entries: Entries) -> Entries:
    names = names_of(entries)
    return [
        one
        for one in entries
        if not (names.get(one.connection) == WATCHER and says("/NDEATH/")(one.packet))
    ]


def _nothing_kept(entries: Entries) -> Entries:
    names = names_of(entries)
    return [
        one
        for one in entries
        if not (
            names.get(one.connection) == f"late-{WATCHER}"
            and isinstance(one.packet, Publish)
            and one.packet.retain
        )
    ]


def _commit(**fields: object):  # type: ignore[no-untyped-def]
    return body(HOST_ID, f"/NCMD/{ONE}", first(**fields))


FAULTS: Final = [
    # commands
    Fault("NCMD elsewhere", ("topics-ncmd-topic",), topic(HOST_ID, "/NCMD/", "/NCMD/", "/NCMD/x/")),
    Fault(
        "NCMD at QoS 1",
        ("topics-ncmd-mqtt", "payloads-ncmd-qos"),
        publish(HOST_ID, "/NCMD/", qos=1),
    ),
    Fault(
        "NCMD retained",
        ("topics-ncmd-mqtt", "payloads-ncmd-retain"),
        publish(HOST_ID, "/NCMD/", retain=True),
    ),
    Fault(
        "NCMD of 1970",
        ("topics-ncmd-timestamp", "payloads-ncmd-timestamp"),
        body(HOST_ID, "/NCMD/", set_to(timestamp=1)),
    ),
    Fault("NCMD with seq", ("payloads-ncmd-seq",), body(HOST_ID, "/NCMD/", set_to(seq=1))),
    Fault("NCMD of nothing", ("topics-ncmd-payload",), body(HOST_ID, "/NCMD/", _no_metrics)),
    Fault(
        "a command by NDATA",
        ("operational-behavior-data-commands-ncmd-verb",),
        topic(HOST_ID, "/NCMD/", "NCMD", "NDATA"),
    ),
    Fault(
        "a command of what nobody announced",
        ("operational-behavior-data-commands-ncmd-metric-name",),
        _commit(alias=60_000),
    ),
    Fault(
        "a command of another type",
        ("operational-behavior-data-commands-ncmd-metric-value",),
        _commit(float_value=1.5),
    ),
    Fault(
        "a command by name",
        ("payloads-alias-data-cmd-requirement",),
        _commit(alias=None, name="Spool/Epoch"),
    ),
    Fault(
        "births asked for by NDATA",
        ("operational-behavior-data-commands-ncmd-rebirth-verb",),
        _spoil_request(b"NCMD", b"NDATA", "topic"),
    ),
    Fault(
        "births asked for by another name",
        ("operational-behavior-data-commands-ncmd-rebirth-name",),
        _spoil_request(b"Node Control", b"Edge Control"),
    ),
    Fault(
        "births asked for with false",
        ("operational-behavior-data-commands-ncmd-rebirth-value",),
        _false,
    ),
    # STATE
    Fault(
        "offline as the first word",
        (
            f"{BIRTH}-message",
            f"{BIRTH}-payload",
            f"{BIRTH}-required",
            "message-flow-phid-sparkplug-state-publish",
            "payloads-state-birth",
            "operational-behavior-primary-application-state-with-multiple-servers-state",
        ),
        publish(HOST_ID, STATE, payload=LAST),
    ),
    Fault(
        "online at QoS 0",
        (f"{BIRTH}-qos", f"{OPERATIONAL}-connect-birth-qos"),
        publish(HOST_ID, STATE, qos=0),
    ),
    Fault(
        "online not retained",
        (f"{BIRTH}-retain", f"{OPERATIONAL}-connect-birth-retained"),
        publish(HOST_ID, STATE, retain=False),
    ),
    Fault(
        "online elsewhere",
        (f"{BIRTH}-topic", f"{OPERATIONAL}-connect-birth-topic"),
        publish(HOST_ID, STATE, topic=ELSEWHERE),
    ),
    Fault(
        "online with another time",
        (
            f"{BIRTH}-payload-timestamp",
            "payloads-state-birth-payload",
            f"{OPERATIONAL}-multi-server-timestamp",
        ),
        publish(HOST_ID, STATE, payload=FIRST),
    ),
    Fault(
        "not subscribed to its STATE",
        (
            f"{BIRTH}-sub-required",
            "payloads-state-subscribe",
            "message-flow-phid-sparkplug-subscription",
        ),
        subscribe(HOST_ID, "STATE", None),
    ),
    Fault(
        "a host without a will",
        (f"{DEATH}-required", f"{OPERATIONAL}-connect-will"),
        connect(HOST_ID, will=None),
    ),
    Fault(
        "a host's will elsewhere",
        ("payloads-state-will-message", f"{OPERATIONAL}-connect-will-topic"),
        will(HOST_ID, topic=ELSEWHERE),
    ),
    Fault(
        "a host's will at QoS 0",
        ("payloads-state-will-message-qos", f"{OPERATIONAL}-connect-will-qos"),
        will(HOST_ID, qos=0),
    ),
    Fault(
        "a host's will not retained",
        ("payloads-state-will-message-retain", f"{OPERATIONAL}-connect-will-retained"),
        will(HOST_ID, retain=False),
    ),
    Fault(
        "a host's will that says online",
        (
            f"{DEATH}-payload",
            "payloads-state-will-message-payload",
            "components-ph-state",
            "conformance-primary-host",
            "intro-sparkplug-host-state",
        ),
        will(HOST_ID, payload=FIRST),
    ),
    Fault(
        "a host's will of another time",
        (f"{DEATH}-payload-timestamp-connect",),
        connect(HOST_ID, will=Will(STATE, LAST, 1, True)),
    ),
    Fault(
        "a last word at QoS 0",
        (f"{DEATH}-qos", f"{OPERATIONAL}-death-qos"),
        publish(HOST_ID, STATE, nth=-1, qos=0),
    ),
    Fault(
        "a last word not retained",
        (f"{DEATH}-retain", f"{OPERATIONAL}-death-retained"),
        publish(HOST_ID, STATE, nth=-1, retain=False),
    ),
    Fault(
        "a last word elsewhere",
        (f"{DEATH}-topic", f"{OPERATIONAL}-death-topic"),
        publish(HOST_ID, STATE, nth=-1, topic=ELSEWHERE),
    ),
    Fault(
        "a last word of another time",
        (f"{DEATH}-payload-timestamp-disconnect-clean", f"{OPERATIONAL}-death-payload"),
        publish(HOST_ID, STATE, nth=-1, payload=LAST),
    ),
    Fault(
        "a goodbye without a last word",
        (f"{OPERATIONAL}-termination",),
        without(HOST_ID, says("/STATE/"), nth=-1),
    ),
    Fault(
        "an old word left standing",
        ("message-flow-hid-sparkplug-state-message-delivered",),
        _no_contradiction,
    ),
    Fault(
        "a host's session that is kept",
        ("message-flow-phid-sparkplug-clean-session-311",),
        connect(HOST_ID, clean=False),
    ),
    Fault(
        "a host's MQTT 5 session that is kept",
        ("message-flow-phid-sparkplug-clean-session-50",),
        connect(HOST_ID, broker="B", session_expiry_s=60),
    ),
    # belief and patience
    Fault("a dead node believed", (f"{NODE}-node-offline",), fact="ndeath_node_offline"),
    Fault("a dead node's values believed", (f"{NODE}-node-tags-stale",), fact="ndeath_node_stale"),
    Fault(
        "a dead node's devices believed",
        (f"{NODE}-devices-offline",),
        fact="ndeath_devices_offline",
    ),
    Fault(
        "a dead node's devices' values believed",
        (f"{NODE}-devices-tags-stale",),
        fact="ndeath_devices_stale",
    ),
    Fault("a reorder time of its own", (f"{REORDER}-param",), fact="reorder_setting"),
    Fault("no patience", (f"{REORDER}-start",), fact="reorder_start"),
    Fault("births never asked for", (f"{REORDER}-rebirth",), fact="reorder_rebirth"),
    Fault("births asked for in vain", (f"{REORDER}-success",), fact="reorder_success"),
    # the broker
    Fault(
        "a broker that loses QoS 0",
        ("conformance-mqtt-qos0",),
        without(WATCHER, says(f"/NBIRTH/{TWO}"), sent=False),
    ),
    Fault(
        "a broker that does not acknowledge",
        ("conformance-mqtt-qos1",),
        without(HOST_ID, lambda packet: packet.kind is Kind.PUBACK, sent=False),
    ),
    Fault("a broker without wills", ("conformance-mqtt-will-messages",), _wills_unspoken),
    Fault("a broker that keeps nothing", ("conformance-mqtt-retained",), _nothing_kept),
]
