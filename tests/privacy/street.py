"""A gateway beside an access point whose clients' addresses are known, and all that it emits.

Who is there and what they move is given by the seed; which address each has, by the assignment
alone. So whatever differs between two assignments was told by an address.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from edge.sparkplug_node import Outgoing
from tests.edge.one_gateway import AP_TOPIC, OneGateway
from vocabulary.event_log import EventLog, Risen
from vocabulary.units import NS_PER_S

CLIENTS: Final = 12
ROUNDS: Final = 40
ROUND_S: Final = 5

Address = bytes


class Emission(NamedTuple):
    """One message as a tap would see it."""

    at_ns: int
    topic: str
    payload: bytes
    qos: int
    retain: bool


class Captured(NamedTuple):
    """Everything that left, was logged, or lies on a disk."""

    wire: tuple[Emission, ...]
    log: tuple[str, ...]
    disk: dict[str, bytes]


class Present(NamedTuple):
    """The clients of one moment, as the access point lists them: what a leak could tell."""

    addresses: tuple[Address, ...]
    moved_bytes: tuple[int, ...]
    raw: bytes


Tamper = Callable[[Emission, Present], Sequence[Emission]]


class Leak(NamedTuple):
    """What a careless colleague would have added; each part may do nothing."""

    wire: Tamper | None = None
    log: Callable[[Present], str] | None = None
    disk: Callable[[Present], bytes] | None = None


def text_of(address: Address) -> str:
    """With colons, as access points write it."""
    return ":".join(f"{one:02x}" for one in address)


def message(addresses: Sequence[Address], moved: Sequence[int], total: int) -> bytes:
    """What an access point says: it lists its clients."""
    stations = [
        {"mac": text_of(address), "rx": rx, "host": f"phone-of-{address.hex()}"}
        for address, rx in zip(addresses, moved, strict=True)
    ]
    return json.dumps({"stations": stations, "radio": {"rx": total}}).encode()


def live(assignment: Sequence[Address], *, seed: int, leak: Leak | None = None) -> Captured:
    """Forty messages of an access point, some of them broken, through the real agent."""
    leak = leak or Leak()
    rng, gateway = random.Random(seed), OneGateway(seed=seed)
    wire: list[Emission] = []
    log: list[str] = []
    kept = b""
    events = EventLog("gateway", as_json=True, write=log.append)
    risen: Risen[str] = Risen()
    total = 0
    present = Present((), (), b"")
    gateway.agent.uplink.connected(gateway.now)
    for _ in range(ROUNDS):
        here = sorted(rng.sample(range(CLIENTS), rng.randint(1, CLIENTS)))
        moved = tuple(rng.randrange(1, 1 << 20) for _ in here)
        total += sum(moved)
        addresses = tuple(assignment[ix] for ix in here)
        raw = message(addresses, moved, total)
        if rng.random() < 0.2:
            raw = raw[:-2]  # broken on the way: it must not be kept, nor quoted
        present = Present(addresses, moved, raw)
        gateway.agent.local_message(AP_TOPIC, raw, gateway.now, retained=False)
        gateway.now = gateway.now.later(ROUND_S)
        gateway.agent.tick(gateway.now)
        for sent in _sent(gateway):
            wire += leak.wire(sent, present) if leak.wire else [sent]
        for reason, count in risen.look(gateway.agent.counts).items():
            events.say(
                "refused",
                wall_ns=gateway.now.wall_ns,
                key=str(reason),
                reason=str(reason),
                count=count,
                gateway="gw-one",
            )
        if leak.log:
            log.append(leak.log(present) + "\n")
        if leak.disk:
            kept += leak.disk(present)
    disk = dict(gateway.disk.image())
    return Captured(tuple(wire), tuple(log), disk | ({"kept": kept} if kept else {}))


def _sent(gateway: OneGateway) -> list[Emission]:
    found: list[Emission] = []
    uplink = gateway.agent.uplink
    while (out := uplink.next(gateway.now)) is not None:
        uplink.sent(out)
        found.append(_emission(out, gateway.now.mono_ns))
    return found


def _emission(out: Outgoing, at_ns: int) -> Emission:
    return Emission(at_ns - at_ns % NS_PER_S, out.topic, out.payload, out.qos, out.retain)


def assignment(seed: int, *, local: float = 0.5, vendor: bytes = b"") -> list[Address]:
    """Twelve addresses; ``local`` is the share with the bit of random ones set."""
    rng = random.Random(f"addresses {seed}")
    made = []
    for _ in range(CLIENTS):
        raw = bytearray(rng.randbytes(6))
        raw[0] = (raw[0] & 0xFC) | (2 if rng.random() < local else 0)
        raw[: len(vendor)] = vendor
        made.append(bytes(raw))
    return made


def variants(base: Sequence[Address]) -> list[list[Address]]:
    """The same day with other people: new ones, exchanged, all random, all of one maker."""
    exchanged = list(base)
    random.Random(5).shuffle(exchanged)
    return [
        assignment(99),
        exchanged,
        assignment(98, local=1.0),
        assignment(97, vendor=b"\x00\x00\x5e"),
    ]
