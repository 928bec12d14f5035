"""When each gateway is connected, and what the broker says of it; the agent's own reconnect policy.

From the timelines of a gateway (dead, uplink cut, broker off) follow its sessions: from when to
when records go out at once, when a will is spoken, when births are sent. What was recorded outside
a session follows as backlog, at the pace the gateway allows itself.
"""

import random
from collections import deque
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from edge.configuration import Reconnect, Uplink
from edge.reconnect import ReconnectPolicy
from simulators.beat_records import Piece
from simulators.effects import Effects
from simulators.truth import Span
from vocabulary.units import NS_PER_S

WILL_NS: Final = 15 * NS_PER_S
"""A broker gives up on a silent client after one and a half keep-alive intervals of 10 s."""
COMMIT_NS: Final = 6 * NS_PER_S
"""A session this old has brought a commit: the whole path works."""
_MEND, _CUT, _BOOT, _DIE, _TRY, _WILL, _OFF, _ON, _TAKE = range(9)


class Sessions(NamedTuple):
    """One gateway's conversation with the broker."""

    connected: list[Span]
    births_ns: list[int]
    wills_ns: list[int]


class _Line:
    """One gateway as time passes."""

    def __init__(self, gateway_id: str, effects: Effects, seed: int) -> None:
        rng = random.Random(f"{seed}/{gateway_id}")
        self._policy = ReconnectPolicy(Reconnect(), rng)
        self._start_ns, self._end_ns = effects.start_ns, effects.end_ns
        self._exits: frozenset[int] = frozenset(effects.exits.get(gateway_id, ()))
        self._alive = self._uplink = self._broker = True
        self._since_ns: int | None = None
        self._half_open = False
        self._try_number = self._will_number = 0
        self.made = Sessions([], [], [])
        dead = effects.dead.get(gateway_id, [])
        self._heap: list[tuple[int, int, int]] = []
        if not dead or dead[0][0] > self._start_ns:
            self._heap.append((self._start_ns, _BOOT, 0))
        for sort, spans in (
            ((_DIE, _BOOT), dead),
            ((_CUT, _MEND), effects.cut.get(gateway_id, [])),
            ((_OFF, _ON), effects.broker_off),
        ):
            for start_ns, end_ns in spans:
                self._heap += [(start_ns, sort[0], 0), (end_ns, sort[1], 0)]
        self._heap += [(at_ns, _TAKE, 0) for at_ns in effects.takeovers.get(gateway_id, ())]
        heapify(self._heap)

    def run(self) -> Sessions:
        """All of it, up to the end of the run."""
        does = {
            _BOOT: self._boot,
            _DIE: self._die,
            _CUT: self._cut,
            _MEND: self._mend,
            _OFF: self._broker_off,
            _ON: self._broker_on,
            _TAKE: self._taken_over,
        }
        while self._heap:
            at_ns, sort, number = heappop(self._heap)
            if at_ns >= self._end_ns:
                break
            if sort == _TRY:
                self._try(at_ns, number)
            elif sort == _WILL:
                self._speak_will(at_ns, number)
            else:
                does[sort](at_ns)
        self._close(self._end_ns)
        return self.made

    def _try_in(self, at_ns: int, delay_s: float) -> None:
        self._try_number += 1
        heappush(self._heap, (at_ns + round(delay_s * NS_PER_S), _TRY, self._try_number))

    def _close(self, at_ns: int) -> None:
        since_ns, self._since_ns = self._since_ns, None
        if since_ns is None:
            return
        self.made.connected.append((since_ns, at_ns))
        if at_ns - since_ns >= COMMIT_NS:
            self._policy.committed()

    def _die_silently(self, at_ns: int) -> None:
        """The broker notices only after its patience, unless somebody takes the session over."""
        if self._since_ns is not None:
            self._half_open = True
            self._will_number += 1
            heappush(self._heap, (at_ns + WILL_NS, _WILL, self._will_number))
        self._close(at_ns)

    def _speak_will(self, at_ns: int, number: int) -> None:
        if self._half_open and self._broker and number == self._will_number:
            self._half_open = False
            self.made.wills_ns.append(at_ns)

    def _boot(self, at_ns: int) -> None:
        self._alive = True
        self._try_in(at_ns, self._policy.first_delay_s())

    def _die(self, at_ns: int) -> None:
        self._alive = False
        self._try_number += 1
        if at_ns in self._exits:
            if self._since_ns is not None:
                self.made.wills_ns.append(at_ns)
            self._close(at_ns)
        else:
            self._die_silently(at_ns)

    def _cut(self, at_ns: int) -> None:
        self._uplink = False
        if self._alive:
            self._die_silently(at_ns)
            self._policy.lost(at_ns - self._start_ns)
            self._try_number += 1

    def _mend(self, at_ns: int) -> None:
        self._uplink = True
        if self._alive:
            self._try_in(at_ns, self._policy.own_link_delay_s())

    def _broker_off(self, at_ns: int) -> None:
        self._broker = self._half_open = False
        if self._since_ns is not None:
            self._close(at_ns)
            self._try_in(at_ns, self._policy.lost(at_ns - self._start_ns))

    def _broker_on(self, _at_ns: int) -> None:
        self._broker = True

    def _try(self, at_ns: int, number: int) -> None:
        if number != self._try_number or not (self._alive and self._uplink):
            return
        if not self._broker:
            self._try_in(at_ns, self._policy.lost(at_ns - self._start_ns))
            return
        if self._half_open:
            self._half_open = False
            self.made.wills_ns.append(at_ns)
        self._open(at_ns)

    def _open(self, at_ns: int) -> None:
        self._since_ns = at_ns
        self.made.births_ns.append(at_ns)
        self._policy.connected(at_ns - self._start_ns)

    def _taken_over(self, at_ns: int) -> None:
        """The same client again: births at once; the old will that follows them is not ours."""
        if self._since_ns is not None:
            self._close(at_ns)
            self._open(at_ns)


