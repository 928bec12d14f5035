"""The chronicle's part about gateways and about nodes never seen, and the words it all ends in."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from processing import book as calendar
from processing.blame import Blame
from processing.book import Book, Due, seen_key
from processing.changes import NodeChange, NodeState
from processing.city import City
from processing.evidence import Ground, Line
from processing.gateway_gap import GatewayGap
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
from processing.records import NEVER, ApState, Event, EventKind, Suspect
from processing.settings import Settings
from processing.trouble import Trouble

HEARTBEATS_MAX: Final = 200_000


class GatewayChronicle:
    """What the events of gateways mean; what was said stands in ``changes`` and the like."""

    def __init__(self, book: Book, shown: NDArray[np.int8], city: City, settings: Settings) -> None:
        assert shown.shape == (city.ap_count,)
        self._book = book
        self._shown = shown  # ApState of each access point, as of the event at hand
        self._city = city
        self._settings = settings
        self._blame = Blame(book, shown, city, settings)
        self.changes: list[NodeChange] = []
        self.intervals: list[Interval] = []
        self.evidence: list[Line] = []

    def _note(self, event: Event, incident: str, level: Level, node: str, ground: Ground) -> None:
        """Keep why something was said."""
        if incident:
            self.evidence.append(
                Line(
                    incident,
                    event.at_ms,
                    level,
                    node,
                    ground,
                    event.missed,
                    event.probes,
                    round(event.silence_nats, 3),
                    round(event.probe_nats, 3),
                    round(event.need_nats, 3),
                )
            )

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
        gap = GatewayGap.since(gateway, last_ms, reason, "", self._settings)
        nodes = (gateway, *(member for member in members if member != gateway))
        self._put_under_incident(gateway_ix, gap, nodes, event)
        ground = Ground.WILL if event.kind == EventKind.GATEWAY_WILL else Ground.GATEWAY_SILENT
        self._note(event, gap.incident, Level.GATEWAY, gateway, ground)
        shared = {
            Suspect.BACKHAUL: Ground.BACKHAUL_SILENT,
            Suspect.FEEDER: Ground.FEEDER_SHARED,
        }.get(Suspect(event.blames))
        if shared is not None:
            self._note(event, gap.incident, Level.GATEWAY, gateway, shared)
        self._book.gaps[gateway] = gap
        self._change_gateway(gap, event.at_ns, NodeState.DOWN, reason)
        self.intervals += gap.revise(Status.PROVISIONAL)

    def _put_under_incident(
        self, gateway_ix: int, gap: GatewayGap, nodes: tuple[str, ...], event: Event
    ) -> None:
        """A gateway is gone: by itself, with its backhaul, or with its feeder."""
        incidents, blames = self._book.incidents, Suspect(event.blames)
        level, node, cause = Level.GATEWAY, gap.node, Cause.GATEWAY_OR_BACKHAUL
        if blames is Suspect.FEEDER:
            self._blame.blame_feeder_of_gateway(gateway_ix, gap, event.at_ms)
            for member in nodes:
                incidents.attach(gap.incident, member)
            return
        if blames is Suspect.GATEWAY:
            cause = Cause.GATEWAY
        elif blames is Suspect.BACKHAUL:
            level, cause, gap.is_judged = Level.BACKHAUL, Cause.BACKHAUL, True
            node = self._city.backhaul_ids[int(self._city.gateway_backhaul_ix[gateway_ix])]
        within_ms = 2 * self._settings.gateway_beat_ms
        incident = incidents.open_at(level, node, gap.start_ms, within_ms)
        if not incident:
            incident = incidents.declare(level, node, cause, gap.start_ms, event.at_ms, nodes)
        for member in nodes:
            incidents.attach(incident, member)
        gap.cause, gap.incident = cause, incident

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
        self._blame.retime(gap.incident)
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
        incident = self._book.incidents.known[gap.incident]
        if incident.level is Level.GATEWAY:
            self._book.incidents.blame(gap.incident, Level.GATEWAY, gap.node, gap.cause)
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
        if not self._book.gaps_in(gap.incident) and not self._book.in_incident(gap.incident):
            self._book.incidents.forget(gap.incident)

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

    def _revise(self, trouble: Trouble, status: Status) -> int | None:
        """Write what changed; when the last of it starts."""
        changed = trouble.revise(self._settings, status)
        self.intervals += changed
        return changed[-1].start_ms if changed else None

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
