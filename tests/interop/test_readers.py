"""What our gateway says, read by decoders that we did not write, value for value."""

import json
import math
from typing import Any, NamedTuple

import pytest

from simulators.servers import Mosquitto
from tests.edge.listening_host import listening
from tests.edge.test_uplink_task import Desk, new_id, running, to
from tests.ingest.mqtt_peer import Heard, Peer
from tests.interop.program import NODE, PYSPARKPLUG, Program, Runtime
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.payload import Datatype, decode, interpret
from vocabulary.topics import Verb

DATATYPES = {kind.name.lower(): int(kind) for kind in Datatype}
READINGS = (3, 4, 5)


class Reader(NamedTuple):
    """A decoder of a peer."""

    name: str
    runtime: Runtime
    script: str
    refuses_untyped: bool
    """Without a datatype it reads nothing at all; else it leaves only the value out."""


READERS = (
    Reader("pysparkplug", PYSPARKPLUG, "pysparkplug_reader.py", refuses_untyped=True),
    Reader("sparkplug-payload", NODE, "sparkplug_payload_reader.js", refuses_untyped=False),
)
"""Both look for the datatype in each message; data leaves it out, as the standard has births for
that. So data is read with the datatypes of the birth put in, as a host does."""


async def spoken(broker: Mosquitto) -> list[Heard]:
    """A session of a real gateway: births, data, a farewell."""
    name = new_id()
    desk = Desk(to(broker, name), name)
    with Peer(broker.port, f"listener-{name}", f"spBv1.0/+/+/{name}/#") as peer:
        async with listening(broker, name) as host:
            async with running(desk):
                await host.until(lambda: host.count(Verb.DBIRTH) == 2)
                for clients in READINGS:
                    desk.read(clients)
                await host.until(lambda: host.prefix(host.epoch) == len(READINGS))
            await host.until(lambda: host.count(Verb.NDEATH) == 1)
        peer.until(lambda heard: any("/NDEATH/" in one.topic for one in heard))
        return [one for one in peer.heard if "/NCMD/" not in one.topic]


def truth(payload: bytes) -> dict[str, Any]:
    """The same message as google.protobuf reads it, with names and meanings of the standard."""
    wire = pb.Payload.FromString(payload)
    metrics = []
    for one, plain in zip(wire.metrics, decode(payload).metrics, strict=True):
        kind = one.datatype if one.HasField("datatype") else None
        value = interpret(plain, kind) if kind is not None else None
        metrics.append([plain.name, plain.alias, kind, value, plain.timestamp_ms])
    return {"seq": wire.seq if wire.HasField("seq") else None, "metrics": metrics}


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-12)
    return bool(ours == theirs) or (ours is None and theirs is None)


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    found = [] if ours["seq"] == theirs["seq"] else [f"seq {ours['seq']}, {theirs['seq']}"]
    for one, other in zip(ours["metrics"], theirs["metrics"], strict=True):
        kind = other[2]
        told = DATATYPES.get(kind.lower()) if isinstance(kind, str) else kind
        wanted = [one[0], one[1], one[2], one[3], one[4]]
        for place, (mine, its) in enumerate(
            zip(wanted, [*other[:2], told, *other[3:]], strict=True)
        ):
            if not same(mine, its):
                found.append(f"{one[0]} at {place}: {mine}, {its}")
    return found


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
async def test_births_and_deaths_are_read_alike(reader: Reader, broker: Mosquitto) -> None:
    heard = await spoken(broker)
    with Program(reader.runtime, reader.script) as program:
        for one in heard:
            if "DATA/" in one.topic:
                continue
            theirs = json.loads(program.order(one.payload.hex()))
            assert "error" not in theirs, one.topic
            assert not differences(truth(one.payload), theirs), one.topic


def typed(payload: bytes, births: list[Heard]) -> bytes:
    """Data with the datatypes that births announced, by alias."""
    wire = pb.Payload.FromString(payload)
    kinds = {
        one.alias: one.datatype
        for birth in births
        for one in pb.Payload.FromString(birth.payload).metrics
    }
    for one in wire.metrics:
        one.datatype = kinds[one.alias]
    return wire.SerializeToString()


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
async def test_data_is_read_alike(reader: Reader, broker: Mosquitto) -> None:
    heard = await spoken(broker)
    data = [one for one in heard if "DATA/" in one.topic]
    births = [one for one in heard if "BIRTH/" in one.topic]
    assert len(data) == len(READINGS)
    with Program(reader.runtime, reader.script) as program:
        for one in data:
            payload = typed(one.payload, births)
            theirs = json.loads(program.order(payload.hex()))
            assert not differences(truth(payload), theirs), one.topic


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
async def test_what_it_cannot_read_is_still_so(reader: Reader, broker: Mosquitto) -> None:
    """The reason for ``typed``: when this fails, it is not needed any more."""
    (one, *_more) = [one for one in await spoken(broker) if "DATA/" in one.topic]
    with Program(reader.runtime, reader.script) as program:
        theirs = json.loads(program.order(one.payload.hex()))
    assert ("error" in theirs) == reader.refuses_untyped
    assert all(metric[3] is None for metric in theirs.get("metrics", []))


def test_a_value_read_otherwise_is_seen() -> None:
    """The gate itself."""
    ours = {"seq": 1, "metrics": [["wifi/clients", 3, 3, 7, 9]]}
    assert not differences(ours, {"seq": 1, "metrics": [["wifi/clients", 3, "Int32", 7, 9]]})
    for place, other in enumerate(["x", 4, "Int64", 8, 10]):
        theirs: list[Any] = ["wifi/clients", 3, "Int32", 7, 9]
        theirs[place] = other
        assert differences(ours, {"seq": 1, "metrics": [theirs]})
    assert differences(ours, {"seq": 2, "metrics": [["wifi/clients", 3, "Int32", 7, 9]]})
