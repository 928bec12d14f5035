"""What a gateway is told about its access points: one ``[[source]]`` each, and how it is judged.

What a format needs differs, so the keys that belong to others are refused with the format's name:
a key that nothing reads would be taken for one that works.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from edge import influx_line, message_path, topic_filters
from edge.check_desk import split
from vocabulary.configuration import Fault, tables
from vocabulary.ids import Slug
from vocabulary.metrics import CATALOGUE, Metric

OUR_OWN: Final = frozenset({"wifi/ok", "wifi/seq"})
"""Said by the gateway about an access point, never by the access point itself."""
TOPICS_PER_SOURCE_MAX: Final = 512
METRICS_PER_SOURCE_MAX: Final = 64
WORDS_MAX: Final = 32
WITH_WILDCARDS: Final = frozenset({"influx", "sparkplug"})
COLLECTD_PATH: Final = re.compile(r"[^/+#\0]+/[^/+#\0]+")
SPARKPLUG_TOPIC: Final = re.compile(r"spBv1\.0/([^/+#\0]+)/\+/([^/+#\0]+)/#")
UNITS: Final[dict[str, dict[str, float]]] = {
    "bytes": {
        "bytes": 1,
        "bits": 0.125,
        "kB": 1e3,
        "MB": 1e6,
        "GB": 1e9,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
    },
    "s": {"s": 1, "ms": 1e-3, "min": 60, "h": 3_600},
    "pct": {"pct": 1, "ratio": 100},
    "dbm": {"dbm": 1},
    "": {},
}
"""Unit of the catalogue -> what an access point may use instead, and what it is worth."""

Topic = Annotated[str, msgspec.Meta(min_length=1, max_length=topic_filters.TOPIC_CHARS_MAX)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Words = Annotated[dict[Word, float], msgspec.Meta(max_length=WORDS_MAX)]


class MetricPath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of an access point's message: its name with us and where it stands.

    ``path`` is read as the format demands: JMESPath (json), ``plugin/type`` (collectd),
    ``measurement,tag=value field`` (influx), a metric's name (sparkplug).
    """

    name: str
    path: str = "@"
    scale: float = 1.0
    unit: str = ""
    words: Words = {}
    topic: str = ""
    value: Annotated[int, msgspec.Meta(ge=0, le=63)] = 0
    device: str = ""

    @property
    def factor(self) -> float:
        """What a number is multiplied by."""
        return UNITS[CATALOGUE[self.name].unit][self.unit] if self.unit else self.scale


