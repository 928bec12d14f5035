"""Commands to a board, each applied once or said not to be known.

One is in flight at a time. It is sent again, with its id and another seq, until the board answers;
the board does an id only if it follows the last one, and answers a repeated id from memory. What
makes that memory worth something is the session: the board forgets both together.

    answered            done, or the board's own refusal
    eight tries in vain  ask whose session it is: ours, go on (60 s at most); else unknown
    a restart            unknown, unless the command was to restart

Giving up opens a new session, so that a late copy finds no one who would obey it. This file knows
the rules of one session; ``link.py`` has the wire.
"""

import struct
from collections import deque
from typing import Final, NamedTuple

from firmware_bridge.board_events import Fate, Outcome
from firmware_bridge.descriptor import Op
from firmware_bridge.events import NEVER_NS
from firmware_bridge.frame import BODY_BYTES_MIN
from firmware_bridge.messages import (
    ACK_BYTES_MIN,
    RESULT_BYTES_MAX,
    Ack,
    Reset,
    Status,
    command,
    next_id,
)
from vocabulary.units import NS_PER_MS, NS_PER_S

WAITING_MAX: Final = 16
TRIES_MAX: Final = 8
FIRST_WAIT_NS: Final = 200 * NS_PER_MS
WAIT_NS_MAX: Final = 2 * NS_PER_S
OPEN_NS_MAX: Final = 60 * NS_PER_S
REBOOT: Final = "reboot"
"""The name of the op whose success is the restart itself."""

_FRAME_BYTES: Final = BODY_BYTES_MIN + 3
_ANSWER_BYTES_MAX: Final = ACK_BYTES_MIN + RESULT_BYTES_MAX + _FRAME_BYTES


class Order(NamedTuple):
    """A command that was asked for."""

    ticket: int
    op: Op
    arguments: bytes


class InFlight(NamedTuple):
    """The one that the board may have seen."""

    order: Order
    id: int
    tries: int
    """In all."""
    round_tries: int
    """Since the board last said that it remembers us."""
    since_ns: int
    due_ns: int
    asking: bool
    """Whether we wait to hear whose session it is."""


class CommandDesk:
    """The commands of one link. It says what to send; it sends nothing."""

    def __init__(self, *, byte_ns: int) -> None:
        self.byte_ns = byte_ns
        self._waiting: deque[Order] = deque()
        self._flight: InFlight | None = None
        self._last_id = 0
        self._tickets = 0

    @property
    def is_open(self) -> bool:
        """Whether the board may have seen a command that is not settled."""
        return self._flight is not None

    @property
    def busy(self) -> bool:
        """Whether anything is in flight or waits."""
        return self._flight is not None or bool(self._waiting)

    @property
    def deadline_ns(self) -> int:
        """When the one in flight wants something."""
        return NEVER_NS if self._flight is None else self._flight.due_ns

    def order(self, op: Op, arguments: bytes) -> int | None:
        """Queue a command; its ticket, or None if too many wait."""
        if len(self._waiting) >= WAITING_MAX:
            return None
        self._tickets += 1
        self._waiting.append(Order(self._tickets, op, arguments))
        return self._tickets

    def new_session(self) -> None:
        """Ids begin anew. Nothing may be in flight."""
        assert self._flight is None
        self._last_id = 0

    def next_payload(self, session: int, mono_ns: int) -> bytes | None:
        """What to send now in a running session, if anything."""
        flight = self._flight
        if flight is None:
            if not self._waiting:
                return None
            self._last_id = next_id(self._last_id)
            flight = InFlight(self._waiting.popleft(), self._last_id, 0, 0, mono_ns, 0, False)
        elif flight.asking or mono_ns < flight.due_ns or flight.round_tries >= TRIES_MAX:
            return None
        payload = command(session, flight.id, flight.order.op.number, flight.order.arguments)
        on_wire_ns = (len(payload) + _FRAME_BYTES + _ANSWER_BYTES_MAX) * self.byte_ns
        wait_ns = min(FIRST_WAIT_NS << flight.round_tries, WAIT_NS_MAX) + on_wire_ns
        self._flight = flight._replace(
            tries=flight.tries + 1, round_tries=flight.round_tries + 1, due_ns=mono_ns + wait_ns
        )
        return payload

    def must_ask(self, mono_ns: int) -> bool:
        """Whether all tries were in vain and HELLO_REQ 0 is due; asks again each two seconds."""
        flight = self._flight
        if flight is None or mono_ns < flight.due_ns:
            return False
        if not flight.asking and flight.round_tries < TRIES_MAX:
            return False
        self._flight = flight._replace(asking=True, due_ns=mono_ns + WAIT_NS_MAX)
        return True

    @property
    def overdue_ns(self) -> int:
        """When the one in flight has been there for too long."""
        return NEVER_NS if self._flight is None else self._flight.since_ns + OPEN_NS_MAX

    def remembered(self, mono_ns: int) -> None:
        """The board named our session: its memory is whole, so asking again is safe."""
        if self._flight is not None and self._flight.asking:
            self._flight = self._flight._replace(asking=False, round_tries=0, due_ns=mono_ns)

    def answered(self, ack: Ack, mono_ns: int) -> Outcome | None:
        """An ACK of our session; None if it settles nothing.

        After ``WRONG_SESSION`` or ``WRONG_ID`` the link opens a new session.
        """
        flight = self._flight
        if flight is None or ack.id != flight.id:
            return None
        if ack.status == Status.BUSY:
            wait_ns = min(FIRST_WAIT_NS << min(flight.round_tries, TRIES_MAX), WAIT_NS_MAX)
            self._flight = flight._replace(
                round_tries=min(flight.round_tries, TRIES_MAX - 1), due_ns=mono_ns + wait_ns
            )
            return None
        if ack.status in (Status.WRONG_SESSION, Status.WRONG_ID):
            # An earlier try may have been applied before the board lost its memory.
            return self._settle(Fate.NOT_APPLIED if flight.tries == 1 else Fate.UNKNOWN, ack.status)
        if ack.status == Status.DONE:
            return self._settle(Fate.DONE, ack.status, self._values(flight.order.op, ack.result))
        refused = (Status.UNKNOWN_OP, Status.BAD_ARGUMENTS, Status.NOT_ALLOWED)
        return self._settle(Fate.NOT_APPLIED if ack.status in refused else Fate.FAILED, ack.status)

    @staticmethod
    def _values(op: Op, result: bytes) -> tuple[float, ...]:
        try:
            return op.result.unpack_from(result)
        except struct.error:
            return ()

    def restarted(self, reset: Reset) -> Outcome | None:
        """The board's memory is gone: what is in flight can no longer be known."""
        flight = self._flight
        if flight is None:
            return None
        wanted = flight.order.op.name == REBOOT and reset is Reset.COMMANDED
        return self._settle(Fate.DONE if wanted else Fate.UNKNOWN)

    def give_up(self) -> Outcome:
        """Say that nobody knows; the link opens a new session."""
        return self._settle(Fate.UNKNOWN)

    def _settle(self, fate: Fate, status: int = -1, result: tuple[float, ...] = ()) -> Outcome:
        flight, self._flight = self._flight, None
        assert flight is not None
        order = flight.order
        return Outcome(order.ticket, order.op.number, fate, status, result, flight.tries)
