"""The detector: how long and how surely something was silent, and what that is worth.

A beat is missed when its record says "no answer", or when nothing came for a beat plus a margin
*of observed time*. Observed time of a gateway grows only from one fresh arrival to the next, and
not over a stretch so long that the gateway counts as gone. So silence is evidence up to the last
moment the gateway was heard and no further: while it is silent, no clock of its access points
moves, and once it is back each of them has a fresh full period.

Evidence is in nats: minus the logarithm of how often something healthy is silent like that, as
learned here (``evidence_kernel.py``). A suspect is asked through its gateway, within a budget
(``probing_kernel.py``). DOWN is said when the evidence reaches ``ln(beats a year / false alarms
allowed a year)``. A gateway is gone when its whole stream of messages is missing for longer than
the allowed false alarms explain, and its backhaul or feeder when the others of it are silent too
(``cause_kernel.py``).

Liveness looks at arrivals, by the host's clock. Event times are only carried along, to say later
when something began; no value of theirs changes a state.

Arrivals, sweeps and pauses are worked off in one order in time, so results do not depend on how
the stream was cut into calls.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.city import City
from processing.columns import NO_ANSWERS, Answers, CueKind, Cues, Readings
from processing.detector_kernel import follow
from processing.evidence_kernel import YEAR_S
from processing.records import (
    AP_DTYPE,
    CLOCK_DTYPE,
    EVENT_DTYPE,
    GATEWAY_DTYPE,
    KNOWN_SIZE,
    NEVER,
    PROBES_MAX,
    REQUEST_DTYPE,
    Records,
)
from processing.scene import (
    AT_ANSWER,
    CURSOR_SIZE,
    DONE,
    EVENT_COUNT,
    EVENTS_PER_READING,
    NEED_AP,
    NEED_GATEWAY_PER_YEAR,
    NEED_NOISY_AP,
    NEED_SIZE,
    NEED_SUSPECT,
    REQUEST_COUNT,
    RULE_ANSWER_AT_ONCE,
    RULE_BATTERY_CODE,
    RULE_BEAT,
    RULE_COUNT_BEATS,
    RULE_DARK,
    RULE_GATEWAY_BEAT,
    RULE_HEARTBEAT_CODE,
    RULE_MARGIN,
    RULE_MISSES,
    RULE_OK_CODE,
    RULE_PAUSE,
    RULE_PROBES,
    RULE_RECONNECT,
    RULE_SIZE,
    RULE_SWEEP,
    RULE_WILL,
    Scene,
)
from processing.settings import Rule, Settings
from vocabulary.metrics import code_of
from vocabulary.probing import SCHEDULE_MS
from vocabulary.units import MS_PER_S, NS_PER_MS

NOISY_FALSE_ALARMS_PER_YEAR: Final = 1.0
"""Where no number of probes can tell as surely as the city asks: links that stall for minutes."""
SUSPICIONS_PER_HOUR: Final = 6.0
HOURS_PER_YEAR: Final = 8_766.0
GATEWAY_ROUTE_SHARE: Final = 0.5
"""Of a gateway's allowed false alarms; the rest is for wills."""
_SCHEDULE_MS: Final = np.array(SCHEDULE_MS, dtype=np.int64)
assert len(SCHEDULE_MS) <= PROBES_MAX


def rule_of(settings: Settings) -> NDArray[np.int64]:
    """Settings and metric codes as the kernel takes them."""
    rule = np.zeros(RULE_SIZE, dtype=np.int64)
    rule[RULE_BEAT] = settings.beat_ms * NS_PER_MS
    rule[RULE_MARGIN] = settings.margin_ms * NS_PER_MS
    rule[RULE_MISSES] = settings.misses_down
    rule[RULE_DARK] = settings.gateway_silence_ms * NS_PER_MS
    rule[RULE_PAUSE] = settings.pause_ms * NS_PER_MS
    rule[RULE_SWEEP] = settings.sweep_ms * NS_PER_MS
    rule[RULE_WILL] = settings.will_grace_ms * NS_PER_MS
    rule[RULE_OK_CODE] = code_of("wifi/ok")
    rule[RULE_HEARTBEAT_CODE] = code_of("gateway/uplink_ok")
    rule[RULE_RECONNECT] = settings.reconnect_grace_ms * NS_PER_MS
    rule[RULE_BATTERY_CODE] = code_of("gateway/on_battery")
    rule[RULE_GATEWAY_BEAT] = settings.gateway_beat_ms * NS_PER_MS
    rule[RULE_COUNT_BEATS] = settings.rule is Rule.MISSED_BEATS
    rule[RULE_PROBES] = settings.probes
    return rule


def need_of(settings: Settings) -> NDArray[np.float64]:
    """How much evidence is enough, in nats."""
    beats_per_year = YEAR_S * MS_PER_S / settings.beat_ms
    need = np.zeros(NEED_SIZE, dtype=np.float64)
    allowed = settings.false_alarms_per_ap_year
    need[NEED_AP] = np.log(beats_per_year / allowed)
    need[NEED_NOISY_AP] = np.log(beats_per_year / max(allowed, NOISY_FALSE_ALARMS_PER_YEAR))
    need[NEED_SUSPECT] = np.log(beats_per_year / (SUSPICIONS_PER_HOUR * HOURS_PER_YEAR))
    need[NEED_GATEWAY_PER_YEAR] = settings.false_alarms_per_gateway_year * GATEWAY_ROUTE_SHARE
    return need


