"""What gateways kept while they could not send, told again at the pace at which it is sent.

Nothing is stored meanwhile. When a gateway falls silent its access points are copied as they are
at that moment; once it may send, the copies walk through that time a second time, and what they do
is what was kept.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.beat_records import STALE_NS, Piece, Pieces, Records, pieces_of


class Walk(NamedTuple):
    """Who of the copies walks in this chunk, and how far."""

    aps: Records
    gateways: Records
    pieces: Pieces
    chosen: NDArray[np.int32]  # access points
    until_ns: NDArray[np.int64]  # (G,)


class Backlog:
    """The copies, and where each gateway stands in its pieces."""

    def __init__(self, pieces: list[list[Piece]], aps: Records, gateways: Records) -> None:
        self._listed, self.pieces = pieces, pieces_of(pieces)
        self._aps, self._gateways = aps.copy(), gateways.copy()
        self._open = {ix for ix, rows in enumerate(pieces) if rows}
        self._at = [0] * len(pieces)
        self._busy: set[int] = set()
        order = np.argsort(aps["gateway_ix"], kind="stable").astype(np.int32)
        bounds = np.searchsorted(aps["gateway_ix"][order], np.arange(len(pieces) + 1))
        self._members = [order[first:last] for first, last in pairwise(bounds.tolist())]

    @property
    def nbytes(self) -> int:
        """Memory of the copies."""
        return self._aps.nbytes + self._gateways.nbytes

    def prepare(self, to_ns: int, aps: Records, gateways: Records) -> None:
        """Before the others walk to ``to_ns``: copy those who will have something to tell."""
        for ix in sorted(self._open - self._busy):
            if self._listed[ix][self._at[ix]].start_ns < to_ns:
                members = self._members[ix]
                self._aps[members] = aps[members]
                self._aps["piece_at"][members] = 0  # theirs are other pieces
                self._aps["shut_ns"][members] = STALE_NS
                self._gateways[ix] = gateways[ix]
                self._gateways[ix]["piece_at"] = 0
                self._gateways[ix]["shut_ns"] = STALE_NS
                self._busy.add(ix)

    def walk(self, to_ns: int) -> Walk | None:
        """Who has something that arrives before ``to_ns``; None: nobody."""
        until_ns = np.zeros(len(self._listed), dtype=np.int64)
        chosen = []
        for ix in sorted(self._busy):
            until_ns[ix] = self._advance(ix, to_ns)
            if until_ns[ix]:
                chosen.append(self._members[ix])
        if not chosen:
            return None
        return Walk(self._aps, self._gateways, self.pieces, np.concatenate(chosen), until_ns)

    def _advance(self, ix: int, to_ns: int) -> int:
        """How far gateway ``ix`` may walk; 0: not at all."""
        rows, until_ns = self._listed[ix], 0
        while self._at[ix] < len(rows):
            piece = rows[self._at[ix]]
            if piece.arrive_ns >= to_ns:
                break
            if piece.arrived_ns > to_ns:
                until_ns = piece.start_ns + int((to_ns - piece.arrive_ns) / piece.slope)
                break
            until_ns = piece.end_ns
            self._at[ix] += 1
        if self._at[ix] == len(rows):
            self._open.discard(ix)
        if ix not in self._open or rows[self._at[ix]].start_ns >= to_ns:
            self._busy.discard(ix)
        return until_ns
