"""A stream of messages of two gateways in which everything odd happens, the same from one seed."""

from random import Random

from ingest.intake import Message
from tests.ingest.node_messages import AP_NAMES, NODE_NAMES, Node, at_ms
from tests.processing.payload_cases import Cases, held
from vocabulary import delivery
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype, Metric, Payload, Value, encode
from vocabulary.topics import Verb

DEVICES = ("", "ap-1", "ap-2", "sds-1", "ap-3", "nobody")
SENSOR_NAMES = ("air/pm2_5_ugm3", "air/pm10_ugm3", "env/temperature_c", "gnss/fix")
STRANGE = ("wifi/clients", "gnss/fix", "wifi/ok", "air/co2_ppm", "strange/one", delivery.TIME_BOOT)


class OddStream:
    """Mostly sound; ``take`` gives the next messages in order of arrival."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self._cases = Cases(seed)
        self._nodes = [Node(), Node("gw-2", epoch=5)]
        self._offset = dict.fromkeys(("gw-1", "gw-2"), 0)
        self._second = 0.0
        self._recent: list[Message] = []
        self._announced: list[Message] = []

    def take(self, count: int) -> list[Message]:
        """So many more."""
        made = [self._one() for _ in range(count)]
        self._recent = [*self._recent, *made][-20:]
        return made

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _one(self) -> Message:
        rng = self.rng
        self._second += rng.choice((0.0, 0.01, 1.0))
        if self._recent and self._chance(0.08):  # again, as it was, or damaged
            again = rng.choice(self._recent)._replace(arrival_ns=at_ms(self._second) * 10**6)
            if self._chance(0.5):
                return again
            return again._replace(payload=self._cases.damaged(again.payload))
        node = rng.choice(self._nodes)
        if self._announced:
            return self._announced.pop(0)._replace(arrival_ns=at_ms(self._second) * 10**6)
        if self._chance(0.02) or not node.aliases:
            self._announced = self._births(node)
        if self._chance(0.005):
            return node.death(self._second, bd_seq=rng.choice((0, 0, 1)))
        message = self._data(node)
        if self._chance(0.02):
            return message._replace(retain=True)
        if self._chance(0.02):
            return message._replace(topic=message.topic.replace("district-1", rng.choice("d#")))
        if self._chance(0.03):
            odd = held(4, rng.choice((b"", b"SPBV1.0_COMPRESSED")))
            return message._replace(payload=message.payload + odd)
        if self._chance(0.03):
            (wire,) = self._cases.take(1)
            return message._replace(payload=wire)
        return message

    def _names(self, device: str) -> tuple[str, ...]:
        if not device:
            return NODE_NAMES
        return SENSOR_NAMES if device.startswith("sds") else AP_NAMES

    def _births(self, node: Node) -> list[Message]:
        """As after a connection, or a single one out of nowhere."""
        extra = [
            Metric(name, 900 + ix, None, Datatype(self.rng.choice((3, 4, 9, 10, 10, 11, 12))))
            for ix, name in enumerate(STRANGE)
            if self._chance(0.7)
        ]
        offset = self._offset[node.gateway]
        committed = self.rng.choice((0, 0, 0, 0, offset, offset + 3))
        begun = [node.birth(self._second, committed=committed, extra=extra)]
        if self._chance(0.2):
            begun = []
        return begun + [
            node.device_birth(device, self._second, names=self._names(device))
            for device in DEVICES
            if device and self._chance(0.8)
        ]

    def _value(self, name: str) -> Value | None:
        row, rng = CATALOGUE[name], self.rng
        if self._chance(0.04):
            return None
        if row.datatype is Datatype.BOOLEAN:
            return self._chance(0.8)
        if row.datatype is Datatype.DOUBLE:
            odd = (row.high * 2 + 1, float("nan"), -0.0, 1e-7)
            return rng.choice(odd) if self._chance(0.05) else round(rng.uniform(0, row.high), 3)
        return -1 if self._chance(0.02) else rng.randrange(int(min(row.high, 2**31 - 1)))

    def _data(self, node: Node) -> Message:
        rng, gateway = self.rng, node.gateway
        device = rng.choice(("", *DEVICES))
        names = [name for name in self._names(device) if self._chance(0.8)]
        offset: int | None = self._offset[gateway] + (
            rng.choice((-2, 3)) if self._chance(0.1) else 0
        )
        self._offset[gateway] += 1
        if self._chance(0.05):
            return node.lost(
                max(offset or 0, 0), rng.randrange(-1, 4), self._second, reason=rng.randrange(4)
            )
        if self._chance(0.03):
            offset = None
        message = node.data(
            {name: self._value(name) for name in names},
            offset,
            self._second,
            device,
            ts_ms=at_ms(self._second) + rng.choice((0, 0, 0, -5_000, 299_000, 301_000)),
            historical=self._chance(0.2),
            numbers=self._numbers(),
            seq=rng.randrange(300) if self._chance(0.05) else None,
        )
        more = self._more_metrics(device) if self._chance(0.25) else b""
        return message._replace(payload=message.payload + more)

    def _numbers(self) -> dict[str, int]:
        if not self._chance(0.1):
            return {}
        name = self.rng.choice((delivery.TIME_BOOT, delivery.TIME_MONOTONIC, delivery.SPOOL_OFFSET))
        return {name: self.rng.choice((-1, 2**31, 2**53, 2**63 - 1))}

    def _more_metrics(self, device: str) -> bytes:
        """Said twice, at another time, under aliases nobody knows, by name, as another type."""
        rng = self.rng
        datatype = rng.choice(
            (Datatype.INT32, Datatype.DOUBLE, Datatype.DOUBLE, Datatype.BOOLEAN, Datatype.STRING)
        )
        value: Value = {
            Datatype.INT32: rng.choice((0, 1, 7, 400)),
            Datatype.DOUBLE: rng.choice((0.0, 0.5, 0.5, 3.0)),
            Datatype.BOOLEAN: True,
            Datatype.STRING: "text",
        }[datatype]
        by_name = rng.choice((*STRANGE, None)) if self._chance(0.3) else None
        some = (*range(1, 20), 900, 2**64 - 1) if device else range(900, 906)
        alias = None if by_name else rng.choice(some)
        when_ms = rng.choice((None, 0, at_ms(self._second), 2**64 - 1))
        metrics = tuple(
            Metric(by_name, alias, when_ms, datatype, value) for _ in range(rng.randint(1, 2))
        )
        return encode(Payload(metrics))


def kinds(messages: list[Message]) -> set[str]:
    """Which verbs came up."""
    return {verb for verb in Verb for one in messages if f"/{verb}/" in one.topic}
