"""Four judges of what a gateway emits. Each gives its findings; none for a clean build."""

import base64
import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from edge.configuration import digest
from tests.edge.one_gateway import settings
from tests.privacy.street import Address, Captured, Emission, text_of
from vocabulary import topics
from vocabulary.payload import Datatype, Metric, decode, interpret
from vocabulary.topics import Topic

ALLOWED: Final[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "allowed.toml").read_text("utf-8")
)
HASHES: Final = ("md5", "sha1", "sha256", "blake2b")
DIGITS_MIN: Final = 8
LOG_FRAME: Final = {"ts", "level", "event", "component", "repeated"}
TEXTS: Final[dict[str, frozenset[str]]] = {
    "Node Control/Check Now": frozenset({""}),
    "Node Info/Configuration": frozenset({digest(settings())}),
}
"""The only metrics that are texts, and all they may say: what the configuration alone settles."""


class _Names:
    """Aliases as births announced them."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, int]] = {}

    def of(self, metric: Metric) -> tuple[str, int]:
        if metric.alias is None:
            return metric.name or "", metric.datatype or 0
        if metric.name is not None:
            self._known[metric.alias] = (metric.name, metric.datatype or 0)
        return self._known.get(metric.alias, ("", 0))


def allow_list(captured: Captured) -> list[str]:
    """T1: everything on the wire and in the log is on the list, with a value in its range."""
    names = _Names()
    found = [one for sent in captured.wire for one in _not_allowed(sent, names)]
    return found + [one for line in captured.log for one in _line_not_allowed(line)]


def _not_allowed(sent: Emission, names: _Names) -> Iterator[str]:
    topic = topics.parse(sent.topic)
    if not isinstance(topic, Topic):
        yield f"topic {sent.topic}"
        return
    if topic.district not in ALLOWED["districts"] or topic.gateway not in ALLOWED["gateways"]:
        yield f"topic {sent.topic}"
    if topic.verb not in ALLOWED["verbs"] or (
        topic.device is not None and topic.device not in ALLOWED["devices"]
    ):
        yield f"topic {sent.topic}"
    if (sent.qos, sent.retain) != (0, False):
        yield f"{sent.topic}: QoS {sent.qos}, retained {sent.retain}"
    payload = decode(sent.payload)
    if payload.uuid:
        yield "a uuid"
    for metric in payload.metrics:
        name, datatype = names.of(metric)
        value = interpret(metric, datatype) if datatype in set(Datatype) else metric.value
        if name not in TEXTS and name not in ALLOWED["metrics"]:
            yield f"metric {name!r}"
        elif not _value_allowed(name, value):
            yield f"{name} = {value!r}"


def _value_allowed(name: str, value: Any) -> bool:
    if value is None:
        return True
    if name in TEXTS:
        return value in TEXTS[name]
    low, high = ALLOWED["metrics"][name]
    return not isinstance(value, str) and bool(low <= value <= high)


def _line_not_allowed(line: str) -> Iterator[str]:
    try:
        row = json.loads(line)
    except ValueError:
        yield f"a line that is no event: {line[:40]!r}"
        return
    fields = ALLOWED["log"].get(row.get("event"))
    if not isinstance(fields, list):
        yield f"event {row.get('event')!r}"
        return
    for name in row.keys() - LOG_FRAME - set(fields):
        yield f"field {name!r}"
    for name in fields:
        value = row.get(name, 0)
        words = [*ALLOWED["log"]["words"], *ALLOWED["gateways"]]
        if isinstance(value, str) and value not in words:
            yield f"{name} = {value!r}"


def identity_swap(captured: Captured, others: Sequence[Captured]) -> list[str]:
    """T2: with other addresses nothing at all is different."""
    return [
        f"assignment {number}: the {what} differs"
        for number, other in enumerate(others)
        for what in ("wire", "log", "disk")
        if getattr(captured, what) != getattr(other, what)
    ]


def _needles(address: Address) -> list[bytes]:
    upper = [address.hex().upper(), text_of(address).upper(), text_of(address).replace(":", "-")]
    plain = [address.hex(), text_of(address), *upper, base64.b64encode(address).decode()]
    return [one.encode() for one in plain]


def _spellings(address: Address, salts: Sequence[bytes]) -> Iterator[bytes]:
    """Every hash of every spelling, plain and with each word that travelled, as hexadecimal."""
    for spelled in (address, text_of(address).encode(), address.hex().encode()):
        for salt in (b"", *salts):
            for salted in {spelled, salt + spelled, spelled + salt}:
                for name in HASHES:
                    digest = hashlib.new(name, salted).hexdigest()
                    yield digest[:DIGITS_MIN].encode()


def enumeration(captured: Captured, planted: Sequence[Address]) -> list[str]:
    """T3: no field is a planted address in any writing, nor a hash of one."""
    names = _Names()
    metrics = [
        (names.of(metric)[0], metric.value)
        for sent in captured.wire
        for metric in decode(sent.payload).metrics
    ]
    numbers = {value for _name, value in metrics if isinstance(value, int)}
    texts = {value for _name, value in metrics if isinstance(value, str)}
    said = b"\n".join(
        [one.topic.encode() + b" " + one.payload for one in captured.wire]
        + [line.encode() for line in captured.log]
    ).lower()
    salts = sorted({text.partition(":")[0].encode() for text in texts if ":" in text})[:4]
    found = []
    for address in planted:
        if {int.from_bytes(address, "big"), int.from_bytes(address, "little")} & numbers:
            found.append(f"{address.hex()} as a number")
        needles = [*_needles(address)[:5], *_spellings(address, salts)] if texts else []
        all_needles = (*needles, *_needles(address)[:5])
        found += [f"{address.hex()} as {one!r}" for one in all_needles if one.lower() in said]
        if _needles(address)[5].lower() in said:
            found.append(f"{address.hex()} in base64")
    return found


def at_rest(captured: Captured, planted: Sequence[Address]) -> list[str]:
    """T4: no address on any disk or in any log, as text or as six bytes in either order."""
    places = captured.disk | {"log": "".join(captured.log).encode()}
    found = []
    for name, raw in places.items():
        lower = raw.lower()
        for address in planted:
            needles = [address.hex().encode(), text_of(address).encode()]
            if any(one in lower for one in needles) or address in raw or address[::-1] in raw:
                found.append(f"{address.hex()} in {name}")
    retained = [one for one in captured.wire if one.retain]
    return found + [f"retained {one.topic}" for one in retained]


Judge = Callable[[Captured], list[str]]
