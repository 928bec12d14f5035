"""Data messages many at a time, without an object for every metric.

All of a run goes through the kernels at once. A message in which everything is as it should be is
*plain*, and what is left to do of it is to look at its offset. Any other (not a payload, an alias
nobody announced, a value that is refused, text) is nobody's business here: its caller takes it
the slow way, as if it had come alone. So there is one place where odd things are decided, and the
fast lane can only be wrong about plain ones; a test holds the two ways to the same answers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.node_session import NODE, NodeSession
from ingest.value_check import FUTURE_MS_MAX
from processing import bind, bind_kernel, decode_kernel
from processing.bind import NUMBERS, REASONS, SeriesTable, senders_of
from processing.city import City
from processing.columns import Readings
from processing.decode import Decoded, decode, join
from vocabulary.topics import Topic, Verb

DATA: Final = (Verb.NDATA, Verb.DDATA)
RUN_BYTES_MAX: Final = 4 << 20
"""Data read at once; as columns they take up to thirty times that."""
RUN_BYTES_MIN: Final = 512
"""Fewer are read faster one by one."""
STRANGER_IX: Final = -1
ADDRESSES_MAX: Final = 65_536
"""Topics remembered; whoever invents more makes them be forgotten."""

_ORDINARY: Final = REASONS.index("null_value")
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
    """A message in which nothing is odd; its readings are ``first`` .. ``last - 1`` of the run."""

    seq: int | None
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
        self._node_ix: dict[Topic, int] = {}

    def read(
        self, waiting: Sequence[tuple[Topic, Sent]], sessions: Mapping[str, NodeSession]
    ) -> Run:
        """Read a run of data messages, of which none changes what another one means."""
        places = [self._place(topic, sessions) for topic, _sent in waiting]
        for topic, _sent in waiting:  # in a loop of its own: a new part may move the others
            self._learn(topic.gateway, sessions)
        part, device_ix = self._table.part, self._device_ix
        senders = senders_of(
            (
                part(topic.gateway),
                device_ix.get(topic.gateway, {}).get(topic.device or NODE, STRANGER_IX),
                max(place, 0),
                sent.arrival_ns,
            )
            for (topic, sent), place in zip(waiting, places, strict=True)
        )
        decoded = decode(join([sent.payload for _topic, sent in waiting]))
        readings, messages = bind.bind(decoded, self._table, senders, future_ms=FUTURE_MS_MAX)
        is_plain = _is_plain(decoded, messages) & (np.array(places) >= 0)
        return Run(_plain(decoded, messages, is_plain, places), readings)

    def _place(self, topic: Topic, sessions: Mapping[str, NodeSession]) -> int:
        """The node number of a topic whose data may be plain, else STRANGER_IX."""
        session = sessions.get(topic.gateway)
        if session is None or not session.born:
            return STRANGER_IX
        node_ix = self._node_ix.get(topic)
        if node_ix is None:
            if len(self._node_ix) >= ADDRESSES_MAX:
                self._node_ix.clear()
            node_ix = self._node_ix[topic] = self._numbered(topic.gateway, topic.device)
        return node_ix

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
    columns = zip(
        is_plain.tolist(),
        payloads.seq.tolist(),
        has_seq.tolist(),
        messages.numbers.tolist(),
        messages.present.tolist(),
        historical.tolist(),
        messages.counts[:, _ORDINARY].tolist(),
        messages.reading_first.tolist(),
        last.tolist(),
        strict=True,
    )
    for ix, (plain, seq, with_seq, numbers, present, late, null_count, lo, hi) in enumerate(
        columns
    ):
        if plain:
            told = {name: n for name, n, has in zip(NUMBERS, numbers, present, strict=True) if has}
            made[ix] = Plain(seq if with_seq else None, told, late, null_count, places[ix], lo, hi)
    return made
