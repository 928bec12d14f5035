"""No address of a client gets anywhere, even if a gateway sent it."""

import json

from ingest.intake import Message
from simulators.access_point import SimulatedAccessPoint
from tests.ingest.node_messages import (
    START_NS,
    Node,
    at_ms,
    at_ns,
    born,
    take,
)
from vocabulary import topics
from vocabulary.payload import Datatype, Metric, Payload, encode
from vocabulary.topics import Topic, Verb


def test_no_address_of_a_client_gets_through_even_if_a_gateway_sent_it() -> None:
    ap = SimulatedAccessPoint("ap-1", seed=7, beat_s=10, start_ns=START_NS)
    ap._clients = ap._target = 9
    status = ap.advance(ap.next_ns)
    assert status is not None
    addresses = [one["mac"] for one in json.loads(status)["stations"]]
    assert len(addresses) >= 8
    node = Node()
    intake = born(node)
    names = [f"stations/{address}" for address in addresses]
    metrics = [Metric(name, None, at_ms(1), Datatype.STRING, name) for name in names]
    metrics.append(Metric("wifi/clients", None, at_ms(1), Datatype.STRING, addresses[0]))
    body = encode(Payload(tuple(metrics), at_ms(1), 4), announce=True)
    topic = topics.render(Topic("district-1", Verb.DDATA, "gw-1", addresses[1]))
    take(intake, [node.message(Verb.DDATA, body, 1.0, "ap-1"), Message(topic, body, at_ns(1))])
    take(intake, [node.message(Verb.DDATA, status, 1.0, "ap-1")])
    shown = [intake.lines, intake.quarantine, intake.all_counts(), intake.completeness_rows()]
    assert not [one for one in addresses if one in repr(shown)]
    assert intake.lines == []
    assert len(intake.quarantine) == len(addresses) + 3
