"""Gateways that probe an access point when they are asked to: the truth as a witness.

A detector that may ask back does so here. A request reaches the gateway if it has a session then;
each probe finds an answer if the access point has service at that moment, its link is in no burst,
and neither of the two packets is lost; the answer reaches the host if the gateway has a session
still, with whatever delays its other records. Nothing else of the truth gets out.

One series at a time, as the host counts them; it ends with the first answer.
"""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.columns import Answers
from processing.records import Records as Requests
from simulators.beat_records import Nature, Pieces, Records
from simulators.chance import UNIT, draw
from simulators.delivery import after_pause_ns, delayed
from vocabulary.probing import SCHEDULE_MS, TIMEOUT_MS
from vocabulary.units import NS_PER_MS, NS_PER_S

COMMAND_NS: Final = 30 * NS_PER_MS
"""From host to gateway, and back."""
ROUND_TRIP_NS: Final = 20 * NS_PER_MS
OTHER_LOSS: Final = 0.01
"""Probes that come to nothing for reasons of their own, on the best of links."""

_SCHEDULE_MS: Final = np.array(SCHEDULE_MS, dtype=np.int64)
_TIMEOUT_NS: Final = TIMEOUT_MS * NS_PER_MS
_MS: Final = NS_PER_MS
_S: Final = NS_PER_S
_PROBES, _BURSTS = np.uint64(5), np.uint64(1)
# rows of what waits, those of Answers
_ARRIVAL, _TS, _AP, _SERIES, _PROBE, _ANSWERED, _UPTIME, _ROWS = range(8)


class Probers:
    """All gateways of a run; ``ask`` is a witness for ``processing.step``."""

    def __init__(self, nature: Nature, pieces: Pieces, aps: Records) -> None:
        self._nature, self._pieces = nature, pieces
        self._keys = aps["key"].copy()
        self._gateway_ix = aps["gateway_ix"].copy()
        self._booted_ns = aps["booted_ns"].copy()
        self._bursts = np.zeros((aps.size, 3), dtype=np.int64)
        self._bursts[:, 1:] = np.stack([aps["burst_ns"], aps["burst_end_ns"]], axis=1)
        self._waiting = np.zeros((_ROWS, 0), dtype=np.int64)
        self.until_ns = 0
        self.asked = 0
        """Probes that gateways made."""

    def due(self, until_ns: int) -> Answers:
        """Answers that arrive up to that time and were not handed over before."""
        self.until_ns = until_ns
        count = int(np.searchsorted(self._waiting[_ARRIVAL], until_ns, side="right"))
        due, self._waiting = self._waiting[:, :count], self._waiting[:, count:]
        return Answers(*np.ascontiguousarray(due))

    def ask(self, requests: Requests) -> Answers:
        """What comes of them before the end of the step, in order of arrival."""
        out = np.zeros((_ROWS, int(requests["count"].sum())), dtype=np.int64)
        made = 0
        truth = (self._keys, self._gateway_ix, self._booted_ns)
        for row in requests.tolist():
            made = _series(self._nature, self._pieces, truth, self._bursts, row, out, made)
        self.asked += made
        merged = out[:, :made]
        merged = merged[:, merged[_ARRIVAL] >= 0]
        if self._waiting.shape[1]:
            merged = np.concatenate((self._waiting, merged), axis=1)
        self._waiting = merged[:, np.argsort(merged[_ARRIVAL], kind="stable")]
        return self.due(self.until_ns)


_Truth = tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]


@nb.njit(cache=True)
def _covers(pieces: Pieces, gateway_ix: int, at_ns: int) -> bool:
    """Whether the gateway has a session at that time."""
    low, high = pieces.first[gateway_ix], pieces.first[gateway_ix + 1]
    i = low + np.searchsorted(pieces.start_ns[low:high], at_ns, side="right") - 1
    found: bool = i >= low and at_ns < pieces.end_ns[i]
    return found


@nb.njit(cache=True)
def _place(first: int, last: int, start_ns: NDArray[np.int64], at_ns: int) -> int:
    """The last span that begins at or before that time, or -1."""
    i = first + int(np.searchsorted(start_ns[first:last], at_ns, side="right")) - 1
    return i if i >= first else -1


