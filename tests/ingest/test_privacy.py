"""No address of a client gets anywhere, even if a gateway sent it."""

import json
import re
from pathlib import Path

from ingest.intake import Message
from ingest.line_file import LineFile
from processing.settings import Settings
from simulators.access_point import SimulatedAccessPoint
from simulators.broker import Message as Sent
from simulators.neighbourhood import build
from simulators.world import World
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


PLANTED = re.compile(rb"02:00:5e|02-00-5e|02005e|\x02\x00\x5e.\x00", re.IGNORECASE | re.DOTALL)
"""How the simulated clients' addresses begin: as text, without colons, and as they are."""


def test_of_a_whole_neighbourhood_no_address_leaves_its_gateway(tmp_path: Path) -> None:
    sink = LineFile(tmp_path / "points.lp")
    world = World(
        build(3, 300.0),
        seed=3,
        settings=Settings(),
        sink=sink,
        ledger_path=tmp_path / "ledger.sqlite",
    )
    heard: list[Sent] = []
    world.broker.connect("ear", heard.append).subscribe("#")
    try:
        world.run(60.0, lambda _share: None)
        planted = sum(
            status.clients for ap in world.street.access_points.values() for status in ap.sent
        )
        labels = repr(world.host.pipeline.intake.all_counts())
    finally:
        world.close()
        sink.close()
    assert planted > 500
    assert PLANTED.search(b"a client at 02:00:5E:aa:00:01")
    said = b"\n".join(one.topic.encode() + b" " + one.payload for one in heard)
    assert len(said) > 100_000
    stored = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    for text in (said, stored, labels.encode()):
        assert PLANTED.search(text) is None
