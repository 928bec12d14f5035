"""All sources of the local broker: which message is whose, and what became of it.

One filter set is subscribed, made disjoint; a message goes to every source whose own filter
matches. What nobody reads is counted and named, for it is most often a topic written wrongly.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from edge import topic_filters
from edge.access_point_message import MessageReader
from edge.access_point_value import Reason, Taken
from edge.collectd_message import CollectdReader
from edge.influx_message import InfluxReader
from edge.source_configuration import TOPICS_PER_SOURCE_MAX, Source
from edge.source_state import SourceState, SourceView, shown
from edge.sparkplug_message import SparkplugReader
from edge.sparkplug_node import Outgoing
from vocabulary.moment import Moment

STRANGE_TOPICS_MAX: Final = 32
TOPIC_UNKNOWN: Final = "ap_topic_unknown"


class Reader(Protocol):
    """What each format brings."""

    source: Source

    @property
    def metric_names(self) -> Sequence[str]:
        """Catalogue names this source can give."""
        ...

    @property
    def filters(self) -> Sequence[str]:
        """Topics it is to be shown."""
        ...

    def read_all(self, topic: str, payload: bytes, wall_ms: int) -> list[Taken]:
        """What a message gave, one time each; never raises for what it holds."""
        ...


def reader_of(source: Source) -> Reader:
    """The reader of a source's format."""
    if source.format == "collectd":
        return CollectdReader(source)
    if source.format == "influx":
        return InfluxReader(source)
    if source.format == "sparkplug":
        return SparkplugReader(source)
    return MessageReader(source)


class Heard(NamedTuple):
    """What one source gave."""

    ap_id: str
    taken: Taken


class _Desk:
    """One source: its reader, its state, and the topics it was seen on."""

    def __init__(self, source: Source) -> None:
        self.reader, self.state = reader_of(source), SourceState(source)
        self._topics: set[str] = set()

    def admits(self, topic: str) -> bool:
        """Whether the topic is among the few that a source may use."""
        if topic not in self._topics:
            if len(self._topics) >= TOPICS_PER_SOURCE_MAX:
                return False
            self._topics.add(topic)
        return True


class LocalSources:
    """Routes and reads; counts per source and in all."""

    def __init__(self, sources: Iterable[Source], watch: Sequence[str] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self.strange: Counter[str] = Counter()
        """Topics that nobody reads, as they may be shown."""
        self._desks = [_Desk(source) for source in sources]
        self._exact: dict[str, list[_Desk]] = {}
        self._wild: list[tuple[str, _Desk]] = []
        self._status: dict[str, list[_Desk]] = {}
        for desk in self._desks:
            for one in desk.reader.filters:
                if topic_filters.is_exact(one):
                    self._exact.setdefault(one, []).append(desk)
                else:
                    self._wild.append((one, desk))
            if desk.state.source.status is not None:
                self._status.setdefault(desk.state.source.status.topic, []).append(desk)
        own = [*self._exact, *self._status, *(one for one, _desk in self._wild)]
        self.filters = topic_filters.disjoint([*own, *watch]) if own else []
        """What to subscribe to."""

    def __iter__(self) -> Iterator[Reader]:
        return (desk.reader for desk in self._desks)

    def _of(self, topic: str) -> list[_Desk]:
        wild = [desk for one, desk in self._wild if topic_filters.matches(one, topic)]
        return [*self._exact.get(topic, ()), *wild]

    def _count(self, desk: _Desk, reasons: Iterable[Reason]) -> None:
        for reason in reasons:
            self.counts[reason] += 1
            desk.state.counts[reason] += 1

    def receive(self, topic: str, payload: bytes, now: Moment, *, retained: bool) -> list[Heard]:
        """One message of the local broker; gives what its sources took of it."""
        speakers, desks = self._status.get(topic, ()), self._of(topic)
        for desk in speakers:
            reason = desk.state.told(payload, retained=retained)
            self._count(desk, (reason,) if reason else ())
        if not desks and not speakers:
            self._stranger(topic)
        heard: list[Heard] = []
        for desk in desks:
            if retained:  # it may be a year old: neither a reading nor a sign of life
                self._count(desk, (Reason.RETAINED,))
            elif not desk.admits(topic):
                self._count(desk, (Reason.TOO_MANY_TOPICS,))
            else:
                heard.extend(self._read(desk, topic, payload, now))
        return heard

    def _read(self, desk: _Desk, topic: str, payload: bytes, now: Moment) -> Iterator[Heard]:
        for taken in desk.reader.read_all(topic, payload, now.wall_ms):
            self._count(desk, taken.refused)
            if taken.values:
                desk.state.heard(taken.values, now.mono_ns)
                yield Heard(desk.reader.source.ap_id, taken)
        if isinstance(desk.reader, SparkplugReader) and desk.reader.died:
            desk.state.died()

    def _stranger(self, topic: str) -> None:
        self.counts[TOPIC_UNKNOWN] += 1
        name = shown(topic)
        if name in self.strange or len(self.strange) < STRANGE_TOPICS_MAX:
            self.strange[name] += 1

    def dropped(self, topic: str) -> None:
        """A message found no room in the queue."""
        desks = self._of(topic)
        for desk in desks:
            self._count(desk, (Reason.DROPPED,))
        if not desks:
            self.counts[Reason.DROPPED] += 1

    # towards access points that take commands --------------------------------------------

    def _nodes(self) -> Iterator[SparkplugReader]:
        return (desk.reader for desk in self._desks if isinstance(desk.reader, SparkplugReader))

    def connected(self) -> None:
        """The local broker is there (again)."""
        for node in self._nodes():
            node.connected()

    def commands(self, now: Moment) -> list[Outgoing]:
        """Requests for a rebirth that are due."""
        return [made for node in self._nodes() if (made := node.command(now)) is not None]

    def views(self, mono_ns: int) -> tuple[SourceView, ...]:
        """Every source as it stands, for the page."""
        return tuple(desk.state.view(mono_ns) for desk in self._desks)