@nb.njit(cache=True)
def _loss(nature: Nature, ap_ix: int, at_ns: int) -> float:
    """Chance that one packet gets lost just after another one was."""
    chances, spans = nature.chances, nature.worse
    loss = max(chances.loss, chances.persistence)
    i = _place(spans.first[ap_ix], spans.first[ap_ix + 1], spans.start_ns, at_ns)
    if i >= 0 and at_ns < spans.end_ns[i]:
        share = (at_ns - spans.start_ns[i]) / (spans.end_ns[i] - spans.start_ns[i])
        loss += nature.worsening.loss_end[i] * share
    return min(1.0, loss)


@nb.njit(cache=True)
def _series(
    nature: Nature,
    pieces: Pieces,
    truth: _Truth,
    bursts: NDArray[np.int64],  # (A, 3) number, start and end of the present or next one
    request: tuple[int, int, int, int, int, int],
    out: NDArray[np.int64],  # (rows, room)
    made: int,
) -> int:
    at_ns, ap_ix, series, first, count, wait_ms = request
    keys, gateway_of, booted_ns = truth
    key, gateway_ix, chances = keys[ap_ix], gateway_of[ap_ix], nature.chances
    begin_ns = at_ns + COMMAND_NS
    if not _covers(pieces, gateway_ix, begin_ns):
        return made
    begin_ns += wait_ms * _MS
    off, dead = nature.off, nature.dead
    number, burst_ns, burst_end_ns = bursts[ap_ix, 0], bursts[ap_ix, 1], bursts[ap_ix, 2]
    for place in range(first, first + count):
        t_ns = begin_ns + (_SCHEDULE_MS[place] - _SCHEDULE_MS[first]) * _MS
        i = _place(dead.first[gateway_ix], dead.first[gateway_ix + 1], dead.start_ns, t_ns)
        if i >= 0 and t_ns < dead.end_ns[i]:
            return made  # the gateway itself is gone
        while chances.gap_mean_ns > 0.0 and burst_end_ns <= t_ns:  # as the beats have it
            number += 1
            gap, length, _, _ = draw(key, np.uint64(number), _BURSTS)
            burst_ns = burst_end_ns + int(-np.log((gap + 1.0) * UNIT) * chances.gap_mean_ns)
            lasts_ns = int(-np.log((length + 1.0) * UNIT) * chances.burst_mean_ns)
            burst_end_ns = burst_ns + max(1, lasts_ns)
        if place == first:
            bursts[ap_ix, 0], bursts[ap_ix, 1], bursts[ap_ix, 2] = number, burst_ns, burst_end_ns
        i = _place(off.first[ap_ix], off.first[ap_ix + 1], off.start_ns, t_ns)
        away = i >= 0 and t_ns < off.end_ns[i]
        since_ns = booted_ns[ap_ix] if i < 0 else off.end_ns[i] - chances.boot_ns
        there, back, luck, _ = draw(key, np.uint64(t_ns // _MS), _PROBES)
        loss = _loss(nature, ap_ix, t_ns)
        lost = there * UNIT < loss or back * UNIT < loss or luck * UNIT < OTHER_LOSS
        in_burst = chances.gap_mean_ns > 0.0 and burst_ns <= t_ns
        answered = not (away or lost or in_burst)
        ts_ns = t_ns + (ROUND_TRIP_NS if answered else _TIMEOUT_NS)
        late = False
        sent_ns = ts_ns
        if not nature.delays.plain:
            stall_key = nature.stall_keys[gateway_ix]
            sent_ns, late, _ = delayed(nature.delays, key, stall_key, ts_ns, ts_ns)
        out[_ARRIVAL, made] = after_pause_ns(nature.pauses, 0, sent_ns + COMMAND_NS)
        if late or not _covers(pieces, gateway_ix, ts_ns):
            out[_ARRIVAL, made] = -1  # kept by the gateway: an answer of yesterday is none
        out[_TS, made] = ts_ns
        out[_AP, made] = ap_ix
        out[_SERIES, made] = series
        out[_PROBE, made] = place
        out[_ANSWERED, made] = 1 if answered else 0
        out[_UPTIME, made] = (ts_ns - since_ns) // _S if answered else -1
        made += 1
        if answered:
            return made
    return made
