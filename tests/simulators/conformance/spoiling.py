"""A recording with one thing wrong in it: how a planted fault is written down."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from simulators.conformance import street_under_test as street
from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.evidence import Evidence, Fact
from simulators.conformance.mqtt_packets import Connect, Other, Packet, Publish, Subscribe
from simulators.conformance.packet_log import Entry
from simulators.conformance.stage import Recording

Entries = list[Entry]
Change = Callable[[Entries], Entries]
Body = Callable[[pb.Payload], object]


class Fault(NamedTuple):
    """What is wrong, and the assertions that must then fail."""

    name: str
    ids: tuple[str, ...]
    change: Change = lambda entries: entries
    fact: str = ""


def spoiled(recording: Recording, fault: Fault) -> Evidence:
    """The evidence with the fault in it."""
    entries = fault.change(list(recording.log.entries))
    facts = [
        Fact(one.name, False, one.detail) if one.name == fault.fact else one
        for one in recording.facts
    ]
    return Evidence.of_log(entries, recording.log.ended, facts, street.ROLES)


def names_of(entries: Iterable[Entry]) -> dict[int, str]:
    """Connection -> client id."""
    return {
        one.connection: one.packet.client_id for one in entries if isinstance(one.packet, Connect)
    }


def where(
    entries: Entries,
    client: str,
    wanted: Callable[[Packet], bool],
    *,
    sent: bool = True,
    nth: int = 0,
    broker: str = "",
) -> int:
    """The place of a client's ``nth`` packet of a kind, counted from the end when negative."""
    names = names_of(entries)
    found = [
        at
        for at, one in enumerate(entries)
        if one.from_client is sent
        and names.get(one.connection) == client
        and broker in ("", one.broker)
        and wanted(one.packet)
    ]
    return found[nth]


def says(part: str) -> Callable[[Packet], bool]:
    """A PUBLISH whose topic has a part."""
    return lambda packet: isinstance(packet, Publish) and part in packet.topic


def with_words(part: str, words: bytes) -> Callable[[Packet], bool]:
    """One whose payload has words too."""
    return lambda packet: (
        isinstance(packet, Publish) and part in packet.topic and words in packet.payload
    )


def edit(
    client: str,
    wanted: Callable[[Packet], bool],
    change: Callable[[Packet], Packet],
    *,
    sent: bool = True,
    nth: int = 0,
    broker: str = "",
) -> Change:
    """One packet is another."""

    def apply(entries: Entries) -> Entries:
        at = where(entries, client, wanted, sent=sent, nth=nth, broker=broker)
        entries[at] = entries[at]._replace(packet=change(entries[at].packet))
        return entries

    return apply


def publish(client: str, part: str, *, nth: int = 0, broker: str = "", **fields: object) -> Change:
    """Fields of a PUBLISH are others."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Publish)
        return msgspec.structs.replace(packet, **fields)

    return edit(client, says(part), change, nth=nth, broker=broker)


def topic(client: str, part: str, old: str, new: str, *, nth: int = 0) -> Change:
    """A part of a topic is another."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Publish)
        return msgspec.structs.replace(packet, topic=packet.topic.replace(old, new))

    return edit(client, says(part), change, nth=nth)


def body(client: str, part: str, alter: Body, *, nth: int = 0) -> Change:
    """The payload says something else."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Publish)
        payload = pb.Payload.FromString(packet.payload)
        alter(payload)
        return msgspec.structs.replace(packet, payload=payload.SerializeToString())

    return edit(client, says(part), change, nth=nth)


def appended(client: str, part: str, raw: bytes) -> Change:
    """The payload has more bytes at its end."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Publish)
        return msgspec.structs.replace(packet, payload=packet.payload + raw)

    return edit(client, says(part), change)


def wrap(field: int, raw: bytes) -> bytes:
    """A message within a message, as protobuf writes it; short ones only."""
    assert len(raw) < 0x80
    return bytes([field << 3 | 2, len(raw)]) + raw


def too_wide(field: int) -> bytes:
    """A number of 34 bits in a field of 32."""
    return bytes([field << 3, 0x83, 0x80, 0x80, 0x80, 0x20])


