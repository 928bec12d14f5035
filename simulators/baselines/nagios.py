"""Nagios: three failed checks a minute apart, and UNREACHABLE behind a parent that is not up.

Nagios Core documentation, "Host Checks" and "Determining Status and Reachability of Network
Hosts": a host that fails ``max_check_attempts`` checks is DOWN, or UNREACHABLE if all its parents
are DOWN or UNREACHABLE; parents are checked at once when a child fails. Check and retry interval
60 s, 3 attempts (ours; the sample configuration has 5 minutes and 10). The parent of an access
point is its gateway, so a gateway's trouble is blamed on the gateway.
"""

from typing import ClassVar

import numpy as np

from simulators.baselines.poll import PollDetector, Polling
from simulators.detectors import Decisions, Heard, View, Watched, decisions_of
from vocabulary.units import NS_PER_S, S_PER_MIN

CHECK_NS = S_PER_MIN * NS_PER_S
ATTEMPTS = 3


class _ParentChecks(PollDetector):
    """Single checks of gateways, to know which was not up and when."""

    name = "nagios-parent"
    polling: ClassVar[Polling] = Polling(CHECK_NS, failures=1)


class NagiosParents(PollDetector):
    """Polls with parents.

    Holds back what it says of access points until the end, when every parent's checks are known.
    """

    name = "nagios-parents"
    polling: ClassVar[Polling] = Polling(CHECK_NS, failures=ATTEMPTS)

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        self._parents = _ParentChecks(watched)
        self._held: list[Decisions] = []
        self._checks: list[Decisions] = []

    def feed(self, piece: Heard) -> Decisions:
        """What it says of gateways."""
        said, ap_count = super().feed(piece), self.watched.city.ap_count
        checks = self._parents.feed(piece)
        self._held.append(_rows(said, said.stream_ix < ap_count))
        self._checks.append(_rows(checks, checks.stream_ix >= ap_count))
        return _rows(said, said.stream_ix >= ap_count)

    def finish(self, now_ns: int) -> Decisions:
        """What it says of access points."""
        troubles = _spans(self._checks, now_ns)
        city, rows = self.watched.city, []
        for ap_ix, spans in _spans(self._held, now_ns).items():
            parent = city.ap_count + int(city.node_gateway_ix[ap_ix])
            for down_ns, start_ns, up_ns in spans:
                rows += _child(ap_ix, (down_ns, start_ns, up_ns), troubles.get(parent, []))
                if up_ns <= now_ns:
                    rows.append((up_ns, ap_ix, View.UP, up_ns, -1))
        self._held, self._checks = [], []
        return decisions_of(rows)

    def to_bytes(self) -> bytes:
        """Only between streams: what is held back is not in a checkpoint."""
        raise NotImplementedError

    def restore(self, data: bytes, now_ns: int) -> None:
        """See ``to_bytes``."""
        raise NotImplementedError


def _rows(said: Decisions, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Decisions:
    return Decisions._make(column[wanted] for column in said)


def _spans(parts: list[Decisions], now_ns: int) -> dict[int, list[tuple[int, int, int]]]:
    """Stream -> (said down, since when, said up) in order; what lasts ends after ``now_ns``."""
    made: dict[int, list[tuple[int, int, int]]] = {}
    for part in parts:
        for at_ns, stream_ix, view, start_ns in zip(
            part.at_ns.tolist(),
            part.stream_ix.tolist(),
            part.view.tolist(),
            part.start_ns.tolist(),
            strict=True,
        ):
            spans = made.setdefault(stream_ix, [])
            if view == View.DOWN:
                spans.append((at_ns, start_ns, now_ns + 1))
            else:
                spans[-1] = (*spans[-1][:2], at_ns)
    return made


def _child(
    ap_ix: int, span: tuple[int, int, int], parent: list[tuple[int, int, int]]
) -> list[tuple[int, int, int, int, int]]:
    """What it says while an access point fails its checks: unreachable as long as the parent is."""
    at_ns, start_ns, up_ns = span
    rows = []
    while at_ns < up_ns:
        over_ns = next((end for first, _, end in parent if first <= at_ns < end), None)
        if over_ns is None:
            rows.append((at_ns, ap_ix, int(View.DOWN), start_ns, -1))
            break
        rows.append((at_ns, ap_ix, int(View.UNSEEN), at_ns, -1))
        at_ns = -(-over_ns // CHECK_NS) * CHECK_NS  # at the check that finds the parent up
    return rows