def new_clock(now_ns: int) -> Records:
    """A clock record at the start of observation, shape (1,)."""
    clock = np.zeros(1, dtype=CLOCK_DTYPE)
    clock["last_ns"] = now_ns
    clock["sweep_ns"] = now_ns
    clock["deaf_ns"] = NEVER
    return clock


def new_known() -> NDArray[np.float64]:
    """Nothing is learned yet, shape (KNOWN_SIZE,)."""
    return np.zeros(KNOWN_SIZE, dtype=np.float64)


def event_room(city: City) -> Records:
    """A buffer in which a sweep over the whole city always fits, shape (room,)."""
    return np.zeros(3 * (city.ap_count + city.gateway_count) + 1_024, dtype=EVENT_DTYPE)


def request_room(city: City) -> Records:
    """A buffer for requests; who finds it full asks later, shape (asks,)."""
    return np.zeros(min(city.ap_count, 4_096) + 64, dtype=REQUEST_DTYPE)


class Memory(NamedTuple):
    """What the detector changes in place."""

    clock: Records  # (1,)
    known: NDArray[np.float64]  # (KNOWN_SIZE,)
    aps: Records  # (A,)
    gateways: Records  # (G,)
    room: Records
    requests: Records


class Follower:
    """One batch on its way through the kernel; call :meth:`more` until it returns None.

    The memory is changed in place; the events are in order of time. With ``answer_at_once`` it
    also stops when somebody is to be asked; what :meth:`asked` gives then may be answered by
    putting more into the ``answers`` of the next call, behind those taken already.
    """

    def __init__(
        self,
        city: City,
        rules: tuple[NDArray[np.int64], NDArray[np.float64]],
        memory: Memory,
        *,
        answer_at_once: bool = False,
    ) -> None:
        rule, need = rules
        assert rule.shape == (RULE_SIZE,)
        assert need.shape == (NEED_SIZE,)
        assert memory.clock.shape == (1,)
        assert memory.clock.dtype == CLOCK_DTYPE
        assert memory.known.shape == (KNOWN_SIZE,)
        assert memory.aps.shape == (city.ap_count,)
        assert memory.gateways.shape == (city.gateway_count,)
        assert (memory.aps.dtype, memory.gateways.dtype) == (AP_DTYPE, GATEWAY_DTYPE)
        assert (memory.room.dtype, memory.requests.dtype) == (EVENT_DTYPE, REQUEST_DTYPE)
        # a sweep may say twice what it finds of each node
        assert memory.room.size >= 3 * (city.ap_count + city.gateway_count) + EVENTS_PER_READING
        cursor = np.zeros(CURSOR_SIZE, dtype=np.int64)
        rule = rule.copy()
        rule[RULE_ANSWER_AT_ONCE] = answer_at_once
        self._scene = Scene(
            rule,
            need,
            _SCHEDULE_MS,
            city.wiring,
            memory.known,
            memory.clock,
            memory.aps,
            memory.gateways,
            cursor,
            memory.room,
            memory.requests,
        )
        self._city = city
        self._checked = False

    def more(
        self, readings: Readings, cues: Cues, now_ns: int, answers: Answers = NO_ANSWERS
    ) -> Records | None:
        """The next events, a view of the room; None when all was said."""
        cursor = self._scene.cursor
        if cursor[DONE]:
            return None
        if not self._checked:
            _assert_sound(self._city, readings, cues)
            self._checked = True
        assert np.all((answers.ap_ix >= 0) & (answers.ap_ix < self._city.ap_count))
        cursor[EVENT_COUNT] = 0
        follow(self._scene, readings, cues, answers, now_ns)
        return self._scene.room[: int(cursor[EVENT_COUNT])]

    def joined(self, answers: Answers, more: Answers) -> Answers:
        """Those of the last call that are still to come, and more, for the next call."""
        at, self._scene.cursor[AT_ANSWER] = int(self._scene.cursor[AT_ANSWER]), 0
        if at == answers.arrival_ns.size:
            return more
        merged = np.concatenate((np.stack(answers)[:, at:], np.stack(more)), axis=1)
        return Answers(*merged[:, np.argsort(merged[0], kind="stable")])

    def asked(self) -> Records:
        """Take the requests made so far, a copy."""
        cursor = self._scene.cursor
        made = self._scene.requests[: int(cursor[REQUEST_COUNT])].copy()
        cursor[REQUEST_COUNT] = 0
        return made


def _assert_sound(city: City, readings: Readings, cues: Cues) -> None:
    """What the kernel trusts."""
    assert all(column.shape == readings.ts_ns.shape for column in readings)
    assert all(column.shape == cues.arrival_ns.shape for column in cues)
    assert np.all((readings.node_ix >= 0) & (readings.node_ix < city.node_count))
    no_gateway = cues.kind >= int(CueKind.DEAF)
    assert np.all(no_gateway | ((cues.gateway_ix >= 0) & (cues.gateway_ix < city.gateway_count)))
