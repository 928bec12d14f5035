"""Data messages many at a time, without an object for every metric.

All of a run goes through the kernels at once. A message in which everything is as it should be is
*plain*, and what is left to do of it is to look at its offset. Any other (not a payload, an alias
nobody announced, a value that is refused, text) is nobody's business here: its caller takes it
the slow way, as if it had come alone. So there is one place where odd things are decided, and the
fast lane can only be wrong about plain ones; a test holds the two ways to the same answers.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.node_session import NODE, NodeSession
from ingest.value_check import FUTURE_MS_MAX
from processing import bind, bind_kernel, decode_kernel
from processing.bind import NUMBERS, REASONS, Part, SeriesTable, senders_of
from processing.city import City
from processing.columns import Readings
from processing.decode import Decoded, decode, join
from vocabulary.delivery import EPOCH_MAX, SPOOL_EPOCH, SPOOL_LOST, SPOOL_OFFSET
from vocabulary.topics import Topic, Verb

DATA: Final = (Verb.NDATA, Verb.DDATA)
RUN_BYTES_MAX: Final = 512 << 10
"""Data read at once; as columns they take up to thirty times that, which a cache should hold."""
RUN_BYTES_MIN: Final = 512
"""Fewer are read faster one by one."""
STRANGER_IX: Final = -1
ADDRESSES_MAX: Final = 65_536
"""Topics remembered; whoever invents more makes them be forgotten."""

_ORDINARY: Final = REASONS.index("null_value")
_EPOCH: Final = NUMBERS.index(SPOOL_EPOCH)
_OFFSET: Final = NUMBERS.index(SPOOL_OFFSET)
_LOST: Final = NUMBERS.index(SPOOL_LOST)
_NOT_PLAIN: Final = bind_kernel.ODD | bind_kernel.UNEXPLAINED


class Sent(Protocol):
    """A message as far as it matters here."""

    @property
    def payload(self) -> bytes:
        """Its body."""
        ...

    @property
    def arrival_ns(self) -> int:
        """When it came."""
        ...


SomeSent = TypeVar("SomeSent", bound=Sent)


def runs_of(
    messages: Iterable[tuple[Topic, SomeSent]],
) -> Iterator[list[tuple[Topic, SomeSent]]]:
    """Cut a stream into runs of data, and anything else alone: it may change what follows."""
    run: list[tuple[Topic, SomeSent]] = []
    run_bytes = 0
    for topic, message in messages:
        if run and (topic.verb not in DATA or run_bytes > RUN_BYTES_MAX):
            yield run
            run, run_bytes = [], 0
        if topic.verb in DATA:
            run.append((topic, message))
            run_bytes += len(message.payload)
        else:
            yield [(topic, message)]
    if run:
        yield run


def is_long(run: Sequence[tuple[Topic, Sent]]) -> bool:
    """Whether a run of ``runs_of`` is worth reading at once."""
    is_data = bool(run) and run[0][0].verb in DATA
    return is_data and sum(len(message.payload) for _topic, message in run) >= RUN_BYTES_MIN


class Plain(NamedTuple):
    """A message in which nothing is odd; its readings are ``first`` .. ``last - 1`` of the run.

    ``epoch`` is 0 unless it is a record with a possible number; only then ``numbers`` is empty.
    """

    seq: int | None
    epoch: int
    offset: int
    numbers: dict[str, int]
    historical: bool
    null_count: int
    node_ix: int
    first: int
    last: int


class Run(NamedTuple):
    """What a run of messages came to; ``plain`` has one item for each."""

    plain: list[Plain | None]
    readings: Readings


class FastLane:
    """Knows what the aliases of every born node stand for, in the form that the kernel takes."""

    def __init__(self, city: City, owner: Mapping[str, str]) -> None:
        self._city, self._owner = city, owner
        self._table = SeriesTable()
        self._births: dict[str, int] = {}
        self._device_ix: dict[str, dict[str, int]] = {}
        self._senders: dict[Topic, tuple[Part, int, int]] = {}

    def read(
        self, waiting: Sequence[tuple[Topic, Sent]], sessions: Mapping[str, NodeSession]
    ) -> Run:
        """Read a run of data messages, of which none changes what another one means."""
        gateways = {topic.gateway for topic, _sent in waiting}
        for gateway in gateways:  # first of all: a new part may move the others
            self._learn(gateway, sessions)
        mute = {gateway: _mute(sessions.get(gateway)) for gateway in gateways}
        rows = [self._sender(topic) for topic, _sent in waiting]
        places = [
            STRANGER_IX if (topic.device or NODE) in mute[topic.gateway] else row[-1]
            for row, (topic, _sent) in zip(rows, waiting, strict=True)
        ]
        senders = senders_of(
            (part, device_ix, max(node_ix, 0), sent.arrival_ns)
            for (part, device_ix, node_ix), (_topic, sent) in zip(rows, waiting, strict=True)
        )
        decoded = decode(join([sent.payload for _topic, sent in waiting]))
        readings, messages = bind.bind(decoded, self._table, senders, future_ms=FUTURE_MS_MAX)
        is_plain = _is_plain(decoded, messages) & (np.array(places) >= 0)
        return Run(_plain(decoded, messages, is_plain, places), readings)

    def _sender(self, topic: Topic) -> tuple[Part, int, int]:
        """Where the aliases of a topic are, its device, and its node number or STRANGER_IX."""
        row = self._senders.get(topic)
        if row is None:
            if len(self._senders) >= ADDRESSES_MAX:
                self._senders.clear()
            device_ix = self._device_ix.get(topic.gateway, {}).get(topic.device or NODE)
            row = self._senders[topic] = (
                self._table.part(topic.gateway),
                STRANGER_IX if device_ix is None else device_ix,
                self._numbered(topic.gateway, topic.device),
            )
        return row

    def _numbered(self, gateway: str, device: str | None) -> int:
        city = self._city
        if device is None:
            return city.gateway_node_ix(city.gateway_ix_of[gateway])
        return city.ix_of[device] if self._owner.get(device) == gateway else STRANGER_IX

    def _learn(self, gateway: str, sessions: Mapping[str, NodeSession]) -> None:
        """Take over what a node's births have said since the last time."""
        session = sessions.get(gateway)
        if session is None or self._births.get(gateway) == session.births:
            return
        self._births[gateway] = session.births
        self._senders.clear()
        numbers: dict[str, int] = {}
        self._table.put(
            gateway,
            (
                bind.Series(
                    alias, numbers.setdefault(one.device, len(numbers)), one.name, one.datatype
                )
                for alias, one in session.series.items()
            ),
        )
        self._device_ix[gateway] = numbers


