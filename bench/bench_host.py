"""The host's path from message bytes to state, network excluded, on one core: and where it goes.

Each message carries 66 readings, six metrics of an access point eleven times within ten seconds,
and every access point sends one every ten seconds; all answer. Everything happens that happens in
a running host: the topic, the place in ``seq``, the offset, the kernels, the step of the
processor. Lines for the database are no part of the first figure, and of the one beside it.
Seconds are those of the processor: "on one core" must not depend on who else uses the machine.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from time import process_time_ns
from typing import Any, Final

from bench.figure import Figure
from ingest import fast_lane, pipeline
from ingest.intake import Message
from ingest.ledger_rows import LedgerContents
from ingest.pipeline import Pipeline
from ingest.plain_lines import Fields, PlainLines
from processing import bind
from processing.changes import NodeState
from processing.settings import Settings
from processing.step import warm_up
from vocabulary import delivery, topics
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Site
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype, Metric, Payload, Value, encode
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_MS, NS_PER_S

FAMILY: Final = "host"
GATEWAYS: Final = 50
APS_PER_GATEWAY: Final = 20
NAMES: Final = (
    "wifi/ok",
    "wifi/seq",
    "wifi/clients",
    "wifi/rx_bytes",
    "wifi/tx_bytes",
    "wifi/uptime_s",
)
TIMES: Final = 11
READINGS_PER_MESSAGE: Final = TIMES * len(NAMES)
MESSAGES: Final = 4_000
PER_TURN: Final = 250
ROUNDS: Final = 5
OBJECT_MESSAGES: Final = 500
START_MS: Final = 1_800_000_000_000
BEAT_MS: Final = 10_000
SAMPLE_MS: Final = BEAT_MS // TIMES
APS: Final = GATEWAYS * APS_PER_GATEWAY
TARGET: Final = 2e6
TOLD: Final = (
    delivery.SPOOL_EPOCH,
    delivery.SPOOL_OFFSET,
    delivery.TIME_BOOT,
    delivery.TIME_MONOTONIC,
    delivery.TIME_SENT,
)


def town() -> Inventory:
    """Gateways with access points."""
    return Inventory(
        area=(Area("north", "North"),),
        site=(Site("library", "City Library", "north"),),
        gateway=tuple(Gateway(f"g{ix}", "library", "city") for ix in range(GATEWAYS)),
        access_point=tuple(
            AccessPoint(f"a{ix}-{k}", "library", f"g{ix}")
            for ix in range(GATEWAYS)
            for k in range(APS_PER_GATEWAY)
        ),
    )


def _message(verb: Verb, gateway: str, device: str, payload: Payload, now_ms: int) -> Message:
    topic = topics.render(Topic("city", verb, gateway, device or None))
    body = encode(payload, announce=verb in (Verb.NBIRTH, Verb.DBIRTH))
    return Message(topic, body, now_ms * NS_PER_MS)


def _births(gateway: int) -> Iterator[Message]:
    told = {delivery.BD_SEQ: 0, delivery.SPOOL_EPOCH: 7, delivery.SPOOL_COMMITTED: 0}
    node = tuple(Metric(n, None, None, Datatype.INT64, v) for n, v in told.items())
    yield _message(Verb.NBIRTH, f"g{gateway}", "", Payload(node, START_MS, 0), START_MS)
    for k in range(APS_PER_GATEWAY):
        base = 1 + k * (len(NAMES) + len(TOLD))
        kinds = {name: CATALOGUE[name].datatype for name in NAMES}
        kinds |= dict.fromkeys(TOLD, Datatype.INT64)
        metrics = tuple(
            Metric(name, base + ix, None, kind, None)
            for ix, (name, kind) in enumerate(kinds.items())
        )
        payload = Payload(metrics, START_MS, (1 + k) % 256)
        yield _message(Verb.DBIRTH, f"g{gateway}", f"a{gateway}-{k}", payload, START_MS)


def births() -> list[Message]:
    """Of all gateways and access points."""
    return [one for gateway in range(GATEWAYS) for one in _births(gateway)]


def _values(turn: int, at: int) -> tuple[Value, ...]:
    beat = turn * TIMES + at
    return (True, beat, beat % 40, beat * 150_000, beat * 900_000, 1_000 + beat * 10)


def _data(number: int) -> Message:
    gateway, turn = number % GATEWAYS, number // GATEWAYS
    k, round_ = turn % APS_PER_GATEWAY, turn // APS_PER_GATEWAY
    base = 1 + k * (len(NAMES) + len(TOLD))
    now_ms = START_MS + BEAT_MS + number * BEAT_MS // APS
    metrics = [
        Metric(
            None, base + ix, now_ms + (at + 1 - TIMES) * SAMPLE_MS, CATALOGUE[name].datatype, value
        )
        for at in range(TIMES)
        for ix, (name, value) in enumerate(zip(NAMES, _values(round_, at), strict=True))
    ]
    told = (7, turn, 1, now_ms, now_ms)
    metrics += [
        Metric(None, base + len(NAMES) + ix, now_ms, Datatype.INT64, value)
        for ix, value in enumerate(told)
    ]
    payload = Payload(tuple(metrics), now_ms, (1 + APS_PER_GATEWAY + turn) % 256)
    return _message(Verb.DDATA, f"g{gateway}", f"a{gateway}-{k}", payload, now_ms)


def data(count: int = MESSAGES) -> list[Message]:
    """Messages in order of arrival."""
    return [_data(number) for number in range(count)]


def fresh(inventory: Inventory) -> Pipeline:
    """A host that knows every alias."""
    contents = LedgerContents(checkpoint=None, received={}, number=0)
    made = Pipeline(
        inventory,
        Settings(pause_ms=0),
        contents=contents,
        commit_s=1.0,
        pending_bytes_max=1 << 40,
        now_ns=START_MS * NS_PER_MS,
    )
    made.receive_all(births())
    first = data(APS)
    made.receive_all(first)  # everybody's first life is no steady state
    made.advance(first[-1].arrival_ns)
    return made


class Stopwatch:
    """Time spent in named parts."""

    def __init__(self) -> None:
        self.spent_ns: dict[str, int] = {}

    def on(self, owner: object, name: str, label: str) -> tuple[object, str, Callable[..., Any]]:
        """A function of ``owner``, watched, for ``replaced``."""
        part: Callable[..., Any] = getattr(owner, name)

        def watched(*args: Any, **named: Any) -> Any:
            begun_ns = process_time_ns()
            made = part(*args, **named)
            self.spent_ns[label] = self.spent_ns.get(label, 0) + process_time_ns() - begun_ns
            return made

        return owner, name, watched


@contextmanager
def replaced(*parts: tuple[Any, str, Any]) -> Iterator[None]:
    """Other functions in the place of some, for a while."""
    kept = [(owner, name, getattr(owner, name)) for owner, name, _new in parts]
    for owner, name, new in parts:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, was in kept:
            setattr(owner, name, was)


def _run(host: Pipeline, messages: Sequence[Message], *, one_by_one: bool = False) -> float:
    """Seconds from bytes to state."""
    begun_ns = process_time_ns()
    for first in range(0, len(messages), PER_TURN):
        turn = messages[first : first + PER_TURN]
        if one_by_one:
            for message in turn:
                host.receive(message)
        else:
            host.receive_all(turn)
        host.advance(turn[-1].arrival_ns)
    seconds = (process_time_ns() - begun_ns) / NS_PER_S
    assert host.intake.readings == (APS + len(messages)) * READINGS_PER_MESSAGE
    assert not host.intake.counts
    states = {change.state for change in host.nodes.values()}
    assert states <= {NodeState.UP}, "something went dark, and that is another benchmark"
    return seconds


def _no_fields(_readings: object) -> Fields:
    return Fields([], [], [], [])


def _no_lines(*_arguments: object) -> list[str]:
    return []


WITHOUT_LINES: Final = (
    (fast_lane, "fields_of", _no_fields),
    (PlainLines, "lines", _no_lines),
)


def _best(inventory: Inventory, messages: Sequence[Message]) -> float:
    seconds = min(_run(fresh(inventory), messages) for _ in range(ROUNDS))
    return len(messages) * READINGS_PER_MESSAGE / seconds


def _parts(inventory: Inventory, messages: Sequence[Message]) -> dict[str, float]:
    """Nanoseconds per reading, by part; what is left is sessions, offsets and their accounts."""
    watch = Stopwatch()
    with replaced(
        watch.on(fast_lane, "join", "join"),
        watch.on(fast_lane, "decode", "decode"),
        watch.on(bind, "bind", "bind"),
        watch.on(fast_lane, "fields_of", "lines"),
        watch.on(PlainLines, "lines", "lines"),
        watch.on(pipeline, "step", "step"),
        watch.on(PlainLines, "usage_lines", "usage_lines"),
    ):
        runs = []
        for _ in range(ROUNDS):
            host = fresh(inventory)
            watch.spent_ns.clear()
            total_ns = round(_run(host, messages) * NS_PER_S)
            runs.append((total_ns, dict(watch.spent_ns)))
    total_ns, parts = min(runs, key=itemgetter(0))
    parts["sessions_and_offsets"] = total_ns - sum(parts.values())
    return {name: ns / len(messages) / READINGS_PER_MESSAGE for name, ns in parts.items()}


def run() -> list[Figure]:
    """Many at a time, the same with lines, one by one through objects, and the parts."""
    inventory, messages = town(), data(APS + MESSAGES)[APS:]
    bind.warm_up()
    warm_up(fresh(inventory).city)
    with replaced(*WITHOUT_LINES, (PlainLines, "usage_lines", _no_lines)):
        bare = _best(inventory, messages)
    with_lines = _best(inventory, messages)
    some = messages[:OBJECT_MESSAGES]
    objects = len(some) * READINGS_PER_MESSAGE / _run(fresh(inventory), some, one_by_one=True)
    parts = _parts(inventory, messages)
    return [
        Figure(
            name="host.readings_per_s",
            value=bare,
            unit="readings/s",
            better="higher",
            beside={"target": TARGET, "with_lines": with_lines, "protobuf_objects": objects},
        ),
        Figure(
            name="host.ns_per_reading",
            value=sum(parts.values()),
            unit="ns",
            better="lower",
            beside=parts,
        ),
    ]
