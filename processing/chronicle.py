"""The chronicle: what the kernel's events mean for people, incidents and the ledger.

Events come in order of time, and the calendar is worked off between them, so the chronicle too
does not depend on how the stream was cut. All of this is the rare path.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from processing import book as calendar
from processing.book import Book, Due
from processing.changes import NodeChange, NodeState
from processing.city import City
from processing.evidence import Ground
from processing.gateway_chronicle import GatewayChronicle
from processing.gateway_gap import GatewayGap
from processing.intervals import (
    Cause,
    Level,
    Reason,
    Status,
)
from processing.records import ApState, Event, EventKind, Records, Suspect
from processing.settings import Settings
from processing.trouble import Trouble
from processing.verdict import Live
from vocabulary.units import NS_PER_MS


class Chronicle(GatewayChronicle):
    """Turns one call's events into changes, ledger rows and incident rows."""

    def __init__(self, book: Book, shown: NDArray[np.int8], city: City, settings: Settings) -> None:
        super().__init__(book, shown, city, settings)
        kinds: dict[int, Callable[[Event], None]] = {
            EventKind.SUSPECT: self._suspect,
            EventKind.DOWN: self._down,
            EventKind.ALIVE: self._alive,
            EventKind.FAIL: self._fail,
            EventKind.BLIND_GATEWAY: self._blind,
            EventKind.BLIND_HOST: self._blind,
            EventKind.LATE_OK: self._late_beat,
            EventKind.LATE_FAIL: self._late_beat,
            EventKind.LATE_HEARTBEAT: self._late_heartbeat,
            EventKind.GATEWAY_SILENT: self._gateway_dark,
            EventKind.GATEWAY_WILL: self._gateway_dark,
            EventKind.GATEWAY_BACK: self._gateway_back,
            EventKind.ON_BATTERY: self._on_battery,
            EventKind.REBOOTED: self._rebooted,
        }
        self._on_event = kinds
        self._on_due: dict[str, Callable[[Due], None]] = {
            calendar.DUE_HOLD: self._hold_over,
            calendar.DUE_SETTLE: self._settle,
            calendar.DUE_FINAL: self._finalise,
            calendar.DUE_CAUSE: self._judge_gap,
            calendar.DUE_GAP_FINAL: self._finalise_gap,
            calendar.DUE_UNSEEN: self._still_unseen,
        }

    def tell(self, events: Records) -> None:
        """Work off events, and what falls due before each of them."""
        for row in events.tolist():
            event = Event._make(row)
            self.pass_time(event.at_ns)
            self._book.incidents.now_ms = event.at_ms
            self._on_event[event.kind](event)

    def pass_time(self, before_ns: int) -> None:
        """Do what falls due before that time."""
        while (due := self._book.next_due(before_ns // NS_PER_MS)) is not None:
            self._book.incidents.now_ms = due.at_ms
            self._on_due[due.what](due)

    # access points

    def _trouble(self, event: Event) -> Trouble:
        """The trouble an event belongs to, with the silence that it reports."""
        node = self._city.node_ids[event.node_ix]
        trouble = self._book.troubles.get(node)
        if trouble is None:
            trouble = Trouble.since(node, event.ok_ms, event.ok_at_ms)
            self._book.troubles[node] = trouble
            for ts_ms, ok in self._book.early.pop(node, ()):
                if ts_ms > event.ok_ms:
                    trouble.add_beat(ts_ms, ok, self._settings)
        trouble.add_silence(event.since_ms, event.missed)
        return trouble

    def _suspect(self, event: Event) -> None:
        trouble = self._trouble(event)
        trouble.live = Live.SUSPECT
        self._shown[event.node_ix] = ApState.SUSPECT
        since_ms = trouble.ok_ms + self._settings.beat_ms // 2
        self._change_ap(trouble, event.at_ns, NodeState.SUSPECT, Reason.MISSED_BEATS, since_ms)
        self._revise(trouble, Status.PROVISIONAL)

    def _fail(self, event: Event) -> None:
        self._trouble(event).add_beat(event.ts_ms, False, self._settings)

    def _down(self, event: Event) -> None:
        trouble = self._trouble(event)
        trouble.live = Live.DOWN
        self._shown[event.node_ix] = ApState.DOWN
        if event.probes:
            trouble.reason = Reason.NO_ANSWER
        if event.blames:
            self._declare(event.node_ix, trouble, event.at_ns, Suspect(event.blames))
            self._note_down(trouble, event)
        elif self._blame.must_wait(event.node_ix, trouble):
            self._book.held.append(trouble.node)
            hold_ms = event.at_ms + self._settings.beat_ms
            self._book.plan(hold_ms, calendar.DUE_HOLD, trouble.node, trouble.ok_ms)
        else:
            self._declare(event.node_ix, trouble, event.at_ns)
            self._note_down(trouble, event)

    def _note_down(self, trouble: Trouble, event: Event) -> None:
        ground = Ground.NO_ANSWER if event.probes else Ground.SILENCE
        if not event.blames:
            ground = Ground.BEATS_COUNTED
        self._note(event, trouble.incident, Level.AP, trouble.node, ground)
        if event.blames == Suspect.FEEDER:
            self._note(event, trouble.incident, Level.AP, trouble.node, Ground.FEEDER_SHARED)

    def _declare(
        self, ap_ix: int, trouble: Trouble, at_ns: int, blames: Suspect = Suspect.NOBODY
    ) -> None:
        """Say that it is down, with its cause; whoever waited for the same cause joins."""
        for joined_ix, joined in self._blame.assign(ap_ix, trouble, at_ns // NS_PER_MS, blames):
            newly = joined_ix == ap_ix or joined.node in self._book.held
            if joined.node in self._book.held:
                self._book.held.remove(joined.node)
            joined.declared = True
            self._revise(joined, Status.PROVISIONAL)
            if newly:
                since_ms = joined.down_since_ms(self._settings)
                down, reason = NodeState.DOWN, joined.reason
                self._change_ap(joined, at_ns, down, reason, since_ms)

    def _hold_over(self, due: Due) -> None:
        if due.node in self._book.held and due.node in self._city.ix_of:
            ap_ix = self._city.ix_of[due.node]
            self._declare(ap_ix, self._book.troubles[due.node], due.at_ms * NS_PER_MS)

    def _settle_held(self, ap_ix: int, at_ns: int) -> None:
        """A neighbour on the feeder has decided itself: who need not wait any longer?"""
        if not self._book.held:
            return
        for held_ix in self._blame.siblings(ap_ix):
            node = self._city.node_ids[held_ix]
            if node in self._book.held:
                trouble = self._book.troubles[node]
                if not self._blame.must_wait(held_ix, trouble):
                    self._declare(held_ix, trouble, at_ns)

    def _alive(self, event: Event) -> None:
        node = self._city.node_ids[event.node_ix]
        first = self._shown[event.node_ix] == ApState.NEVER_SEEN
        if first:
            self._first_seen(Level.AP, node, event.ts_ms, event.at_ns)
        else:
            self._recover(event)
        self._shown[event.node_ix] = ApState.UP
        if not first:
            self._settle_held(event.node_ix, event.at_ns)

    def _recover(self, event: Event) -> None:
        trouble = self._trouble(event)
        if trouble.node in self._book.held:
            self._declare(event.node_ix, trouble, event.at_ns)
        del self._book.troubles[trouble.node]
        trouble.close(event.ts_ms, event.at_ms)
        up = NodeState.UP
        self._change_ap(trouble, event.at_ns, up, Reason.NONE, event.ts_ms)
        if not trouble.declared and trouble.may_hold_outage(self._settings):
            trouble.declared = trouble.holds_outage(self._settings)  # too short for a live word
        if trouble.declared:
            self._book.past.setdefault(trouble.node, []).append(trouble)
            final_ms = event.at_ms + self._settings.final_after_ms
            self._book.plan(final_ms, calendar.DUE_FINAL, trouble.node, trouble.ok_ms)
            if trouble.incident or trouble.late_since_ms is None:
                self._revise(trouble, Status.PROVISIONAL)
                self._blame.retime(trouble.incident)
            # else back-filling has begun: its row is closed once that has settled

    def _rebooted(self, event: Event) -> None:
        """An access point that was called down tells since when it runs."""
        node = self._city.node_ids[event.node_ix]
        past = self._book.past.get(node)
        if not past or node in self._book.troubles:
            return
        trouble, closed_ms = past[-1], past[-1].closed_ms
        if closed_ms is None:
            return
        refuted = event.since_ms <= trouble.ok_ms
        ground = Ground.REFUTED if refuted else Ground.REBOOTED
        self._note(event, trouble.incident, Level.AP, node, ground)
        if refuted:
            trouble.refuted = True
        elif event.since_ms < closed_ms:
            boot_ms = self._book.note_boot(closed_ms - event.since_ms)
            trouble.served_ms = min(closed_ms, event.since_ms + boot_ms)
        self._revise(trouble, Status.PROVISIONAL)
        self._blame.retime(trouble.incident)

    def _on_battery(self, event: Event) -> None:
        """The kernel weighs it; by itself it is no outage."""

    def _blind(self, event: Event) -> None:
        trouble = self._trouble(event)
        if trouble.node in self._book.held:
            self._declare(event.node_ix, trouble, event.at_ns)
        trouble.live = Live.BLIND
        trouble.declared = True
        self._shown[event.node_ix] = ApState.BLIND
        gap = self._gap_over(event.node_ix) if event.kind == EventKind.BLIND_GATEWAY else None
        if gap is None:
            trouble.blind_reason, trouble.blind_cause = Reason.BLIND_VIA_HOST, Cause.HOST
            trouble.blind_incident = ""
        else:
            trouble.blind_reason, trouble.blind_cause = Reason.BLIND_VIA_GATEWAY, gap.cause
            trouble.blind_incident = gap.incident
            self._note(event, gap.incident, Level.AP, trouble.node, Ground.SUPPRESSED)
        since_ms = self._revise(trouble, Status.PROVISIONAL) or trouble.ok_ms
        unobserved = NodeState.UNOBSERVED
        self._change_ap(trouble, event.at_ns, unobserved, trouble.blind_reason, since_ms)
        self._settle_held(event.node_ix, event.at_ns)

    def _gap_over(self, ap_ix: int) -> GatewayGap | None:
        gateway = self._city.gateway_id(int(self._city.node_gateway_ix[ap_ix]))
        return self._book.gaps.get(gateway)

    # late records

    def _late_beat(self, event: Event) -> None:
        node = self._city.node_ids[event.node_ix]
        trouble = self._book.trouble_at(node, event.ts_ms)
        ok = event.kind == EventKind.LATE_OK
        if trouble is None or not trouble.add_beat(event.ts_ms, ok, self._settings):
            self._book.unplaced_beats += 1
            if trouble is None:
                self._book.note_early(node, event.ts_ms, ok)
            return
        trouble.late_last_ms = event.at_ms
        if trouble.late_since_ms is None:
            trouble.late_since_ms = event.at_ms
            settle_ms = event.at_ms + self._settings.settle_ms
            self._book.plan(settle_ms, calendar.DUE_SETTLE, node, trouble.ok_ms)

    def _settle(self, due: Due) -> None:
        trouble = self._book.trouble_of(due.node, due.start_ms)
        if trouble is None or trouble.late_since_ms is None:
            return
        quiet_ms = trouble.late_last_ms + self._settings.settle_ms
        settle_ms = min(quiet_ms, trouble.late_since_ms + self._settings.settle_ms_max)
        if due.at_ms < settle_ms:
            self._book.plan(settle_ms, calendar.DUE_SETTLE, due.node, due.start_ms)
            return
        self._revise(trouble, Status.AMENDED)
        self._blame.retime(trouble.incident)

    def _finalise(self, due: Due) -> None:
        trouble = self._book.trouble_of(due.node, due.start_ms)
        if trouble is None or trouble.closed_ms is None:
            return
        self.intervals += trouble.rows.finalise()
        past = self._book.past[due.node]
        past.remove(trouble)
        if not past:
            del self._book.past[due.node]
        used = self._book.in_incident(trouble.incident) or self._book.gaps_in(trouble.incident)
        if trouble.incident and not used:
            self._book.incidents.forget(trouble.incident)

    # words

    def _change_ap(
        self, trouble: Trouble, at_ns: int, state: NodeState, reason: Reason, since_ms: int
    ) -> None:
        cause, incident = Cause.NONE, ""
        if state is NodeState.DOWN:
            cause, incident = trouble.cause, trouble.incident
        elif state is NodeState.UNOBSERVED:
            cause, incident = trouble.blind_cause, trouble.blind_incident
        self.changes.append(
            NodeChange(trouble.node, Level.AP, at_ns, state, reason, since_ms, cause, incident)
        )
