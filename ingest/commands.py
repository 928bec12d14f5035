"""What the host says to gateways: asks for births, and tells what is stored."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ingest.ledger_rows import Key
from vocabulary import delivery, topics
from vocabulary.payload import Datatype, Metric, Payload, encode
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_MS

_NO_ALIASES: Final[Mapping[str, int]] = MappingProxyType({})


class Publication(NamedTuple):
    """One message for the broker."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


def _command(
    district: str,
    gateway: str,
    metrics: tuple[Metric, ...],
    now_ns: int,
    *,
    announce: bool = True,
) -> Publication:
    topic = topics.render(Topic(district, Verb.NCMD, gateway))
    payload = Payload(metrics, timestamp_ms=now_ns // NS_PER_MS)
    return Publication(topic, encode(payload, announce=announce))


def rebirth(district: str, gateway: str, now_ns: int) -> Publication:
    """Ask for all births again; by name, for a host that lost the aliases has only that."""
    wanted = Metric(name=delivery.REBIRTH, datatype=Datatype.BOOLEAN, value=True)
    return _command(district, gateway, (wanted,), now_ns)


def check_now(district: str, gateway: str, device: str, now_ns: int) -> Publication:
    """Ask a gateway to check a device at once; an empty name means the gateway itself.

    What the check finds comes as ordinary data of the device (``check/…``, or the vitals of the
    gateway), so nothing waits for an answer here.
    """
    wanted = Metric(name=delivery.CHECK_NOW, datatype=Datatype.STRING, value=device)
    return _command(district, gateway, (wanted,), now_ns)


def commit(
    district: str, key: Key, below: int, now_ns: int, aliases: Mapping[str, int] = _NO_ALIASES
) -> Publication:
    """Tell a gateway that everything below an offset of its epoch is stored.

    Both numbers go in one message, so neither can be taken without the other; its time is the
    host's, which a gateway without a clock of its own may take over. What its birth gave an alias
    is called by that alone, as the standard wants it.
    """
    gateway, epoch = key
    numbers = {delivery.SPOOL_EPOCH: epoch, delivery.SPOOL_COMMITTED: below}
    by_alias = numbers.keys() <= aliases.keys()
    metrics = tuple(
        Metric(
            name=None if by_alias else name,
            alias=aliases[name] if by_alias else None,
            datatype=Datatype.INT64,
            value=value,
        )
        for name, value in numbers.items()
    )
    return _command(district, gateway, metrics, now_ns, announce=not by_alias)
