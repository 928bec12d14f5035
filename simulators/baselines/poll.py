"""Products that ask at fixed times: down after so many unanswered polls in a row.

They hear no beats, they ask; so a poll counts as answered if the last proof of life is young
enough. Between two proofs of life the outcome of every poll is known without asking them one by
one: first those still answered, then those that are not.
"""

from typing import ClassVar, Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.baselines.deadline import NEVER, DeadlineDetector, Room, Watch, room_for, say, taken
from simulators.detectors import Decisions, Heard, View, Watched
from simulators.proofs import Proofs

_NEVER: Final = NEVER
_UP: Final = int(View.UP)
_DOWN: Final = int(View.DOWN)


class Polling(NamedTuple):
    """How a product asks."""

    every_ns: int
    failures: int
    """Unanswered polls in a row that mean down."""
    extra_ns: int = 0
    """How long after the last of them it says so, at the least."""
    look_ns: int = 1
    """It says so at a multiple of this."""
    young_ns: int | None = None
    """A proof of life this young answers a poll; None: a period of the stream and its margin."""


class Run(NamedTuple):
    """What is known of each stream's polls, shape (streams,)."""

    next_ns: NDArray[np.int64]  # the first poll not yet judged
    failed_ns: NDArray[np.int64]  # the first of the unanswered ones, or NEVER


class PollDetector(DeadlineDetector):
    """The common part; a page gives ``name`` and ``polling``."""

    polling: ClassVar[Polling]

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        n, rule = watched.stream_count, self.polling
        self.run = Run(np.zeros(n, dtype=np.int64), np.full(n, NEVER, dtype=np.int64))
        self._rule = np.array(
            [rule.every_ns, (rule.failures - 1) * rule.every_ns + rule.extra_ns, rule.look_ns],
            dtype=np.int64,
        )
        young_ns = self.periods_ns + watched.margin_ns
        self._young_ns = young_ns if rule.young_ns is None else np.full(n, rule.young_ns)

    def feed(self, piece: Heard) -> Decisions:
        """Every proof in order, then the polls that were due meanwhile."""
        room = room_for(2 * (piece.proofs.at_ns.size + self.watched.stream_count))
        _follow(piece.proofs, (self.watch, self.run), room, (self._rule, self._young_ns))
        _sweep(piece.now_ns, (self.watch, self.run), room, (self._rule, self._young_ns))
        return taken(room)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The watch, and the polls so far."""
        return {**super().arrays(), **self.run._asdict()}


@nb.njit(cache=True)
def _grid(at_ns: int, every_ns: int) -> int:
    """The first poll not before."""
    polled_ns: int = -(-at_ns // every_ns) * every_ns
    return polled_ns


@nb.njit(cache=True)
def _alarm(
    before_ns: int,
    stream_ix: int,
    memory: tuple[Watch, Run],
    room: Room,
    rule: NDArray[np.int64],
) -> None:
    """Say that it is down if that was due before then."""
    watch, run = memory
    failed_ns = run.failed_ns[stream_ix]
    if failed_ns == _NEVER or watch.down[stream_ix]:
        return
    down_ns = _grid(failed_ns + rule[1], rule[2])
    if down_ns < before_ns:
        say(room, down_ns, stream_ix, _DOWN, failed_ns)
        watch.down[stream_ix] = True


@nb.njit(cache=True)
def _advance(
    until_ns: int,
    stream_ix: int,
    memory: tuple[Watch, Run],
    room: Room,
    rules: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Judge every poll before ``until_ns``, given that nothing was heard since the last proof."""
    watch, run = memory
    rule, young_ns = rules
    next_ns = run.next_ns[stream_ix]
    stale_ns = watch.last_ns[stream_ix] + young_ns[stream_ix]
    if next_ns < min(stale_ns, until_ns):  # one was answered
        _alarm(next_ns, stream_ix, memory, room, rule)
        run.failed_ns[stream_ix] = _NEVER
        if watch.down[stream_ix]:
            say(room, next_ns, stream_ix, _UP, next_ns)
            watch.down[stream_ix] = False
        next_ns = _grid(min(stale_ns, until_ns), rule[0])
    if next_ns < until_ns:  # and then some were not
        if run.failed_ns[stream_ix] == _NEVER:
            run.failed_ns[stream_ix] = next_ns
        next_ns = _grid(until_ns, rule[0])
    _alarm(until_ns, stream_ix, memory, room, rule)
    run.next_ns[stream_ix] = next_ns


@nb.njit(cache=True)
def _follow(
    proofs: Proofs,
    memory: tuple[Watch, Run],
    room: Room,
    rules: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    last_ns, next_ns, failed_ns = memory[0].last_ns, memory[1].next_ns, memory[1].failed_ns
    down, young_ns, every_ns = memory[0].down, rules[1], rules[0][0]
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        if last_ns[stream_ix] == _NEVER:
            next_ns[stream_ix] = -(-at_ns // every_ns) * every_ns
        elif failed_ns[stream_ix] != _NEVER or down[stream_ix]:
            _advance(at_ns, stream_ix, memory, room, rules)
        elif next_ns[stream_ix] < at_ns:
            if at_ns <= last_ns[stream_ix] + young_ns[stream_ix]:  # answered, all of them
                next_ns[stream_ix] = -(-at_ns // every_ns) * every_ns
            else:
                _advance(at_ns, stream_ix, memory, room, rules)
        last_ns[stream_ix] = at_ns


@nb.njit(cache=True)
def _sweep(
    now_ns: int,
    memory: tuple[Watch, Run],
    room: Room,
    rules: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    watch, _ = memory
    for stream_ix in range(watch.last_ns.size):
        if watch.last_ns[stream_ix] != _NEVER:
            _advance(now_ns, stream_ix, memory, room, rules)
