"""What our edge sends, read by libraries that others wrote: each sees the same values as we do.

A real gateway speaks over a real broker; what the broker delivered is handed to each reader. Its
known faults are data: they still occur, on payloads made for the purpose, and cannot be met by
anything we send, because what we send is narrow.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from simulators.servers import Mosquitto
from tests.edge.test_gateway_process import Desk, running
from tests.ingest.mqtt_peer import Heard, Peer
from tests.interop.peer_process import ask
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary import topics
from vocabulary.payload import EMITTED, Datatype, Metric, Payload, decode, encode, interpret
from vocabulary.topics import Topic, Verb

NAME: Final = "gw-read"
STATIONS: Final = (2, 5, 0)


async def _speak(broker: Mosquitto, tap: Peer, directory: Path) -> None:
    """A gateway's life: births, three messages of its access point, a stop in order."""
    desk = Desk(NAME, directory, broker)
    async with running(desk):
        await desk.until(lambda: {"uplink_up", "local_broker_up"} <= set(desk.events()))
        for count in STATIONS:
            body = json.dumps({"stations": [{}] * count}).encode()
            await asyncio.to_thread(tap.say, desk.topic, body)
        await asyncio.to_thread(
            tap.until, lambda heard: sum("/DDATA/" in one.topic for one in heard) >= len(STATIONS)
        )
    await asyncio.to_thread(tap.until, lambda heard: any("NDEATH" in one.topic for one in heard))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Heard]]:
    """Everything the broker delivered of one gateway's life, in order."""
    with Mosquitto() as broker, Peer(broker.port, "reader", "spBv1.0/#") as tap:
        asyncio.run(_speak(broker, tap, tmp_path_factory.mktemp("gateway")))
        yield [one for one in tap.heard if "/NCMD/" not in one.topic]


class Row(NamedTuple):
    """One metric as any reader should see it."""

    name: str
    value: object
    timestamp_ms: int | None
    is_null: bool
    is_historical: bool