class _Everybody:
    """Of a node that is not born nothing is plain."""

    def __contains__(self, device: object) -> bool:
        return True


_EVERYBODY: Final = _Everybody()


def _mute(session: NodeSession | None) -> Container[str]:
    """The devices whose data cannot be plain now."""
    return session.dead if session is not None and session.born else _EVERYBODY


def _is_plain(decoded: Decoded, messages: bind_kernel.Messages) -> NDArray[np.bool_]:
    counts = messages.counts
    refused = counts.sum(axis=1) - counts[:, _ORDINARY]
    is_fine = decoded.payloads.error == decode_kernel.FINE
    made: NDArray[np.bool_] = is_fine & (messages.flags & _NOT_PLAIN == 0) & (refused == 0)
    return made


def _plain(
    decoded: Decoded,
    messages: bind_kernel.Messages,
    is_plain: NDArray[np.bool_],
    places: list[int],
) -> list[Plain | None]:
    made: list[Plain | None] = [None] * len(places)
    payloads = decoded.payloads
    has_seq = payloads.flags & decode_kernel.HAS_SEQ != 0
    historical = messages.flags & bind_kernel.HISTORICAL != 0
    last = messages.reading_first + messages.reading_count
    epoch, offset = messages.numbers[:, _EPOCH], messages.numbers[:, _OFFSET]
    is_record = messages.present[:, _EPOCH] & messages.present[:, _OFFSET]
    is_record &= ~messages.present[:, _LOST]
    is_record &= (epoch > 0) & (epoch <= EPOCH_MAX) & (offset >= 0) & (offset < EPOCH_MAX)
    columns = zip(
        payloads.seq.tolist(),
        has_seq.tolist(),
        np.where(is_record, epoch, 0).tolist(),
        offset.tolist(),
        historical.tolist(),
        messages.counts[:, _ORDINARY].tolist(),
        places,
        messages.reading_first.tolist(),
        last.tolist(),
        strict=True,
    )
    plain = is_plain.tolist()
    for ix, (seq, with_seq, of_epoch, number, *rest) in enumerate(columns):
        if plain[ix]:
            told = {} if of_epoch else _told(messages, ix)
            made[ix] = Plain(seq if with_seq else None, of_epoch, number, told, *rest)
    return made


def _told(messages: bind_kernel.Messages, ix: int) -> dict[str, int]:
    numbers, present = messages.numbers[ix].tolist(), messages.present[ix].tolist()
    return {name: n for name, n, has in zip(NUMBERS, numbers, present, strict=True) if has}
