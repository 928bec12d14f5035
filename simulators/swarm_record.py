"""One record as the world knows it: what the agent appended, and where its values must turn up.

Read from the record's bytes and the inventory alone, by another way than the host's: an error
there cannot hide behind the same error here.
"""

from collections.abc import Callable
from typing import Final

from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.inventory import Inventory
from vocabulary.measurements import place_of
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype

DERIVED: Final = frozenset({"device_ms", "unobserved_ms", "rx_delta_bytes", "tx_delta_bytes"})
"""Fields that the host works out and no record holds."""
READINGS: Final = frozenset({"wifi_usage", "wifi_check", "sensor", "gateway"})
"""Measurements that hold readings."""

Spot = tuple[str, str]
"""A point of the database: everything before the fields, and its time."""
Said = tuple[tuple[str, str, object], ...]
"""Device, metric and value of each metric of a body."""
NameOf = Callable[[int], tuple[str, str]]
"""Alias -> device and metric, as the gateway would explain it now."""


def said_in(body: pb.Payload, name_of: NameOf, count: int | None = None) -> Said:
    """What a body says; of a sent message only its first ``count`` metrics are the record's."""
    metrics = body.metrics if count is None else body.metrics[:count]
    return tuple(
        (*name_of(metric.alias), getattr(metric, metric.WhichOneof("value") or "is_null"))
        for metric in metrics
    )


def text_of(name: str, value: object) -> str:
    """A value as the database is told it."""
    datatype = CATALOGUE[name].datatype
    if datatype is Datatype.BOOLEAN:
        return "true" if value else "false"
    if datatype is Datatype.DOUBLE:
        assert isinstance(value, int | float)
        return repr(float(value))
    return f"{value}i"


class Heads:
    """What stands before the fields in the lines of each device."""

    def __init__(self, inventory: Inventory) -> None:
        area = {site.site_id: site.area_id for site in inventory.site}
        site = {row.gateway_id: row.site_id for row in inventory.gateway}
        self._tags: dict[tuple[str, str], str] = {}
        for row in inventory.gateway:
            gateway, place = row.gateway_id, row.site_id
            self._tags[gateway, ""] = f"area={area[place]},gateway={gateway},site={place}"
        for ap in inventory.access_point:
            self._tags[ap.gateway_id, ap.ap_id] = (
                f"ap={ap.ap_id},area={area[ap.site_id]},gateway={ap.gateway_id},site={ap.site_id}"
            )
        for sensor in inventory.sensor:
            place = site[sensor.gateway_id]
            self._tags[sensor.gateway_id, sensor.sensor_id] = (
                f"area={area[place]},gateway={sensor.gateway_id},"
                f"sensor={sensor.sensor_id},site={place}"
            )

    def of(self, measurement: str, gateway: str, device: str) -> str:
        """The head of a line."""
        return f"{measurement},{self._tags[gateway, device]}"


class TrueRecord:
    """One record from the moment it was appended; what befell it is filled in by the truth."""

    __slots__ = (
        "body",
        "declared",
        "durable",
        "epoch",
        "fields",
        "gone_with_ram",
        "klass",
        "offset",
        "overwritten",
        "process",
        "quality",
        "said",
        "sent",
        "session",
        "shifts_ms",
        "true_ns",
        "ts_ms",
    )

    def __init__(
        self, body: bytes, name_of: NameOf, *, klass: int, quality: int, true_ns: int
    ) -> None:
        self.body, self.klass, self.quality, self.true_ns = body, klass, quality, true_ns
        message = pb.Payload.FromString(body)
        self.said = said_in(message, name_of)
        self.ts_ms = message.metrics[0].timestamp
        self.epoch = self.offset = self.session = self.process = -1
        self.fields: tuple[tuple[str, str, str], ...] = ()
        """Head, field, value as text."""
        self.durable = self.sent = self.gone_with_ram = False
        self.overwritten = False
        """A clock set back across a restart gave another reading the same millisecond."""
        self.declared = ""
        self.shifts_ms: tuple[int, ...] = ()
        """By how much its time was corrected when it was sent; more than one is a rare excuse."""

    def place(self, heads: Heads, gateway: str) -> None:
        """Where its values belong."""
        made = []
        for device, name, value in self.said:
            spot = place_of(name)
            head = heads.of(spot.measurement, gateway, device)
            made.append((head, spot.field, text_of(name, value)))
        self.fields = tuple(made)

    def spots(self) -> list[Spot]:
        """The points that may hold it."""
        heads = dict.fromkeys(head for head, _field, _text in self.fields)
        return [(head, str(self.ts_ms + shift)) for shift in self.shifts_ms for head in heads]

    def missing_in(self, points: dict[Spot, dict[str, str]]) -> list[Spot]:
        """The points that should hold it and do not."""
        missing: list[Spot] = []
        for shift_ms in self.shifts_ms:
            ts = str(self.ts_ms + shift_ms)
            missing = [
                (head, ts)
                for head, field, text in self.fields
                if points.get((head, ts), {}).get(field) != text
            ]
            if not missing:
                break
        return missing
