"""The messages of the host's benchmark: sixty-six readings each, six metrics eleven times.

Every access point sends one every ten seconds, and all answer.
"""

from collections.abc import Iterator
from typing import Final

from ingest.intake import Message
from ingest.ledger_rows import LedgerContents
from ingest.pipeline import Pipeline
from processing.settings import Settings
from vocabulary import delivery, topics
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Site
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype, Metric, Payload, Value, encode
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_MS

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
START_MS: Final = 1_800_000_000_000
BEAT_MS: Final = 10_000
SAMPLE_MS: Final = BEAT_MS // TIMES
APS: Final = GATEWAYS * APS_PER_GATEWAY
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
