"""What the host believes of one edge node: its births, its aliases, its place in ``seq``.

One object per gateway, no socket. Data from before a birth, or with an alias that no birth
announced, asks for a rebirth; what is known is applied all the same.
(Eclipse Sparkplug 3.0, sections 6.4.19 to 6.4.30.)
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from vocabulary import delivery
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import (
    NAME_CHARS_MAX,
    Datatype,
    Metric,
    Payload,
    Value,
    interpret,
    refusal,
)
from vocabulary.units import NS_PER_S

SERIES_MAX: Final = 4_096
DEVICES_MAX: Final = 256
REORDER_NS: Final = 5 * NS_PER_S
"""How long a gap in ``seq`` may stay open before a rebirth is asked for, unless told otherwise."""
CONFIGURATION_CHARS_MAX: Final = 128
NODE: Final = ""
_DELIVERY: Final = frozenset(
    {
        delivery.SPOOL_EPOCH,
        delivery.SPOOL_OFFSET,
        delivery.SPOOL_COMMITTED,
        delivery.SPOOL_LOST,
        delivery.SPOOL_LOST_REASON,
        delivery.TIME_BOOT,
        delivery.TIME_MONOTONIC,
        delivery.TIME_QUALITY,
        delivery.TIME_SENT,
    }
)
"""Metrics that speak of the message; read as Int64 whatever a birth calls them."""


class Series(NamedTuple):
    """What an alias stands for."""

    device: str
    name: str
    datatype: int


class TypedValue(NamedTuple):
    """One value of a message, typed, with its event time."""

    name: str
    value: Value
    ts_ms: int
    historical: bool


class Arrival(NamedTuple):
    """One data message, understood.

    ``delivery`` maps the delivery metrics that came with it (``Spool/Offset`` …) to numbers.
    """

    device: str
    values: tuple[TypedValue, ...]
    delivery: dict[str, int]
    historical: bool
    unexplained: bool
    """Whether an alias came that no birth announced: a rebirth will explain it."""
    unreadable: bool
    """Whether a value was left out that no rebirth will explain."""
    refused: tuple[str, ...] = ()
    """Why values were left out that came in a form we do not keep."""


class NodeSession:
    """The state of one edge node as its messages arrive."""

    def __init__(self, reorder_ns: int = REORDER_NS) -> None:
        self._reorder_ns = reorder_ns
        self.born = False
        self.alive = False
        self.bd_seq: int | None = None
        self.epoch: int | None = None
        self.devices: set[str] = set()
        self.dead: set[str] = set()
        """Devices that were born and died since."""
        self.configuration = ""
        """The digest of its configuration that the node announced."""
        self.born_ns = 0
        self.device_heard_ns: dict[str, int] = {}
        self.delivery_aliases: dict[str, int] = {}
        """By name: the aliases that the last NBIRTH gave to what speaks of delivery."""
        self.counts: Counter[str] = Counter()
        self.wants_rebirth = False
        self.heard_ns = 0
        self.births = 0
        """How often ``series`` changed."""
        self._series: dict[int, Series] = {}
        self._cut_short = False
        """Whether births announced more than is kept, so that an unknown alias may be of those."""
        self._expected_seq: int | None = None
        self._missing: set[int] = set()
        self._gap_ns: int | None = None

    @property
    def series(self) -> Mapping[int, Series]:
        """What the aliases of the births so far stand for."""
        return self._series

    # births and deaths -------------------------------------------------------------------

    def node_birth(self, payload: Payload, arrival_ns: int) -> dict[str, int]:
        """NBIRTH: everything known of the session before it is void. Gives its delivery values."""
        self._series.clear()
        self._cut_short = False
        self.devices = {NODE}
        self.dead.clear()
        self.device_heard_ns.clear()
        self.born_ns, self.configuration = arrival_ns, ""
        self.born = self.alive = True
        self.wants_rebirth = False
        self._missing.clear()
        self._gap_ns = None
        self._expected_seq = None
        self._track(payload.seq, arrival_ns)
        numbers = self._announce(NODE, payload)
        self.bd_seq = numbers.pop(delivery.BD_SEQ, None)
        self.epoch = numbers.get(delivery.SPOOL_EPOCH)
        self.delivery_aliases = {
            metric.name: metric.alias
            for metric in payload.metrics
            if metric.name in _DELIVERY and metric.alias is not None
        }
        return numbers

    def device_birth(self, device: str, payload: Payload, arrival_ns: int) -> None:
        """DBIRTH: one device's metrics and their aliases."""
        self._track(payload.seq, arrival_ns)
        if not self.born:
            self._ask("birth_before_node")
            return
        if device not in self.devices and len(self.devices) >= DEVICES_MAX:
            self.counts["too_many_devices"] += 1
            self._cut_short = True
            return
        self.devices.add(device)
        self.dead.discard(device)
        self._heard(device, arrival_ns)
        self._announce(device, payload)

    def device_death(self, device: str, payload: Payload, arrival_ns: int) -> None:
        """DDEATH: its values are stale; whether it is an outage is for the beats to say."""
        self._track(payload.seq, arrival_ns)
        if device in self.devices:
            self.dead.add(device)

    def is_stale(self, device: str) -> bool:
        """Whether what is known of a device is no longer the present."""
        return not self.alive or device not in self.devices or device in self.dead

    def _heard(self, device: str, arrival_ns: int) -> None:
        if device in self.devices:
            self.device_heard_ns[device] = arrival_ns

    def node_death(self, payload: Payload) -> bool:
        """NDEATH: gives whether it ended *this* session.

        On a take-over a broker speaks the old session's will after the new birth; only an equal
        ``bdSeq`` says which session died.
        """
        found = next((m for m in payload.metrics if m.name == delivery.BD_SEQ), None)
        number = interpret(found, Datatype.INT64) if found is not None else None
        if not self.born or number is None or number != self.bd_seq:
            self.counts["death_of_another_session"] += 1
            return False
        self.born = self.alive = False
        self._gap_ns = None
        return True

    def _announce(self, device: str, payload: Payload) -> dict[str, int]:
        self.births += 1
        numbers: dict[str, int] = {}
        for metric in payload.metrics:
            if metric.name is None or metric.datatype is None:
                self.counts["birth_metric_incomplete"] += 1
                self._cut_short = True
                continue
            if metric.name == delivery.CONFIGURATION and isinstance(metric.value, str):
                self.configuration = metric.value[:CONFIGURATION_CHARS_MAX]
            if metric.name == delivery.BD_SEQ or metric.name in _DELIVERY:
                number = interpret(metric, Datatype.INT64)
                if isinstance(number, int):
                    numbers[metric.name] = number
            if metric.alias is not None:
                self._keep(metric.alias, Series(device, metric.name, metric.datatype))
        return numbers

    def _keep(self, alias: int, series: Series) -> None:
        if len(series.name) > NAME_CHARS_MAX:
            self.counts["name_too_long"] += 1
            self._cut_short = True
        elif alias not in self._series and len(self._series) >= SERIES_MAX:
            self.counts["too_many_series"] += 1
            self._cut_short = True
        else:
            self._series[alias] = series

    # data --------------------------------------------------------------------------------

    def data(self, device: str, payload: Payload, arrival_ns: int) -> Arrival:
        """NDATA or DDATA: its values with names and types; what is unknown is counted."""
        self._track(payload.seq, arrival_ns)
        if not self.born:
            self._ask("data_before_birth")
        values: list[TypedValue] = []
        numbers: dict[str, int] = {}
        refused: list[str] = []
        historical = unexplained = unreadable = False
        fallback_ms = payload.timestamp_ms or arrival_ns // 1_000_000
        for metric in payload.metrics:
            series = self._series_of(device, metric)
            if series is None:
                explicable = metric.alias is not None and self._is_explicable(metric.alias)
                unexplained = unexplained or explicable
                unreadable = unreadable or not explicable
                continue
            historical = historical or metric.is_historical
            if series.name in _DELIVERY:
                number = interpret(metric, Datatype.INT64)
                if isinstance(number, int):
                    numbers[series.name] = number
                continue
            value = interpret(metric, series.datatype)
            if value is None:
                reason = refusal(metric, series.datatype)
                if reason is None:
                    self.counts["null_value"] += 1
                else:
                    refused.append(reason)
                continue
            ts_ms = metric.timestamp_ms if metric.timestamp_ms is not None else fallback_ms
            values.append(TypedValue(series.name, value, ts_ms, metric.is_historical))
        if device in self.dead and not historical:  # it was buried, and speaks
            self._ask("data_after_death")
        self._heard(device, arrival_ns)
        return Arrival(
            device, tuple(values), numbers, historical, unexplained, unreadable, tuple(refused)
        )

    def plain_data(self, device: str, seq: int | None, arrival_ns: int, *, null_count: int) -> None:
        """Data that was read elsewhere, and in which nothing was odd."""
        assert self.born
        self._heard(device, arrival_ns)
        self._track(seq, arrival_ns)
        if null_count:
            self.counts["null_value"] += null_count

    def _is_explicable(self, alias: int) -> bool:
        """Whether a rebirth would help; what a birth announced beyond the limits stays unknown."""
        return alias not in self._series and not self._cut_short

    def _series_of(self, device: str, metric: Metric) -> Series | None:
        if metric.alias is not None:
            series = self._series.get(metric.alias)
            if series is None and self._cut_short:
                self.counts["alias_beyond_limit"] += 1
            elif series is None:
                self._ask("unknown_alias")
            elif series.device != device:
                self.counts["alias_of_another_device"] += 1
                return None
            return series
        if metric.name is None:
            self.counts["metric_without_name"] += 1
            return None
        known = Datatype.INT64 if metric.name in _DELIVERY else None
        if metric.name in CATALOGUE:
            known = CATALOGUE[metric.name].datatype
        datatype = metric.datatype if metric.datatype is not None else known
        if datatype is None:
            self.counts["metric_without_type"] += 1
            return None
        return Series(device, metric.name, datatype)

    @property
    def expected_seq(self) -> int | None:
        """The place in ``seq`` that comes next."""
        return self._expected_seq

    @property
    def has_gap(self) -> bool:
        """Whether messages are missing that may still come."""
        return self._gap_ns is not None

    # order -------------------------------------------------------------------------------

    def _ask(self, reason: str) -> None:
        self.counts[reason] += 1
        self.wants_rebirth = True

    def _track(self, seq: int | None, arrival_ns: int) -> None:
        self.heard_ns = arrival_ns
        if seq is None or not 0 <= seq < delivery.SEQ_MODULUS:
            self.counts["seq_absent"] += 1
            return
        expected, modulus = self._expected_seq, delivery.SEQ_MODULUS
        if expected is None or seq == expected:
            self._expected_seq = (seq + 1) % modulus
            return
        if seq in self._missing:  # it was only overtaken on the way
            self._missing.discard(seq)
            self.counts["seq_reordered"] += 1
            if not self._missing:
                self._gap_ns = None
            return
        ahead = (seq - expected) % modulus
        self.counts["seq_gap"] += 1
        if ahead < modulus // 2:
            self._missing.update((expected + ix) % modulus for ix in range(ahead))
            self._expected_seq = (seq + 1) % modulus
        if self._gap_ns is None:
            self._gap_ns = arrival_ns

    def tick(self, now_ns: int) -> None:
        """A gap that nothing filled in time asks for a rebirth."""
        if self._gap_ns is not None and now_ns - self._gap_ns >= self._reorder_ns:
            self._gap_ns = None
            self._missing.clear()
            self._ask("seq_gap_unfilled")
