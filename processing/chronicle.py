"""The chronicle: what the kernel's events mean for people, incidents and the ledger.

Events come in order of time, and the calendar is worked off between them, so the chronicle too
does not depend on how the stream was cut. All of this is the rare path.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processing import book as calendar
from processing.blame import Blame
from processing.book import Book, Due, seen_key
from processing.changes import NodeChange, NodeState
from processing.city import City
from processing.gateway_gap import GatewayGap, start_after
from processing.intervals import (
    Cause,
    Claim,
    Interval,
    IntervalState,
    Level,
    Reason,
    Rows,
    Status,
)
from processing.records import NEVER, ApState, Event, EventKind, Records
from processing.settings import Settings
from processing.trouble import Trouble
from processing.verdict import Live
from vocabulary.units import NS_PER_MS

HEARTBEATS_MAX: Final = 200_000


class Chronicle:
    """Turns one call's events into changes, ledger rows and incident rows."""

    def __init__(self, book: Book, shown: NDArray[np.int8], city: City, settings: Settings) -> None:
        assert shown.shape == (city.ap_count,)
        self._book = book
        self._shown = shown  # ApState of each access point, as of the event at hand
        self._city = city
        self._settings = settings
        self._blame = Blame(book, shown, city, settings)
        self.changes: list[NodeChange] = []
        self.intervals: list[Interval] = []
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
            self._on_event[event.kind](event)

    def pass_time(self, before_ns: int) -> None:
        """Do what falls due before that time."""
        while (due := self._book.next_due(before_ns // NS_PER_MS)) is not None:
            self._on_due[due.what](due)

    # access points

    def _trouble(self, event: Event) -> Trouble:
        """The trouble an event belongs to, with the silence that it reports."""
        node = self._city.node_ids[event.node_ix]
        trouble = self._book.troubles.get(node)
        if trouble is None:
            trouble = Trouble.since(node, event.ok_ms, event.ok_at_ms)
            self._book.troubles[node] = trouble
        trouble.add_silence(event.since_ms, event.missed)
        return trouble

    def _suspect(self, event: Event) -> None:
        trouble = self._trouble(event)
        trouble.live = Live.SUSPECT
        self._shown[event.node_ix] = ApState.SUSPECT
        since_ms = trouble.down_since_ms(self._settings)
        self._change_ap(trouble, event.at_ns, NodeState.SUSPECT, Reason.MISSED_BEATS, since_ms)
        self._revise(trouble, Status.PROVISIONAL)

    def _fail(self, event: Event) -> None:
        self._trouble(event).add_beat(event.ts_ms, False, self._settings)

    def _down(self, event: Event) -> None:
        trouble = self._trouble(event)
        trouble.live = Live.DOWN
        self._shown[event.node_ix] = ApState.DOWN
        if self._blame.must_wait(event.node_ix, trouble):
            self._book.held.append(trouble.node)
            hold_ms = event.at_ms + self._settings.beat_ms
            self._book.plan(hold_ms, calendar.DUE_HOLD, trouble.node, trouble.ok_ms)
        else:
            self._declare(event.node_ix, trouble, event.at_ns)

    def _declare(self, ap_ix: int, trouble: Trouble, at_ns: int) -> None:
        """Say that it is down, with its cause; whoever waited for the same cause joins."""
        for joined_ix, joined in self._blame.assign(ap_ix, trouble, at_ns // NS_PER_MS):
            newly = joined_ix == ap_ix or joined.node in self._book.held
            if joined.node in self._book.held:
                self._book.held.remove(joined.node)
            joined.declared = True
            self._revise(joined, Status.PROVISIONAL)
            if newly:
                since_ms = joined.down_since_ms(self._settings)
                down, reason = NodeState.DOWN, Reason.MISSED_BEATS
                self._change_ap(joined, at_ns, down, reason, since_ms)

    def _hold_over(self, due: Due) -> None:
        if due.node in self._book.held and due.node in self._city.ix_of:
            ap_ix = self._city.ix_of[due.node]
            self._declare(ap_ix, self._book.troubles[due.node], due.at_ms * NS_PER_MS)

    def _settle_held(self, ap_ix: int, at_ns: int) -> None:
        """A neighbour on the feeder has decided itself: who need not wait any longer?"""
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
        if trouble.declared:
            self._book.past.setdefault(trouble.node, []).append(trouble)
            final_ms = event.at_ms + self._settings.final_after_ms
            self._book.plan(final_ms, calendar.DUE_FINAL, trouble.node, trouble.ok_ms)
            if trouble.incident or trouble.late_since_ms is None:
                self._revise(trouble, Status.PROVISIONAL)
                self._blame.retime(trouble.incident)
            # else back-filling has begun: its row is closed once that has settled

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
        if trouble.incident and not self._book.in_incident(trouble.incident):
            self._book.incidents.forget(trouble.incident)

    # gateways

    def _gateway_dark(self, event: Event) -> None:
        gateway_ix = event.node_ix - self._city.ap_count
        gateway = self._city.node_ids[event.node_ix]
        reason = Reason.WILL if event.kind == EventKind.GATEWAY_WILL else Reason.SILENCE
        last_ms = event.at_ms if event.ts_ms == NEVER else event.ts_ms
        members = [
            self._city.node_ids[ap_ix]
            for ap_ix in self._city.gateway_aps[gateway_ix]
            if self._shown[ap_ix] not in (ApState.NEVER_SEEN, ApState.BLIND)
        ]
        start_ms = start_after(last_ms, self._settings)
        incident = self._book.incidents.declare(
            Level.GATEWAY,
            gateway,
            Cause.GATEWAY_OR_BACKHAUL,
            start_ms,
            event.at_ms,
            (gateway, *(member for member in members if member != gateway)),
        )
        gap = GatewayGap.since(gateway, last_ms, reason, incident, self._settings)
        self._book.gaps[gateway] = gap
        self._change_gateway(gap, event.at_ns, NodeState.DOWN, reason)
        self.intervals += gap.revise(Status.PROVISIONAL)

    def _gateway_back(self, event: Event) -> None:
        gateway = self._city.node_ids[event.node_ix]
        first_ms = event.at_ms if event.ts_ms == NEVER else event.ts_ms
        gap = self._book.gaps.pop(gateway, None)
        if gap is None:
            self._first_seen(Level.GATEWAY, gateway, first_ms, event.at_ns)
            return
        gap.close(first_ms, self._settings)
        self._book.past_gaps.setdefault(gateway, []).append(gap)
        self._change_gateway(gap, event.at_ns, NodeState.UP, Reason.NONE)
        self.intervals += gap.revise(Status.PROVISIONAL)
        self._book.incidents.retime(gap.incident, gap.start_ms, gap.end_ms)
        gap.late_since_ms = event.at_ms if gap.heartbeats_ms else None
        told_ms, untold_ms = self._settings.settle_ms, self._settings.cause_wait_ms
        for wait_ms in (told_ms, untold_ms) if gap.heartbeats_ms else (untold_ms,):
            self._book.plan(event.at_ms + wait_ms, calendar.DUE_CAUSE, gateway, gap.start_ms)
        final_ms = event.at_ms + self._settings.final_after_ms
        self._book.plan(final_ms, calendar.DUE_GAP_FINAL, gateway, gap.start_ms)

    def _late_heartbeat(self, event: Event) -> None:
        gateway = self._city.node_ids[event.node_ix]
        gap = self._book.gap_at(gateway, event.ts_ms)
        if gap is None or len(gap.heartbeats_ms) >= HEARTBEATS_MAX:
            return
        gap.heartbeats_ms.append(event.ts_ms)
        gap.late_last_ms = event.at_ms
        if gap.late_since_ms is None and gap.end_ms is not None:
            gap.late_since_ms = event.at_ms
            settle_ms = event.at_ms + self._settings.settle_ms
            self._book.plan(settle_ms, calendar.DUE_CAUSE, gateway, gap.start_ms)

    def _judge_gap(self, due: Due) -> None:
        gap = self._book.gap_of(due.node, due.start_ms)
        if gap is None:
            return
        quiet_ms = gap.late_last_ms + self._settings.settle_ms
        if gap.late_since_ms is not None and due.at_ms < quiet_ms:
            self._book.plan(quiet_ms, calendar.DUE_CAUSE, due.node, due.start_ms)
            return
        gap.judge_cause(self._settings)
        self.intervals += gap.revise(Status.AMENDED)
        level = Level.GATEWAY
        self._book.incidents.blame(gap.incident, level, gap.node, gap.cause)
        incident = self._book.incidents.known[gap.incident]
        for node in incident.members:
            for trouble in [*self._book.past.get(node, []), self._book.troubles.get(node)]:
                if trouble is not None and trouble.blind_incident == gap.incident:
                    trouble.blind_cause = gap.cause
                    self._revise(trouble, Status.AMENDED)

    def _finalise_gap(self, due: Due) -> None:
        gap = self._book.gap_of(due.node, due.start_ms)
        if gap is None:
            return
        self.intervals += gap.rows.finalise()
        past = self._book.past_gaps[due.node]
        past.remove(gap)
        if not past:
            del self._book.past_gaps[due.node]
        self._book.incidents.forget(gap.incident)

    # never seen

    def _first_seen(self, level: Level, node: str, ts_ms: int, at_ns: int) -> None:
        key = seen_key(level, node)
        since_ms = self._book.unseen.pop(key, None)
        rows = self._book.unseen_rows.pop(key, None)
        up, none = NodeState.UP, Reason.NONE
        self.changes.append(NodeChange(node, level, at_ns, up, none, ts_ms, Cause.NONE, ""))
        if rows is not None and since_ms is not None:
            self.intervals += rows.revise(
                [_unseen_claim(since_ms, max(since_ms, ts_ms))], Status.PROVISIONAL
            )

    def _still_unseen(self, due: Due) -> None:
        for key, since_ms in sorted(self._book.unseen.items()):
            if key not in self._book.unseen_rows and since_ms + self._settings.hole_ms <= due.at_ms:
                level, node = key.split("/", 1)
                rows = Rows(node, Level(level))
                self._book.unseen_rows[key] = rows
                self.intervals += rows.revise([_unseen_claim(since_ms, None)], Status.PROVISIONAL)

    # words

    def _revise(self, trouble: Trouble, status: Status) -> int | None:
        """Write what changed; when the last of it starts."""
        changed = trouble.revise(self._settings, status)
        self.intervals += changed
        return changed[-1].start_ms if changed else None

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

    def _change_gateway(
        self, gap: GatewayGap, at_ns: int, state: NodeState, reason: Reason
    ) -> None:
        down = state is NodeState.DOWN
        since_ms = gap.start_ms if down or gap.end_ms is None else gap.end_ms
        cause, incident = (gap.cause, gap.incident) if down else (Cause.NONE, "")
        self.changes.append(
            NodeChange(gap.node, Level.GATEWAY, at_ns, state, reason, since_ms, cause, incident)
        )


def _unseen_claim(since_ms: int, end_ms: int | None) -> Claim:
    return Claim(since_ms, end_ms, IntervalState.UNOBSERVED, Reason.NEVER_SEEN)
