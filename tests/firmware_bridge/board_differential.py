"""The C board against the Python board: the same requests at the same times, the same answers."""

import ctypes
import random
import struct
from functools import cache

from firmware_bridge.frame import encode
from simulators.c_core import CStreetBox
from simulators.street_box import Misbehaviour, StreetBox, experiment
from tests.firmware_bridge.differential import nasty, spoiled

SESSIONS = (0, 77, 78)
OFFSETS = (0, 62, 100, 172, 173, 60_000)
STARTS_US = (0, 2**32 * 1_000 - 3_000_000, 2**32 - 10)
PAUSES_US = (0, 17, 1_000, 999_999, 5_000_000)


class Gateway:
    """Asks for things, sensible and not; knows which session and id it is at."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._session = self._id = 0
        self._greets = chance.random() < 0.7

    def request(self) -> bytes:
        """The next one."""
        chance, seq = self._chance, self._chance.randrange(256)
        match chance.randrange(12):
            case 0 | 1 if self._greets:
                return encode(1, seq, self._greeting())
            case 2:
                return encode(3, seq, chance.choice(OFFSETS).to_bytes(2, "little"))
            case 3:
                return encode(6, seq, chance.randbytes(chance.choice((7, 8, 9))))
            case 4:
                what = chance.choice([*Misbehaviour])
                return experiment(what, chance.randrange(1_000), seq=seq)
            case 5:
                return encode(chance.randrange(32), seq, nasty(chance, 64))
            case _:
                return encode(8, seq, self._command())

    def _greeting(self) -> bytes:
        chance = self._chance
        if chance.random() < 0.3:
            return chance.choice((b"", b"\1\2", bytes(5)))
        before, self._session = self._session, chance.choice(SESSIONS)
        self._id = 0 if self._session != before else self._id
        return struct.pack("<IB", self._session, 1)

    def _command(self) -> bytes:
        chance = self._chance
        if chance.random() < 0.7:
            self._id = self._id % 65_535 + 1
        command_id = chance.choice((self._id, self._id, self._id, 0, 1, 2, 65_535))
        session = chance.choice((self._session, self._session, self._session, *SESSIONS))
        op = chance.choice((1, 2, 3, 3, 3, 4, 9))
        arguments = struct.pack("<I", chance.choice((5, 20, 1_000, 2**32 - 1)))
        arguments = arguments[: chance.choice((4, 4, 4, 0, 2))]
        return struct.pack("<IHH", session, command_id, op) + arguments


def _differ(python: StreetBox, c: CStreetBox, *, taking: bool) -> str | None:
    if taking and (ours := python.take()) != (theirs := c.take()):
        return f"C says {theirs.hex()}, Python {ours.hex()}"
    mine, its = python.wish(), c.wish()
    if mine != its and (mine.what or its.what):
        return f"C wishes {its}, Python {mine}"
    if python.due_ms != c.due_ms:
        return f"C is due at {c.due_ms}, Python at {python.due_ms}"
    return None


def parts(seed: int, steps: int, compiled: ctypes.CDLL | None = None) -> str | None:
    """Where they part, of so many requests; None if nowhere."""
    chance = random.Random(seed)
    born = {"uid": chance.getrandbits(64), "boot_id": chance.getrandbits(32), "reset_reason": 2}
    now_us = chance.choice(STARTS_US)
    python = StreetBox(now_us, **born)
    c = CStreetBox(now_us, **born, compiled=compiled)
    gateway, takes = Gateway(chance), chance.choice((0.9, 0.1))
    for step in range(steps):
        now_us += chance.choice(PAUSES_US)
        if chance.random() < 0.2:
            python.poll(now_us)
            c.poll(now_us)
        else:
            data = gateway.request()
            if chance.random() < 0.3:
                data = spoiled(chance, bytearray(data))
            python.receive(data, now_us)
            c.receive(data, now_us)
        if chance.random() < 0.05:
            python.overrun(3)
            c.overrun(3)
        if found := _differ(python, c, taking=chance.random() < takes):
            return f"seed {seed}, step {step}: {found}"
    return None


@cache
def _many_commands() -> bytes:
    ids = range(1, 65_535)
    return b"".join(encode(8, 0, struct.pack("<IHH", 77, one, 1)) for one in ids)


def parts_at_the_turn(compiled: ctypes.CDLL | None = None) -> str | None:
    """Whether they part where ids begin again, after 65,535 commands of one session."""
    born = {"uid": 1, "boot_id": 2, "reset_reason": 0}
    python, c = StreetBox(0, **born), CStreetBox(0, **born, compiled=compiled)
    hello = encode(1, 0, struct.pack("<IB", 77, 1))
    python.receive(hello, 0)
    python.take()
    python._last_id, python._seq = 65_534, (2 + 65_534) % 256
    c.receive(hello + _many_commands(), 0)
    c.take()
    for command_id in (65_535, 0, 1, 1, 2):
        wire = encode(8, 0, struct.pack("<IHHI", 77, command_id, 3, 5))
        python.receive(wire, 0)
        c.receive(wire, 0)
        if found := _differ(python, c, taking=True):
            return f"id {command_id}: {found}"
    return None
