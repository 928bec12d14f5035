"""What the faults of a run do to each node, as timelines and as rows of the truth ledger.

Timelines are what the world acts on: no power, no agent, no uplink. The rows say the same to the
scorer, with causes. Nothing here knows how the code under test looks at it.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Final, NamedTuple

from simulators.fleet import Fleet
from simulators.nature import Fault
from simulators.scenario import Kind
from simulators.truth import Span, TrueInterval, TrueLevel, TrueState, joined
from vocabulary.units import NS_PER_MS, NS_PER_S

AFTER_MAINTENANCE_NS: Final = 1_800 * NS_PER_S
"""An access point that died inside a maintenance stays dead so long after its end."""


class Worse(NamedTuple):
    """A time in which an access point's link gets worse, evenly up to ``loss_end``."""

    start_ns: int
    end_ns: int
    loss_end: float
    rtt_factor: float


class Step(NamedTuple):
    """A time in which a gateway's wall clock is off by so much more."""

    start_ns: int
    end_ns: int
    step_ns: int


class Effects:
    """Timelines by node id; a node that is not in one has nothing to fear. Spans are merged."""

    def __init__(self, fleet: Fleet, faults: list[Fault], start_ns: int, end_ns: int) -> None:
        self.start_ns, self.end_ns = start_ns, end_ns
        self.intervals: list[TrueInterval] = []
        self.radio_off: dict[str, list[Span]] = defaultdict(list)
        self.worse: dict[str, list[Worse]] = defaultdict(list)
        self.exits: dict[str, set[int]] = defaultdict(set)
        """Gateway -> when its process ended, so that the broker speaks its will at once."""
        self.takeovers: dict[str, list[int]] = defaultdict(list)
        self.clock_steps: dict[str, list[Step]] = defaultdict(list)
        self.on_battery: dict[str, list[Span]] = defaultdict(list)
        self._fleet = fleet
        self._off: dict[str, list[Span]] = defaultdict(list)
        self._dead: dict[str, list[Span]] = defaultdict(list)
        self._cut: dict[str, list[Span]] = defaultdict(list)
        self._broker_off: list[Span] = []
        self._pauses: list[Span] = []
        self._aps_of: dict[str, list[str]] = defaultdict(list)
        self._behind: dict[str, dict[str, None]] = defaultdict(dict)
        self._fed: dict[str, list[str]] = defaultdict(list)
        self._walk_tree()
        for ap_id in fleet.never_reporting:
            self._off[ap_id].append((start_ns, end_ns + 1))
        for gateway_id, on_ns in fleet.switched_on_ns.items():
            span, why = (start_ns, on_ns), ("not_yet_on", gateway_id)
            self._dead[gateway_id].append(span)
            self._tell(gateway_id, TrueLevel.GATEWAY, TrueState.UNOBSERVABLE, why, span)
            self._blind(gateway_id, span, *why)
        does = self._table()
        for fault in faults:
            does[fault.kind](fault)
        self.off = _merged(self._off)
        """Access point -> when it has no power, up to when its service is back."""
        self.dead = _merged(self._dead)
        """Gateway -> when its agent does not run."""
        self.cut = _merged(self._cut)
        """Gateway -> when its uplink is gone."""
        self.broker_off = joined(self._broker_off)
        self.pauses = joined(self._pauses)

    def _table(self) -> dict[Kind, Callable[[Fault], None]]:
        """Kind of fault -> what it does; a test holds it complete."""
        return {
            Kind.AP_CRASH: self._ap_crash,
            Kind.FLAPPING: self._flapping,
            Kind.RADIO_OFF: self._radio_off,
            Kind.DEGRADATION: self._degradation,
            Kind.GATEWAY_POWER: self._gateway_power,
            Kind.GATEWAY_EXIT: self._gateway_exit,
            Kind.SESSION_TAKEOVER: self._takeover,
            Kind.COINCIDENCE: self._coincidence,
            Kind.MAINTENANCE: self._maintenance,
            Kind.CLOCK_STEP: self._clock_step,
            Kind.BACKHAUL_CUT: self._backhaul_cut,
            Kind.FEEDER_OUT: self._feeder_out,
            Kind.BROKER_RESTART: self._broker_restart,
            Kind.PROCESSOR_PAUSE: self._processor_pause,
        }

    def _walk_tree(self) -> None:
        for row in self._fleet.listed.gateway:
            if row.backhaul_id is not None:
                self._behind[row.backhaul_id][row.gateway_id] = None
            if row.feeder_id is not None:
                self._fed[row.feeder_id].append(row.gateway_id)
        for ap_id, path in self._fleet.paths.items():
            self._aps_of[path.gateway_id].append(ap_id)
            if path.feeder_id is not None:
                self._fed[path.feeder_id].append(ap_id)

    def _tell(
        self,
        node: str,
        level: TrueLevel,
        state: TrueState,
        why: tuple[str, str],
        span: Span,
    ) -> None:
        """One row of the ledger, cut to the run; ``why`` is (cause, node at fault)."""
        start_ns, end_ns = max(span[0], self.start_ns), min(span[1], self.end_ns)
        if start_ns < end_ns:
            self.intervals.append(TrueInterval(node, level, state, *why, start_ns, end_ns))

    def _ap_down(self, ap_id: str, span: Span, cause: str, cause_node: str) -> None:
        if ap_id in self._fleet.never_reporting:
            return
        self._off[ap_id].append(span)
        self._tell(ap_id, TrueLevel.AP, TrueState.DOWN, (cause, cause_node), span)

    def _blind(self, gateway_id: str, span: Span, cause: str, cause_node: str) -> None:
        """Nobody sees the access points of a gateway."""
        for ap_id in self._aps_of[gateway_id]:
            self._tell(ap_id, TrueLevel.AP, TrueState.UNOBSERVABLE, (cause, cause_node), span)

    def _gateway_dead(self, gateway_id: str, span: Span, cause: str, cause_node: str) -> None:
        self._dead[gateway_id].append(span)
        self._tell(gateway_id, TrueLevel.GATEWAY, TrueState.DOWN, (cause, cause_node), span)
        self._blind(gateway_id, span, cause, cause_node)

    def _ap_crash(self, fault: Fault) -> None:
        self._ap_down(fault.node, (fault.start_ns, fault.end_ns), fault.kind, fault.node)

    def _flapping(self, fault: Fault) -> None:
        why = (str(fault.kind), fault.node)
        span = (fault.start_ns, fault.end_ns)
        self._tell(fault.node, TrueLevel.AP, TrueState.FLAPPING, why, span)
        down_ns = round(fault.trouble.down_s * NS_PER_S)
        period_ns = max(NS_PER_MS, down_ns + round(fault.trouble.up_s * NS_PER_S))
        for at_ns in range(fault.start_ns, fault.end_ns, period_ns):
            self._ap_down(fault.node, (at_ns, min(at_ns + down_ns, fault.end_ns)), *why)

    def _radio_off(self, fault: Fault) -> None:
        span = (fault.start_ns, fault.end_ns)
        self.radio_off[fault.node].append(span)
        why = (str(fault.kind), fault.node)
        self._tell(fault.node, TrueLevel.AP, TrueState.DEGRADED, why, span)

    def _degradation(self, fault: Fault) -> None:
        trouble, span = fault.trouble, (fault.start_ns, fault.end_ns)
        self.worse[fault.node].append(Worse(*span, trouble.loss_end, trouble.rtt_factor))
        why = (str(fault.kind), fault.node)
        self._tell(fault.node, TrueLevel.AP, TrueState.DEGRADED, why, span)

    def _gateway_power(self, fault: Fault) -> None:
        span = (fault.start_ns, fault.end_ns)
        self._gateway_dead(fault.node, span, str(fault.kind), fault.node)

    def _gateway_exit(self, fault: Fault) -> None:
        self.exits[fault.node].add(fault.start_ns)
        self._gateway_power(fault)

    def _takeover(self, fault: Fault) -> None:
        self.takeovers[fault.node].append(fault.start_ns)

    def _coincidence(self, fault: Fault) -> None:
        """A gateway and some access points elsewhere, within seconds: four causes, not one."""
        self._gateway_power(fault)
        within_ns = round(fault.trouble.within_s * 1_000) * NS_PER_MS
        for ix, ap_id in enumerate(fault.members, start=1):
            late_ns = within_ns * ix // (len(fault.members) * NS_PER_MS) * NS_PER_MS
            span = (fault.start_ns + late_ns, fault.end_ns + late_ns)
            self._ap_down(ap_id, span, str(Kind.AP_CRASH), ap_id)

    def _maintenance(self, fault: Fault) -> None:
        """Announced work on a gateway; an access point that dies meanwhile is nobody's plan."""
        window = (fault.start_ns, fault.end_ns)
        why = (str(fault.kind), fault.node)
        self._tell(fault.node, TrueLevel.GATEWAY, TrueState.MAINTENANCE, why, window)
        for ap_id in self._aps_of[fault.node]:
            self._tell(ap_id, TrueLevel.AP, TrueState.MAINTENANCE, why, window)
        tenth_ns = fault.length_ns // (10 * NS_PER_MS) * NS_PER_MS
        off = (fault.start_ns + tenth_ns, fault.start_ns + 2 * tenth_ns)
        self._gateway_dead(fault.node, off, *why)
        for ap_id in fault.members:
            span = (fault.start_ns + 5 * tenth_ns, fault.end_ns + AFTER_MAINTENANCE_NS)
            self._ap_down(ap_id, span, str(Kind.AP_CRASH), ap_id)

    def _clock_step(self, fault: Fault) -> None:
        step_ns = round(fault.trouble.step_s * NS_PER_S)
        self.clock_steps[fault.node].append(Step(fault.start_ns, fault.end_ns, step_ns))

    def _backhaul_cut(self, fault: Fault) -> None:
        span, why = (fault.start_ns, fault.end_ns), (str(fault.kind), fault.node)
        self._tell(fault.node, TrueLevel.BACKHAUL, TrueState.DOWN, why, span)
        for gateway_id in self._behind[fault.node]:
            self._cut[gateway_id].append(span)
            self._tell(gateway_id, TrueLevel.GATEWAY, TrueState.UNOBSERVABLE, why, span)
            self._blind(gateway_id, span, *why)

    def _feeder_out(self, fault: Fault) -> None:
        span, why = (fault.start_ns, fault.end_ns), (str(fault.kind), fault.node)
        self._tell(fault.node, TrueLevel.FEEDER, TrueState.DOWN, why, span)
        for node in self._fed[fault.node]:
            if node in self._fleet.paths:
                self._ap_down(node, span, *why)
            elif node in self._fleet.on_ups:
                self.on_battery[node].append(span)
            else:
                self._gateway_dead(node, span, *why)

    def _broker_restart(self, fault: Fault) -> None:
        span, why = (fault.start_ns, fault.end_ns), (str(fault.kind), fault.node)
        self._broker_off.append(span)
        self._tell(fault.node, TrueLevel.BROKER, TrueState.DOWN, why, span)

    def _processor_pause(self, fault: Fault) -> None:
        span, why = (fault.start_ns, fault.end_ns), (str(fault.kind), fault.node)
        self._pauses.append(span)
        self._tell(fault.node, TrueLevel.BROKER, TrueState.STALL, why, span)


def _merged(spans: dict[str, list[Span]]) -> dict[str, list[Span]]:
    return {node: joined(rows) for node, rows in spans.items()}
