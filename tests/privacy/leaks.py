"""Planted leaks, as a careless or a clever colleague would add them, and who must notice each."""

import base64
import hashlib
import hmac
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.privacy.street import Address, Emission, Leak, Present, text_of
from vocabulary.payload import Datatype, Metric, Payload, encode
from vocabulary.units import NS_PER_MS

SECRET: Final = b"nobody knows this"


class Planted(NamedTuple):
    """One leak and the judges that must find it."""

    leak: Leak
    caught_by: frozenset[str]


def _added(sent: Emission, *metrics: Metric) -> Emission:
    """Protobuf messages one after the other are one message with the metrics of both."""
    return sent._replace(payload=sent.payload + encode(Payload(metrics), announce=True))


def tells(name: str, value: Callable[[Present], str | int]) -> Leak:
    """One more metric in each message of the access point."""

    def tamper(sent: Emission, present: Present) -> Sequence[Emission]:
        if "/DDATA/" not in sent.topic or not present.addresses:
            return [sent]
        told = value(present)
        datatype = Datatype.STRING if isinstance(told, str) else Datatype.INT64
        return [_added(sent, Metric(name, None, None, datatype, told))]

    return Leak(wire=tamper)


def _first(present: Present) -> Address:
    return present.addresses[0]


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _hll(present: Present, key: bytes) -> str:
    """Sixteen registers of leading zeros: small, and in effect a list."""
    registers = [0] * 16
    for address in present.addresses:
        number = int.from_bytes(hashlib.blake2b(address, key=key, digest_size=8).digest(), "big")
        zeros = 60 - (number >> 4).bit_length()
        registers[number & 15] = max(registers[number & 15], zeros)
    return "".join(f"{one:x}" for one in registers)


def _ordered(present: Present) -> str:
    pairs = zip(present.addresses, present.moved_bytes, strict=True)
    return ",".join(str(moved) for _address, moved in sorted(pairs))


def _counter(sent: Emission, present: Present) -> Sequence[Emission]:
    """Address bytes inside the permitted byte counter."""
    if "/DDATA/" not in sent.topic or not present.addresses:
        return [sent]
    value = int.from_bytes(_first(present)[3:], "big") + (1 << 40)
    return [_added(sent, Metric("wifi/rx_bytes", None, None, Datatype.INT64, value))]


def _late(sent: Emission, present: Present) -> Sequence[Emission]:
    """Sent so many milliseconds later as the address says."""
    last = _first(present)[-1] if present.addresses else 0
    return [sent._replace(at_ns=sent.at_ns + last * NS_PER_MS)]


def _topic(sent: Emission, present: Present) -> Sequence[Emission]:
    if "/DDATA/" not in sent.topic or not present.addresses:
        return [sent]
    return [sent._replace(topic=sent.topic.rpartition("/")[0] + "/" + _first(present).hex())]


def _bridged(sent: Emission, present: Present) -> Sequence[Emission]:
    topic = "ap/ap-one/status"
    return (
        [sent, Emission(sent.at_ns, topic, encode(Payload(())) + b"", 0, True)]
        if (present.addresses)
        else [sent]
    )


def _planted(leak: Leak, caught_by: str) -> Planted:
    return Planted(leak, frozenset(caught_by.split()))


_HEX: Final = "T1 T2 T3"
_DERIVED: Final = "T1 T2"
LEAKS: Final[dict[str, Planted]] = {
    "L1 hex": _planted(tells("wifi/x", lambda p: _first(p).hex()), _HEX),
    "L2 colons": _planted(tells("wifi/x", lambda p: text_of(_first(p))), _HEX),
    "L3 base64": _planted(tells("wifi/x", lambda p: base64.b64encode(_first(p)).decode()), _HEX),
    "L4 integer": _planted(tells("wifi/x", lambda p: int.from_bytes(_first(p), "big")), _HEX),
    "L5 SHA-256": _planted(tells("wifi/x", lambda p: _sha(_first(p))), _HEX),
    "L6 SHA-256, eight digits": _planted(tells("wifi/x", lambda p: _sha(_first(p))[:8]), _HEX),
    "L7 SHA-256 with its salt": _planted(
        tells("wifi/x", lambda p: "salt7:" + _sha(b"salt7" + _first(p))), _HEX
    ),
    "L8 last three bytes": _planted(tells("wifi/x", lambda p: _first(p)[3:].hex()), _DERIVED),
    "L9 SHA-256, secret salt": _planted(
        tells("wifi/x", lambda p: _sha(SECRET + _first(p))), _DERIVED
    ),
    "L10 HMAC ids": _planted(
        tells("wifi/x", lambda p: hmac.new(SECRET, _first(p), "sha256").hexdigest()), _DERIVED
    ),
    "L11 vendors": _planted(
        tells("wifi/x", lambda p: str(sorted(Counter(a[:3].hex() for a in p.addresses).items()))),
        _DERIVED,
    ),
    "L12 share of random addresses": _planted(
        tells("wifi/x", lambda p: 100 * sum(a[0] >> 1 & 1 for a in p.addresses)), _DERIVED
    ),
    "L13 sketch": _planted(tells("wifi/x", lambda p: _hll(p, b"")), _DERIVED),
    "L14 keyed sketch": _planted(tells("wifi/x", lambda p: _hll(p, SECRET)), _DERIVED),
    "L15 sixteen buckets": _planted(
        tells("wifi/x", lambda p: str(sorted(Counter(a[5] & 15 for a in p.addresses).items()))),
        _DERIVED,
    ),
    "L16 session ids": _planted(
        tells("wifi/x", lambda p: str(uuid.uuid5(uuid.NAMESPACE_OID, _first(p).hex()))), _DERIVED
    ),
    "L17 list in the order of addresses": _planted(tells("wifi/x", _ordered), _DERIVED),
    "L18 bytes per device": _planted(
        tells("wifi/x", lambda p: ",".join(map(str, sorted(p.moved_bytes)))), "T1"
    ),
    "L19 inside a byte counter": _planted(Leak(wire=_counter), "T2"),
    "L20 in the time of sending": _planted(Leak(wire=_late), "T2"),
    "L21 in a topic": _planted(Leak(wire=_topic), _DERIVED),
    "L22 quarantine keeps the message": _planted(Leak(disk=lambda p: p.raw), "T4"),
    "L23 a traceback quotes it": _planted(
        Leak(log=lambda p: f"JSONDecodeError: {p.raw[:200]!r}"), "T1 T4"
    ),
    "L24 the local broker keeps it": _planted(
        Leak(disk=lambda p: b"\x00\x10ap/ap-one/status" + b"".join(p.addresses)), "T4"
    ),
    "L25 a retained list is bridged": _planted(Leak(wire=_bridged), "T1 T4"),
}
REACHING: Final = (
    "stations[0].rx",
    "stations[?mac=='02:00:5e:00:00:01'].rx",
    "max_by(stations, &rx).rx",
    "stations[*].mac",
    "sort_by(stations, &mac)[0].rx",
)
"""L26: paths that reach one client; the loader alone refuses them."""
