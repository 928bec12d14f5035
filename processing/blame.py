"""Whose fault is an access point's outage: its own, or that of the feeder it shares?

A feeder is blamed when at least two of its observed members fell silent within one beat of each
other and none of them has been heard since. Before that is clear, saying DOWN may wait for the
members that are only suspected, for one beat at most. What was said wrongly at first is
corrected in the same incident.
"""

import numpy as np
from numpy.typing import NDArray

from processing.book import Book
from processing.city import NO_FEEDER, City
from processing.intervals import Cause, IntervalState, Level
from processing.records import ApState
from processing.settings import Settings
from processing.trouble import Trouble


class Blame:
    """Reads the book and the states shown; writes incidents and the causes of troubles."""

    def __init__(self, book: Book, shown: NDArray[np.int8], city: City, settings: Settings) -> None:
        self._book = book
        self._shown = shown
        self._city = city
        self._together_ms = settings.beat_ms + 2 * settings.margin_ms
        self._settings = settings

    def siblings(self, ap_ix: int) -> list[int]:
        """The others on the same feeder."""
        feeder_ix = int(self._city.ap_feeder_ix[ap_ix])
        if feeder_ix == NO_FEEDER:
            return []
        return [ix for ix in self._city.feeder_members[feeder_ix] if ix != ap_ix]

    def must_wait(self, ap_ix: int, trouble: Trouble) -> bool:
        """Whether a sibling may still show that the feeder is to blame, or that it is not."""
        if trouble.incident:
            return False
        with_it, against = self._witnesses(ap_ix, trouble)
        return not against and any(self._shown[ix] == ApState.SUSPECT for ix in with_it)

    def assign(self, ap_ix: int, trouble: Trouble, at_ms: int) -> list[tuple[int, Trouble]]:
        """Put a trouble under an incident; every trouble whose cause this settles, with its ix."""
        incidents = self._book.incidents
        if trouble.incident:
            incidents.retime(trouble.incident, self._start_ms(trouble.incident), None)
            return [(ap_ix, trouble)]
        with_it, against = self._witnesses(ap_ix, trouble)
        if not with_it or against:
            start_ms = trouble.down_since_ms(self._settings)
            trouble.cause = Cause.ACCESS_POINT
            trouble.incident = incidents.declare(
                Level.AP, trouble.node, trouble.cause, start_ms, at_ms, (trouble.node,)
            )
            return [(ap_ix, trouble)]
        group = [(ap_ix, trouble), *((ix, self._trouble(ix)) for ix in with_it)]
        group = [(ix, t) for ix, t in group if self._shown[ix] == ApState.DOWN]
        self._blame_feeder(int(self._city.ap_feeder_ix[ap_ix]), [t for _, t in group], at_ms)
        return group

    def retime(self, incident: str) -> None:
        """An incident lasts from its first outage to the end of its last."""
        if not incident or incident not in self._book.incidents.known:
            return
        troubles = self._book.in_incident(incident)
        start_ms, end_ms = self._start_ms(incident), None
        if all(trouble.closed_ms is not None for trouble in troubles):
            ends = [trouble.down_until_ms() for trouble in troubles]
            end_ms = max([start_ms, *(end for end in ends if end is not None)])
        self._book.incidents.retime(incident, start_ms, end_ms)

    def _blame_feeder(self, feeder_ix: int, troubles: list[Trouble], at_ms: int) -> None:
        incidents, feeder = self._book.incidents, self._city.feeder_ids[feeder_ix]
        starts = [t.down_since_ms(self._settings) for t in troubles]
        before = sorted({t.incident for t in troubles if t.incident}, key=self._age)
        if before:
            incident = before[0]
            incidents.blame(incident, Level.FEEDER, feeder, Cause.FEEDER)
        else:
            nodes = tuple(t.node for t in troubles)
            incident = incidents.declare(
                Level.FEEDER, feeder, Cause.FEEDER, min(starts), at_ms, nodes
            )
        for trouble in troubles:
            incidents.attach(incident, trouble.node)
            trouble.cause, trouble.incident = Cause.FEEDER, incident
        for other in before[1:]:
            incidents.merge(other, incident)

    def _age(self, incident: str) -> tuple[int, str]:
        return self._book.incidents.known[incident].start_ms, incident

    def _start_ms(self, incident: str) -> int:
        downs = [
            row.start_ms
            for trouble in self._book.in_incident(incident)
            for row in trouble.rows.standing().values()
            if row.state is IntervalState.DOWN and row.incident == incident
        ]
        return min(downs, default=self._book.incidents.known[incident].start_ms)

    def _trouble(self, ap_ix: int) -> Trouble:
        return self._book.troubles[self._city.node_ids[ap_ix]]

    def _witnesses(self, ap_ix: int, trouble: Trouble) -> tuple[list[int], list[int]]:
        """Observed siblings that fell silent with it, and those that were heard since."""
        with_it, against = [], []
        for ix in self.siblings(ap_ix):
            state = self._shown[ix]
            if state == ApState.UP:
                against.append(ix)
            elif state in (ApState.SUSPECT, ApState.DOWN):
                later_ms = self._trouble(ix).ok_at_ms - trouble.ok_at_ms
                if later_ms > self._together_ms:
                    against.append(ix)
                elif later_ms >= -self._together_ms:
                    with_it.append(ix)
        return with_it, against