def sessions_of(gateway_id: str, effects: Effects, seed: int) -> Sessions:
    """The sessions of one gateway over a run."""
    return _Line(gateway_id, effects, seed).run()


def without(spans: list[Span], holes: list[Span], end_ns: int) -> list[Span]:
    """What is left of ordered spans when ordered holes are cut out, up to the end."""
    made: list[Span] = []
    for start_ns, stop_ns in spans:
        at_ns = start_ns
        for hole_ns, hole_end_ns in holes:
            if hole_end_ns <= at_ns or hole_ns >= stop_ns:
                continue
            made.append((at_ns, hole_ns))
            at_ns = hole_end_ns
        made.append((at_ns, min(stop_ns, end_ns)))
    return [(start_ns, stop_ns) for start_ns, stop_ns in made if start_ns < stop_ns]


def live_pieces(sessions: Sessions) -> list[Piece]:
    """What is recorded within a session arrives at once."""
    return [Piece(start_ns, end_ns, start_ns, 1.0) for start_ns, end_ns in sessions.connected]


def backlog_pieces(
    sessions: Sessions, dead: list[Span], span: Span, *, records_per_s: float, factor: float
) -> list[Piece]:
    """What is recorded outside sessions follows in them, first things first.

    ``factor`` says how much faster it is sent than it grew; 0: as the gateway's own limit has it.
    """
    start_ns, end_ns = span
    queue = deque(without(without([span], sessions.connected, end_ns), dead, end_ns))
    faster = factor or max(1.0, Uplink("").replay_messages_per_s / max(records_per_s, 1e-9))
    made: list[Piece] = []
    for open_ns, close_ns in sessions.connected:
        at_ns = open_ns
        while queue and queue[0][0] < open_ns and at_ns < close_ns:
            from_ns, to_ns = queue.popleft()
            fits_ns = from_ns + round((close_ns - at_ns) * faster)
            if fits_ns < to_ns:
                queue.appendleft((fits_ns, to_ns))
                to_ns = fits_ns
            piece = Piece(from_ns, to_ns, at_ns, 1.0 / faster)
            made.append(piece)
            at_ns = max(piece.arrived_ns, at_ns + 1)
    assert all(piece.arrive_ns >= start_ns for piece in made)
    return made
