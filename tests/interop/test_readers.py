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
    untyped: str | None
    """Why data, which leaves the datatype out as the standard asks, cannot be read; None: it can."""


READERS = (
    Reader("pysparkplug", PYSPARKPLUG, "pysparkplug_reader.py", "no value without a datatype"),
    Reader("sparkplug-payload", NODE, "sparkplug_payload_reader.js", "no value without a datatype"),
)


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


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
async def test_data_has_its_aliases_and_times(reader: Reader, broker: Mosquitto) -> None:
    heard = [one for one in await spoken(broker) if "DATA/" in one.topic]
    assert len(heard) == len(READINGS)
    with Program(reader.runtime, reader.script) as program:
        for one in heard:
            print(reader.name, program.order(one.payload.hex()), truth(one.payload))
