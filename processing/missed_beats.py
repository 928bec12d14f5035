"""The baseline detector: k missed beats in a row make an access point DOWN.

A beat is missed when its record says "no answer", or when nothing came for a beat plus a margin
*of observed time*. Observed time of a gateway grows only from one fresh arrival to the next, and
not over a stretch so long that the gateway counts as dark. So silence is evidence up to the last
moment the gateway was heard and no further: while it is silent, no clock of its access points
moves, and once it is back each of them has a fresh full period.

A birth is no proof of having observed: the gateway's process may have been dead until then, however
short that was. What lies between a birth and the arrival before it counts as unobserved.

Liveness looks at arrivals, by the host's clock. Event times are only carried along, to say later
when something began; no value of theirs changes a state.

Arrivals, sweeps and pauses are worked off in one order in time, so results do not depend on how
the stream was cut into calls.
"""

import numpy as np
from numpy.typing import NDArray

from processing.city import City
from processing.columns import CueKind, Cues, Readings
from processing.missed_beats_kernel import (
    CURSOR_SIZE,
    DONE,
    EVENT_COUNT,
    EVENTS_PER_READING,
    RULE_BEAT,
    RULE_DARK,
    RULE_HEARTBEAT_CODE,
    RULE_MARGIN,
    RULE_MISSES,
    RULE_OK_CODE,
    RULE_PAUSE,
    RULE_RECONNECT,
    RULE_SIZE,
    RULE_SWEEP,
    RULE_WILL,
    Scene,
    follow,
)
from processing.records import AP_DTYPE, CLOCK_DTYPE, EVENT_DTYPE, GATEWAY_DTYPE, NEVER, Records
from processing.settings import Settings
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS


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
    return rule


def new_clock(now_ns: int) -> Records:
    """A clock record at the start of observation, shape (1,)."""
    clock = np.zeros(1, dtype=CLOCK_DTYPE)
    clock["last_ns"] = now_ns
    clock["sweep_ns"] = now_ns
    clock["deaf_ns"] = NEVER
    return clock


def event_room(city: City) -> Records:
    """A buffer in which a sweep over the whole city always fits, shape (room,)."""
    return np.zeros(3 * (city.ap_count + city.gateway_count) + 1_024, dtype=EVENT_DTYPE)


class Follower:
    """One batch on its way through the kernel; call :meth:`more` until it returns None.

    ``aps``, ``gateways`` and ``clock`` are changed in place; the events are in order of time.
    """

    def __init__(
        self,
        city: City,
        rule: NDArray[np.int64],
        clock: Records,
        aps: Records,
        gateways: Records,
        room: Records,
    ) -> None:
        assert rule.shape == (RULE_SIZE,)
        assert clock.shape == (1,)
        assert clock.dtype == CLOCK_DTYPE
        assert aps.shape == (city.ap_count,)
        assert aps.dtype == AP_DTYPE
        assert gateways.shape == (city.gateway_count,)
        assert gateways.dtype == GATEWAY_DTYPE
        assert room.dtype == EVENT_DTYPE
        # a sweep may say twice what it finds of each node
        assert room.size >= 3 * (aps.size + gateways.size) + EVENTS_PER_READING
        cursor = np.zeros(CURSOR_SIZE, dtype=np.int64)
        self._scene = Scene(rule, city.node_gateway_ix, clock, aps, gateways, cursor, room)
        self._city = city

    def more(self, readings: Readings, cues: Cues, now_ns: int) -> Records | None:
        """The next events, a view of the room; None when all was said."""
        cursor = self._scene.cursor
        if cursor[DONE]:
            return None
        if not cursor.any():
            _assert_sound(self._city, readings, cues)
        cursor[EVENT_COUNT] = 0
        follow(self._scene, readings, cues, now_ns)
        return self._scene.room[: int(cursor[EVENT_COUNT])]


def _assert_sound(city: City, readings: Readings, cues: Cues) -> None:
    """What the kernel trusts."""
    assert all(column.shape == readings.ts_ns.shape for column in readings)
    assert all(column.shape == cues.arrival_ns.shape for column in cues)
    assert np.all((readings.node_ix >= 0) & (readings.node_ix < city.node_count))
    no_gateway = cues.kind >= int(CueKind.DEAF)
    assert np.all(no_gateway | ((cues.gateway_ix >= 0) & (cues.gateway_ix < city.gateway_count)))
