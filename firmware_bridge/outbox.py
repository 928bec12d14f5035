"""Frames on their way to a board: numbered, paced, bounded.

A frame dropped for want of room still uses its number, so that the board can count it. The line is
no faster than its rate: ``send`` says when the frame's last byte will have left, whatever waits in
front of it, which is what a time probe needs to know.
"""

from typing import Final

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.frame import encode

FRAMES_MAX: Final = 64
"""Not yet taken by the shell."""

_SEQ_TURN: Final = 256


class Outbox:
    """One direction of one port."""

    def __init__(self, counters: BoardCounters, *, byte_ns: int) -> None:
        self._counters, self.byte_ns = counters, byte_ns
        self._wire: list[bytes] = []
        self._seq = 0
        self._free_ns = 0

    def send(self, message_type: int, payload: bytes, mono_ns: int) -> int:
        """Queue a frame; gives the time when its last byte leaves."""
        wire = encode(message_type, self._seq, payload)
        self._seq = (self._seq + 1) % _SEQ_TURN
        if len(self._wire) >= FRAMES_MAX:
            self._counters.output_dropped += 1
            return mono_ns
        self._wire.append(wire)
        self._free_ns = max(self._free_ns, mono_ns) + len(wire) * self.byte_ns
        return self._free_ns

    def delimit(self) -> None:
        """A 00 of its own: it ends whatever the board heard before."""
        self._wire.append(b"\0")

    def take(self) -> bytes:
        """All that is to be sent now."""
        wire, self._wire = b"".join(self._wire), []
        return wire

    def clear(self) -> None:
        """The port is gone, and with it what waited; numbers go on."""
        self._counters.output_dropped += len(self._wire)
        self._wire.clear()
        self._free_ns = 0
