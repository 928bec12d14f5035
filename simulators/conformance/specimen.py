"""A node that we did not write and that uses everything: templates, data sets, properties, deaths
of devices. It shows two things: that a check of what our gateway never sends can pass and fail,
and that our host survives all of it.
"""

from collections.abc import Iterator
from typing import Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.street_under_test import DISTRICT, FOREIGN
from vocabulary import delivery, topics
from vocabulary.payload import Datatype
from vocabulary.topics import Topic, Verb

DEVICE: Final = f"{FOREIGN}-ap"
DATA_SET: Final = 16
TEMPLATE: Final = 19
QUALITY: Final = "Quality"
GOOD: Final = 192
MODEL: Final = "lamp"
Message = tuple[str, bytes]


class Specimen:
    """Its messages, each with its place in ``seq``; ``now_ms`` is the caller's time."""

    def __init__(self, bd_seq: int = 0) -> None:
        self.bd_seq = bd_seq
        self._seq = 0

    @staticmethod
    def topic(verb: Verb) -> str:
        """Where a message of a kind goes."""
        return topics.render(Topic(DISTRICT, verb, FOREIGN, DEVICE if verb.is_device else None))

    def _payload(self, now_ms: int) -> pb.Payload:
        payload = pb.Payload(timestamp=now_ms, seq=self._seq)
        self._seq = (self._seq + 1) % delivery.SEQ_MODULUS
        return payload

    def death(self, now_ms: int, bd_seq: int | None = None) -> Message:
        """NDEATH; of another session when ``bd_seq`` says so."""
        payload = pb.Payload(timestamp=now_ms)
        number = self.bd_seq if bd_seq is None else bd_seq
        payload.metrics.add(name="bdSeq", timestamp=now_ms, datatype=4, long_value=number)
        return self.topic(Verb.NDEATH), payload.SerializeToString()

    def births(self, now_ms: int) -> Iterator[Message]:
        """NBIRTH with a template's definition and an instance, then the device's DBIRTH."""
        self._seq = 0
        node = self._payload(now_ms)
        node.metrics.add(name="bdSeq", timestamp=now_ms, datatype=4, long_value=self.bd_seq)
        node.metrics.add(
            name=delivery.REBIRTH,
            timestamp=now_ms,
            datatype=Datatype.BOOLEAN,
            boolean_value=False,
        )
        definition = node.metrics.add(name=MODEL, timestamp=now_ms, datatype=TEMPLATE)
        self._define(definition.template_value, now_ms)
        whole = node.metrics.add(name="lamps/1", alias=1, timestamp=now_ms, datatype=TEMPLATE)
        self._instance(whole.template_value, now_ms, whole=True)
        yield self.topic(Verb.NBIRTH), node.SerializeToString()
        device = self._payload(now_ms)
        table = device.metrics.add(name="table", alias=2, timestamp=now_ms, datatype=DATA_SET)
        self._fill(table.dataset_value)
        clients = device.metrics.add(
            name="wifi/clients", alias=3, timestamp=now_ms, datatype=Datatype.INT32, int_value=4
        )
        clients.properties.keys.append(QUALITY)
        clients.properties.values.add(type=Datatype.INT32, int_value=GOOD)
        lamp = device.metrics.add(name="lamps/2", alias=4, timestamp=now_ms, datatype=TEMPLATE)
        self._instance(lamp.template_value, now_ms, whole=True)
        light = device.metrics.add(
            name="light", alias=5, timestamp=now_ms, datatype=Datatype.BOOLEAN
        )
        light.boolean_value = True
        yield self.topic(Verb.DBIRTH), device.SerializeToString()

    @staticmethod
    def _define(template: pb.Payload.Template, now_ms: int) -> None:
        template.version, template.is_definition = "1", True
        template.metrics.add(
            name="lit", timestamp=now_ms, datatype=Datatype.BOOLEAN, boolean_value=False
        )
        table = template.metrics.add(name="days", timestamp=now_ms, datatype=DATA_SET)
        Specimen._fill(table.dataset_value)
        template.parameters.add(name="height", type=Datatype.DOUBLE, double_value=4.5)

    @staticmethod
    def _instance(template: pb.Payload.Template, now_ms: int, *, whole: bool) -> None:
        template.version, template.template_ref, template.is_definition = "1", MODEL, False
        template.metrics.add(
            name="lit", timestamp=now_ms, datatype=Datatype.BOOLEAN, boolean_value=True
        )
        if whole:
            table = template.metrics.add(name="days", timestamp=now_ms, datatype=DATA_SET)
            Specimen._fill(table.dataset_value)
            template.parameters.add(name="height", type=Datatype.DOUBLE, double_value=6.0)

    @staticmethod
    def _fill(table: pb.Payload.DataSet) -> None:
        table.num_of_columns = 2
        table.columns.extend(["hour", "place"])
        table.types.extend([Datatype.INT32, Datatype.STRING])
        row = table.rows.add()
        row.elements.add(int_value=7)
        row.elements.add(string_value="library")

    def device_data(self, now_ms: int, clients: int = 5) -> Message:
        """DDATA by alias: a number, and a template of which only a part is said."""
        payload = self._payload(now_ms)
        payload.metrics.add(alias=3, timestamp=now_ms, int_value=clients)
        lamp = payload.metrics.add(alias=4, timestamp=now_ms)
        self._instance(lamp.template_value, now_ms, whole=False)
        return self.topic(Verb.DDATA), payload.SerializeToString()

    def node_data(self, now_ms: int) -> Message:
        """NDATA by alias."""
        payload = self._payload(now_ms)
        lamp = payload.metrics.add(alias=1, timestamp=now_ms)
        self._instance(lamp.template_value, now_ms, whole=False)
        return self.topic(Verb.NDATA), payload.SerializeToString()

    def device_death(self, now_ms: int) -> Message:
        """DDEATH."""
        payload = self._payload(now_ms)
        return self.topic(Verb.DDEATH), payload.SerializeToString()


def device_command(now_ms: int) -> Message:
    """What a foreign console says to the specimen's device: light off, by its alias."""
    payload = pb.Payload(timestamp=now_ms)
    payload.metrics.add(alias=5, timestamp=now_ms, boolean_value=False)
    return Specimen.topic(Verb.DCMD), payload.SerializeToString()
