"""A board that speaks the Lamplighter protocol: a core in Python or C, and the body around it.

The body is what happens to a board: its clock and how wrong it runs, its supply, its watchdog, the
ring its receiver fills while nobody serves it. Cores think, see ``street_box.py``; each restart
makes a new one, which remembers nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from firmware_bridge.messages import Reset
from simulators.board_kinds import Start
from simulators.c_core import CStreetBox
from simulators.street_box import Core, Misbehaviour, StreetBox
from vocabulary.units import INT64_MAX, NS_PER_MS, NS_PER_S

WATCHDOG_NS: Final = 2 * NS_PER_S
BROWN_OUT_NS: Final = 300 * NS_PER_MS
REBOOT_NS: Final = 50 * NS_PER_MS
RING_BYTES: Final = 64
UID: Final = 0x0123456789ABCDEF
NEVER_NS: Final = INT64_MAX

_U32: Final = 1 << 32
_PPM: Final = 1_000_000
_US_PER_MS: Final = 1_000
_NS_PER_US: Final = 1_000


def next_boot_id(boot_id: int) -> int:
    """A counter would do; this looks more like what boards send."""
    return (boot_id * 1_664_525 + 1_013_904_223) % _U32


class Clock:
    """Microseconds since a start, by a crystal that may be wrong."""

    def __init__(self, now_ns: int, drift_ppm: int) -> None:
        self._from_ns, self._from_us, self.drift_ppm = now_ns, 0, drift_ppm

    def us(self, now_ns: int) -> int:
        """What it shows."""
        passed_us = (now_ns - self._from_ns) * (_PPM + self.drift_ppm) // (_PPM * _NS_PER_US)
        return self._from_us + passed_us

    def ns(self, us: int) -> int:
        """When it shows ``us`` at the earliest."""
        passed = (us - self._from_us) * _PPM * _NS_PER_US
        return self._from_ns - (-passed // (_PPM + self.drift_ppm))

    def drift(self, now_ns: int, drift_ppm: int) -> None:
        """From now on it runs otherwise, and goes on from where it is."""
        self._from_us, self._from_ns, self.drift_ppm = self.us(now_ns), now_ns, drift_ppm


class LamplighterBoard:
    """One board, over its starts."""

    def __init__(
        self,
        now_ns: int,
        make_core: Callable[..., Core],
        *,
        uid: int = UID,
        boot_id: int = 0x5EED0001,
        drift_ppm: int = 0,
        same_boot_id: bool = False,
    ) -> None:
        self.starts = 0
        self._make_core, self._uid, self._drift_ppm = make_core, uid, drift_ppm
        self._boot_id, self._same_boot_id = boot_id, same_boot_id
        self._said = bytearray()
        self._ring = bytearray()
        self._resume_ns = NEVER_NS  # hanging until then
        self._restart_ns, self._reason = NEVER_NS, Reset.POWER
        self._dead = False  # nothing runs until the restart
        self._halted = False
        self._start(now_ns, Reset.POWER)

    def _start(self, now_ns: int, reason: Reset) -> None:
        if self.starts and not self._same_boot_id:
            self._boot_id = next_boot_id(self._boot_id)
        self.starts += 1
        self.clock = Clock(now_ns, self._drift_ppm)
        self._ring.clear()
        self._dead, self._resume_ns, self._restart_ns = False, NEVER_NS, NEVER_NS
        self._core = self._make_core(
            0, uid=self._uid, boot_id=self._boot_id, reset_reason=int(reason)
        )
        self._collect(now_ns)

    @property
    def next_ns(self) -> int:
        """When something happens next."""
        if self._halted:
            return NEVER_NS
        if self._dead or self._resume_ns != NEVER_NS:
            return min(self._restart_ns, self._resume_ns)
        return min(self._restart_ns, self._due_ns)

    @property
    def _due_ns(self) -> int:
        now_us = self._last_us
        ahead_ms = min(
            (due_ms - now_us // _US_PER_MS + _U32 // 2) % _U32 - _U32 // 2
            for due_ms in self._core.due_ms
        )
        return self.clock.ns((now_us // _US_PER_MS + ahead_ms) * _US_PER_MS)

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        self._live_until(now_ns)
        said, self._said = bytes(self._said), bytearray()
        return said

    def _live_until(self, now_ns: int) -> None:
        while self.next_ns <= now_ns:
            at_ns = self.next_ns
            if at_ns == self._restart_ns:
                self._start(at_ns, self._reason)
            elif at_ns == self._resume_ns:
                self._resume_ns = NEVER_NS
                self._serve(at_ns)
            else:
                self._core.poll(self.clock.us(at_ns))
                self._collect(at_ns)

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes came; the last of them now."""
        self._live_until(now_ns)
        if self._dead:
            return
        self._ring += data
        if self._halted or self._resume_ns != NEVER_NS:
            lost = len(self._ring) - RING_BYTES
            if lost > 0:
                del self._ring[-lost:]
                self._core.overrun(lost)
            return
        self._serve(now_ns)

    def _serve(self, now_ns: int) -> None:
        data, self._ring = bytes(self._ring), bytearray()
        self._core.receive(data, self.clock.us(now_ns))
        self._collect(now_ns)

    def _collect(self, now_ns: int) -> None:
        self._said += self._core.take()
        self._last_us = self.clock.us(now_ns)
        wish = self._core.wish()
        if wish.what != Misbehaviour.NOTHING:
            self.misbehave(wish.what, wish.argument, now_ns)

    # What can be done to it.

    def misbehave(self, what: int, argument: int, now_ns: int) -> None:
        """One of ``street_box.Misbehaviour``; anything else is nothing."""
        match what:
            case Misbehaviour.RESTART:
                self._restart(now_ns + REBOOT_NS, Reset.COMMANDED, dead=False)
            case Misbehaviour.LOCK_UP:
                self._restart(now_ns + WATCHDOG_NS, Reset.WATCHDOG)
            case Misbehaviour.CRASH:
                self._restart(now_ns + REBOOT_NS, Reset.FAULT)
            case Misbehaviour.BROWN_OUT:
                self._restart(now_ns + BROWN_OUT_NS, Reset.BROWN_OUT)
            case Misbehaviour.DRIFT:
                signed = (argument + _U32 // 2) % _U32 - _U32 // 2
                self._drift_ppm = max(-_PPM // 2, min(_PPM, signed))
                self.clock.drift(now_ns, self._drift_ppm)
            case Misbehaviour.HANG:
                self._resume_ns = now_ns + argument * NS_PER_MS
            case _:
                pass

    def _restart(self, at_ns: int, reason: Reset, *, dead: bool = True) -> None:
        self._restart_ns, self._reason, self._dead = at_ns, reason, dead

    def restart(self, now_ns: int, reason: Reset) -> None:
        """At once, for whatever reason."""
        self._said.clear()
        self._start(now_ns, reason)

    def halt(self) -> None:
        """Stop its processor, clock and all peripherals but the receiver's ring."""
        self._halted = True

    def go_on(self, now_ns: int) -> None:
        """After ``halt``."""
        self._halted = False
        self._serve(now_ns)


def python(start: Start) -> LamplighterBoard:
    """The Python board; its maker in ``board_kinds``."""
    return _made(start, StreetBox)


def c(start: Start) -> LamplighterBoard:
    """The C board."""
    return _made(start, CStreetBox)


def _made(start: Start, core: Callable[..., Any]) -> LamplighterBoard:
    return LamplighterBoard(
        start.now_ns,
        core,
        uid=UID + start.seed,
        boot_id=next_boot_id(start.seed),
        same_boot_id="same-boot-id" in start.habits,
    )