class TimePath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a message carries its own time, and in which unit."""

    path: str = ""
    unit: Literal["s", "ms", "us", "ns"] = "s"


class StatusTopic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an access point, or its broker for it, says whether it is there."""

    topic: Topic
    online: Word = "online"
    offline: Word = "offline"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one access point publishes, and what to take from it."""

    ap_id: Slug
    topic: Topic
    metrics: Annotated[
        tuple[MetricPath, ...], msgspec.Meta(min_length=1, max_length=METRICS_PER_SOURCE_MAX)
    ]
    format: Literal["json", "plain", "collectd", "influx", "sparkplug"] = "json"
    time: TimePath | None = None
    max_age_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None
    """Silent for so long it has left: the gateway says so, and beats no more until it is back."""
    address: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """HOST:PORT where the access point answers connections, for checks on request."""
    status: StatusTopic | None = None


_KEYS_OF: Final = {
    "words": frozenset({"json", "plain"}),
    "topic": frozenset({"plain"}),
    "value": frozenset({"collectd"}),
    "device": frozenset({"sparkplug"}),
}
_TIME_OF: Final = frozenset({"json", "influx"})
_Finding = tuple[str, str, str]


def _format_of(source: Mapping[str, Any]) -> str:
    return str(source.get("format", "json"))


def _topic_faults(source: Mapping[str, Any]) -> Iterator[_Finding]:
    topic, kind = source.get("topic"), _format_of(source)
    if not isinstance(topic, str):
        return
    wanted = topic_filters.fault(topic)
    if wanted is None and kind not in WITH_WILDCARDS and not topic_filters.is_exact(topic):
        wanted = "one topic, without the wildcards + and #"
    if wanted is None and kind == "sparkplug" and not SPARKPLUG_TOPIC.fullmatch(topic):
        wanted = "spBv1.0/GROUP/+/NODE/#, the messages of one edge node"
    if wanted is not None:
        yield "topic", f"`{topic}`", wanted


def _status_faults(source: Mapping[str, Any]) -> Iterator[_Finding]:
    status = source.get("status")
    if not isinstance(status, Mapping):
        return
    topic = status.get("topic")
    if isinstance(topic, str) and (topic_filters.fault(topic) or not topic_filters.is_exact(topic)):
        yield "status", f"`{topic}`", "one topic, without the wildcards + and #"
    if topic is not None and topic == source.get("topic"):
        yield "status", f"`{topic}`", "a topic that carries no readings"
    if status.get("online", "online") == status.get("offline", "offline"):
        yield "status", "the same word for online and offline", "two words"


def _time_faults(source: Mapping[str, Any]) -> Iterator[_Finding]:
    time, kind = source.get("time"), _format_of(source)
    if not isinstance(time, Mapping):
        return
    path = time.get("path", "")
    if kind not in _TIME_OF:
        yield "time", f"a time in format {kind}", "no such key: the format settles it"
    elif kind == "influx" and path:
        yield "time", f"the path `{path}`", "a unit alone: each line carries its time"
    elif kind == "json" and isinstance(path, str):
        expected = message_path.fault(path) if path else "a JMESPath expression"
        if expected:
            yield "time", f"the path `{path}`", expected


def _path_fault(path: object, kind: str) -> str | None:
    if not isinstance(path, str):
        return None
    if kind in ("json", "plain"):
        return message_path.fault(path)
    if message_path.ADDRESS.search(path):
        return "a path without anybody's address"
    if kind == "collectd" and not COLLECTD_PATH.fullmatch(path):
        return "PLUGIN/TYPE as in collectd's topics, for example interface-wlan0/if_octets"
    if kind == "influx" and influx_line.place(path) is None:
        return "MEASUREMENT[,TAG=VALUE] FIELD, for example wireless,interface=wlan0 noise"
    if kind == "sparkplug" and path in ("", "@"):
        return "the name of a metric"
    return None


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def _value_faults(row: Mapping[str, Any], known: Metric) -> Iterator[tuple[str, str]]:
    """Units, scale and words, held against the catalogue's unit and range."""
    unit, scale, words = row.get("unit"), row.get("scale"), row.get("words")
    if isinstance(unit, str) and unit:
        may = UNITS.get(known.unit, {})
        if unit not in may:
            yield f"`{unit}`", f"a unit of {known.name}: {', '.join(may) or 'none, it is a number'}"
        if scale not in (None, 1.0):
            yield "a unit and a scale", "one of the two"
    if _is_number(scale):
        bad_sign = scale < 0 <= known.low  # type: ignore[operator]
        if not math.isfinite(scale) or scale == 0 or bad_sign:  # type: ignore[arg-type]
            yield f"scale {scale}", f"a scale that keeps {known.name} in {known.low}..{known.high}"
    for word, number in words.items() if isinstance(words, Mapping) else ():
        if _is_number(number) and not known.low <= number <= known.high:
            yield f"`{word}` = {number}", f"a value of {known.name} in {known.low}..{known.high}"


def _metric_faults(row: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    name, path = row.get("name"), row.get("path")
    known = CATALOGUE.get(name) if isinstance(name, str) else None
    if isinstance(name, str) and (known is None or known.family != "wifi" or name in OUR_OWN):
        yield f"`{name}`", "a wifi/ metric of the catalogue that access points report"
    elif known is not None:
        yield from _value_faults(row, known)
    expected = _path_fault("@" if path is None else path, kind)
    if expected:
        yield f"the path `{path}`", expected
    for key, formats in _KEYS_OF.items():
        if row.get(key) and kind not in formats:  # a default may be written out
            yield f"the key `{key}` in format {kind}", f"it only in {', '.join(sorted(formats))}"
    topic = row.get("topic")
    if isinstance(topic, str) and topic and not topic_filters.is_exact(topic):
        yield f"`{topic}`", "one topic, without the wildcards + and #"


def source_faults(source: Mapping[str, Any]) -> Iterator[_Finding]:
    """Key, what was found, what was expected, of one source."""
    yield from _topic_faults(source)
    yield from _time_faults(source)
    yield from _status_faults(source)
    address = source.get("address")
    if isinstance(address, str) and address and split(address) is None:
        yield "address", f"`{address}`", "HOST:PORT"
    names: set[str] = set()
    for _, metric in tables(source.get("metrics")):
        for found, expected in _metric_faults(metric, _format_of(source)):
            yield "metrics", found, expected
        name = metric.get("name")
        if isinstance(name, str) and name in names:
            yield "metrics", f"`{name}` again", "each name once"
        names.add(str(name))


def judge(data: Mapping[str, Any], fault: Fault) -> None:
    """All sources of a file: each alone, and whether two read the same metric or topic."""
    owners: dict[tuple[str, str], int] = {}
    topics: dict[str, int] = {}
    for ix, source in tables(data.get("source")):
        for key, found, expected in source_faults(source):
            fault(("source", ix, key), found, expected)
        topic = source.get("topic")
        if isinstance(topic, str) and topics.setdefault(topic, ix) != ix:
            fault(("source", ix, "topic"), f"`{topic}` again", "each topic once")
        for _, metric in tables(source.get("metrics")):
            pair = (str(source.get("ap_id")), str(metric.get("name")))
            if owners.setdefault(pair, ix) != ix:
                found = f"`{pair[1]}` of {pair[0]} again"
                fault(("source", ix, "metrics"), found, f"it from source[{owners[pair]}] alone")