def connect(client: str, *, nth: int = 0, broker: str = "", **fields: object) -> Change:
    """Fields of a CONNECT are others."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Connect)
        return msgspec.structs.replace(packet, **fields)

    return edit(client, lambda packet: isinstance(packet, Connect), change, nth=nth, broker=broker)


def will(client: str, *, nth: int = 0, alter: Body | None = None, **fields: object) -> Change:
    """Fields of a will are others, or what it says."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Connect)
        assert packet.will is not None
        last = msgspec.structs.replace(packet.will, **fields)
        if alter is not None:
            payload = pb.Payload.FromString(last.payload)
            alter(payload)
            last = msgspec.structs.replace(last, payload=payload.SerializeToString())
        return msgspec.structs.replace(packet, will=last)

    return edit(client, lambda packet: isinstance(packet, Connect), change, nth=nth)


def subscribe(client: str, part: str, qos: int | None, *, nth: int = 0) -> Change:
    """A filter is asked for at another QoS, or not at all."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Subscribe)
        filters = tuple(
            (one, qos if part in one and qos is not None else old)
            for one, old in packet.filters
            if qos is not None or part not in one
        )
        return msgspec.structs.replace(packet, filters=filters)

    return edit(client, lambda packet: isinstance(packet, Subscribe), change, nth=nth)


def other(client: str, kind: int, code: int, *, sent: bool, nth: int = 0) -> Change:
    """A CONNACK or a DISCONNECT has another code."""

    def change(packet: Packet) -> Packet:
        assert isinstance(packet, Other)
        return msgspec.structs.replace(packet, code=code)

    return edit(client, lambda packet: packet.kind == kind, change, sent=sent, nth=nth)


def without(
    client: str,
    wanted: Callable[[Packet], bool],
    *,
    sent: bool = True,
    nth: int | None = None,
) -> Change:
    """Such packets never passed by; with ``nth`` only one of them."""

    def apply(entries: Entries) -> Entries:
        if nth is not None:
            del entries[where(entries, client, wanted, sent=sent, nth=nth)]
            return entries
        names = names_of(entries)
        return [
            one
            for one in entries
            if not (
                one.from_client is sent
                and names.get(one.connection) == client
                and wanted(one.packet)
            )
        ]

    return apply


def moved(client: str, part: str, before: str, *, nth: int = 0, to: int = 0) -> Change:
    """A message passes by right before another, at that one's time."""

    def apply(entries: Entries) -> Entries:
        entry = entries.pop(where(entries, client, says(part), nth=nth))
        at = where(entries, client, says(before), nth=to)
        entries.insert(at, entry._replace(wall_ns=entries[at].wall_ns))
        return entries

    return apply


def again(client: str, part: str, *, nth: int = 0, after: str = "", to: int = 0) -> Change:
    """A message passes by a second time, right after itself or after another."""

    def apply(entries: Entries) -> Entries:
        entry = entries[where(entries, client, says(part), nth=nth)]
        at = where(entries, client, says(after or part), nth=to if after else nth)
        entries.insert(at + 1, entry._replace(wall_ns=entries[at].wall_ns))
        return entries

    return apply


def named(name: str, alter: Body) -> Body:
    """Change the metric of a name."""

    def change(payload: pb.Payload) -> None:
        for metric in payload.metrics:
            if metric.name == name:
                alter(metric)  # type: ignore[arg-type]

    return change


def first(**fields: object) -> Body:
    """The first metric's fields are others; None takes one out."""

    def change(payload: pb.Payload) -> None:
        for field, value in fields.items():
            if value is None:
                payload.metrics[0].ClearField(field)
            else:
                setattr(payload.metrics[0], field, value)

    return change


def set_to(**fields: object) -> Body:
    """Fields of the payload, or of whatever is handed in, are others."""

    def change(payload: pb.Payload) -> None:
        for field, value in fields.items():
            if value is None:
                payload.ClearField(field)
            else:
                setattr(payload, field, value)

    return change