class _Ours:
    """Names and types of the births so far, for readers that do not remember them."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[str, int]] = {}

    def learn(self, payload: Payload) -> None:
        for one in payload.metrics:
            if one.alias is not None and one.name is not None and one.datatype is not None:
                self.known[one.alias] = (one.name, one.datatype)

    def name_type(self, one: Metric) -> tuple[str, int]:
        if one.name is not None and one.datatype is not None:
            return one.name, one.datatype
        assert one.alias is not None
        return self.known[one.alias]

    def rows(self, payload: Payload) -> list[Row]:
        made = []
        for one in payload.metrics:
            name, kind = self.name_type(one)
            value = interpret(one, kind)
            made.append(Row(name, value, one.timestamp_ms, one.is_null, one.is_historical))
        return made


def ours(sent: list[Heard]) -> list[list[Row]]:
    """Our own reading of every message."""
    reader, made = _Ours(), []
    for message in sent:
        payload = decode(message.payload)
        reader.learn(payload)
        made.append(reader.rows(payload))
    return made


def test_a_whole_life_was_heard(sent: list[Heard]) -> None:
    verbs = [message.topic.split("/")[2] for message in sent]
    assert verbs[0] == "NBIRTH"
    assert verbs[-1] == "NDEATH"
    assert {"DBIRTH", "DDATA", "NDATA"} <= set(verbs)
    clients = [
        row.value for rows in ours(sent) for row in rows if row.name == "wifi/clients" and row.value
    ]
    assert clients == [2, 5]


def test_google_protobuf_with_a_foreign_schema(sent: list[Heard]) -> None:
    told = ask("protobuf_reader.py", [message.payload.hex() for message in sent])
    for message, answer in zip(sent, told, strict=True):
        payload = decode(message.payload)
        assert (answer["timestamp"], answer["seq"]) == (payload.timestamp_ms, payload.seq)
        for theirs, one in zip(answer["metrics"], payload.metrics, strict=True):
            assert theirs == {
                "name": one.name,
                "alias": one.alias,
                "datatype": one.datatype,
                "timestamp": one.timestamp_ms,
                "is_null": one.is_null,
                "is_historical": one.is_historical,
                "field": one.field or None,
                "value": one.value,
            }


def test_pysparkplug(sent: list[Heard]) -> None:
    """It resolves names and types itself, from our births."""
    lines = [f"{message.topic} {message.payload.hex()}" for message in sent]
    for message, rows, answer in zip(
        sent, ours(sent), ask("pysparkplug_reader.py", lines), strict=True
    ):
        assert "error" not in answer, (message.topic, answer)
        theirs = [
            Row(one["name"], one["value"], one["timestamp"], one["is_null"], one["is_historical"])
            for one in answer["metrics"]
        ]
        assert theirs == rows, message.topic


def test_sparkplug_payload(sent: list[Heard]) -> None:
    """It leaves names to its user, and without a datatype it gives no value: births it reads."""
    told = ask("sparkplug_payload_reader.js", [message.payload.hex() for message in sent])
    reader = _Ours()
    for message, answer in zip(sent, told, strict=True):
        payload = decode(message.payload)
        reader.learn(payload)
        assert "error" not in answer, message.topic
        assert _as_number(answer["timestamp"]) == payload.timestamp_ms
        for theirs, one in zip(answer["metrics"], payload.metrics, strict=True):
            assert (theirs["name"], _as_number(theirs["alias"])) == (one.name, one.alias)
            assert theirs["isHistorical"] == one.is_historical
            if one.datatype is not None and not one.is_null:
                assert _as_number(theirs["value"]) == interpret(one, one.datatype)


def _as_number(found: object) -> object:
    """64-bit numbers come as text, so that none is rounded."""
    return int(found) if isinstance(found, str) and found.lstrip("-").isdigit() else found


# faults of the readers, on payloads made for the purpose ------------------------------------


def one_metric(datatype: int, *, name: str = "x", **fields: int) -> str:
    """A birth with one metric of any type, as hexadecimal digits."""
    payload = pb.Payload(timestamp=1_000, seq=0)
    payload.metrics.add(name=name, timestamp=1_000, datatype=datatype, **fields)
    return payload.SerializeToString().hex()


BIRTH: Final = topics.render(Topic("north", Verb.NBIRTH, "n"))
DEATH: Final = topics.render(Topic("north", Verb.NDEATH, "n"))


def _ask_node(wire: str) -> Any:
    return ask("sparkplug_payload_reader.js", [wire])[0]


def _ask_python(topic: str, wire: str) -> Any:
    return ask("pysparkplug_reader.py", [f"{topic} {wire}"])[0]


def _emits(sent: list[Heard], *datatypes: Datatype) -> bool:
    told = {one.datatype for message in sent for one in decode(message.payload).metrics}
    return bool(told & set(datatypes))


class ReaderFault(NamedTuple):
    """One known fault of a reader, and why nothing we send meets it."""

    library: str
    what: str
    shows: Callable[[], bool]
    we: str
    helps: Callable[[list[Heard]], bool]


FAULTS: Final = (
    ReaderFault(
        "sparkplug-payload",
        "reads Int8 251 as 251, not as -5",
        lambda: _ask_node(one_metric(Datatype.INT8, int_value=251))["metrics"][0]["value"] == 251,
        "never send Int8 or Int16",
        lambda sent: not _emits(sent, Datatype.INT8, Datatype.INT16),
    ),
    ReaderFault(
        "sparkplug-payload",
        "reads a UInt32 in int_value as 0",
        lambda: _ask_node(one_metric(Datatype.UINT32, int_value=7))["metrics"][0]["value"] != 7,
        "never send UInt32",
        lambda sent: not _emits(sent, Datatype.UINT32),
    ),
    ReaderFault(
        "sparkplug-payload",
        "gives no value where data leave the datatype out",
        lambda: (
            _ask_node(
                pb.Payload(timestamp=1, seq=1, metrics=[pb.Payload.Metric(alias=1, int_value=7)])
                .SerializeToString()
                .hex()
            )["metrics"][0]["value"]
            is None
        ),
        "say every datatype in the births, as the standard wants it",
        lambda sent: all(
            one.datatype is not None
            for message in sent
            if "BIRTH" in message.topic
            for one in decode(message.payload).metrics
        ),
    ),
    ReaderFault(
        "pysparkplug",
        "OverflowError on a sign-extended Int8",
        lambda: (
            _ask_python(BIRTH, one_metric(Datatype.INT8, int_value=2**32 - 5))
            == {"error": "OverflowError"}
        ),
        "never send Int8",
        lambda sent: not _emits(sent, Datatype.INT8),
    ),
    ReaderFault(
        "pysparkplug",
        "OverflowError on a sign-extended Int16",
        lambda: (
            _ask_python(BIRTH, one_metric(Datatype.INT16, int_value=2**32 - 5))
            == {"error": "OverflowError"}
        ),
        "never send Int16",
        lambda sent: not _emits(sent, Datatype.INT16),
    ),
    ReaderFault(
        "pysparkplug",
        "loses the time of an NDEATH",
        lambda: (
            _ask_python(DEATH, one_metric(Datatype.INT64, name="bdSeq", long_value=7))["timestamp"]
            is None
        ),
        "say it in the metric as well",
        lambda sent: decode(sent[-1].payload).metrics[0].timestamp_ms is not None,
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.library}: {fault.what}")
def test_a_known_fault_still_shows_and_we_do_not_meet_it(
    sent: list[Heard], fault: ReaderFault
) -> None:
    assert fault.shows(), f"{fault.library} no longer has it: {fault.what}"
    assert fault.helps(sent), f"we no longer keep to it: {fault.we}"


def test_everything_we_announce_is_of_a_type_that_all_read(sent: list[Heard]) -> None:
    told = {
        one.datatype
        for message in sent
        for one in decode(message.payload).metrics
        if one.datatype is not None
    }
    assert told <= {int(kind) for kind in EMITTED}
    assert told


def test_google_protobuf_does_not_check_text_until_it_is_read() -> None:
    """Its one known fault as an oracle: bytes that are no UTF-8 are a payload all the same."""
    good = encode(Payload((Metric("ab", None, 1, Datatype.INT32, 7),), 1, 0), announce=True)
    bad = good.replace(b"ab", b"\xff\xfe")
    assert bad != good
    (metric,) = decode(bad).metrics
    assert metric.name is None  # ours: the metric is lost, its payload is not
