"""What one thing that arrives does: a beat, an answer, a cue, a record from a spool."""

from typing import Final

import numba as nb
import numpy as np

from processing.cause_kernel import (
    DECIDE_NS,
    everybody_quiet,
    overdue,
)
from processing.city import (
    FEEDER_OF,
    FEEDER_OF_GATEWAY,
)
from processing.columns import (
    Answers,
    CueKind,
    Readings,
)
from processing.evidence_kernel import (
    learn_probes,
    probe_nats,
    stall_bin,
)
from processing.judgement_kernel import (
    QUIET_NS,
    judge,
    judge_as_is,
    learn_gap,
    suspect,
)
from processing.probing_kernel import (
    SIBLING_PROBES,
    UPTIME_ASKED,
    ask_on,
    ask_siblings,
    ask_uptime,
    over,
)
from processing.records import (
    K_REFUTED,
    K_STALLS,
    K_STRANGE,
    NEVER,
    ApState,
    EventKind,
    GatewayState,
)
from processing.scene import (
    EVENT_COUNT,
    NEED_AP,
    RULE_BATTERY_CODE,
    RULE_BEAT,
    RULE_COUNT_BEATS,
    RULE_DARK,
    RULE_HEARTBEAT_CODE,
    RULE_OK_CODE,
    RULE_RECONNECT,
    Scene,
    gateway_of,
    say,
    say_ap,
    silence_ns,
)
from processing.sweep_kernel import (
    resume,
)
from vocabulary.units import (
    NS_PER_MS,
)

LONG_PROBES: Final = 6
"""A silence of so many probes may have been an outage, even if nobody called it one."""
NEARLY: Final = 7.5
"""So many nats before DOWN, others on the feeder are asked."""
_MS: Final = NS_PER_MS
_NEVER: Final = NEVER
_UNSEEN, _UP, _SUSPECT, _DOWN, _BLIND = (int(state) for state in ApState)
_G_UNSEEN, _G_HEARD, _G_DARK = (int(state) for state in GatewayState)
_E_ALIVE: Final = int(EventKind.ALIVE)
_E_FAIL: Final = int(EventKind.FAIL)
_E_LATE_OK: Final = int(EventKind.LATE_OK)
_E_LATE_FAIL: Final = int(EventKind.LATE_FAIL)
_E_LATE_HEARTBEAT: Final = int(EventKind.LATE_HEARTBEAT)
_E_GATEWAY_BACK: Final = int(EventKind.GATEWAY_BACK)
_E_ON_BATTERY: Final = int(EventKind.ON_BATTERY)
_E_REBOOTED: Final = int(EventKind.REBOOTED)
_C_WILL: Final = int(CueKind.WILL)
_C_DEAF: Final = int(CueKind.DEAF)
_C_HEARING: Final = int(CueKind.HEARING)


@nb.njit(cache=True)
def _hear(scene: Scene, gateway_ix: int, at_ns: int, ts_ms: int) -> None:
    """Something fresh came from this gateway: it was observing since the last time."""
    gateway = scene.gateways[gateway_ix]
    awake_ns = at_ns - scene.clock[0]["paused_ns"]
    if gateway["state"] == _G_HEARD:
        long = awake_ns - gateway["heard_ns"] > DECIDE_NS and scene.rule[RULE_COUNT_BEATS] == 0
        if long and everybody_quiet(scene, gateway_ix, awake_ns):
            resume(scene.gateways, awake_ns)  # the first word after a silence of all: it was ours
        quiet_ns = max(0, awake_ns - gateway["heard_ns"])
        looked_at = quiet_ns > QUIET_NS and scene.rule[RULE_COUNT_BEATS] == 0
        if looked_at and overdue(scene, gateway_ix, quiet_ns) >= 2:  # it stalled, and is well
            scene.known[K_STALLS + stall_bin(quiet_ns)] += 1.0
        gateway["seen_ns"] += quiet_ns
    else:
        gateway["state"] = _G_HEARD
        gateway["fresh_ns"] = gateway["seen_ns"]
        say(scene, _E_GATEWAY_BACK, scene.aps.size + gateway_ix, at_ns, ts_ms)
    gateway["heard_ns"] = awake_ns
    gateway["will_ns"] = _NEVER
    if ts_ms != _NEVER:
        gateway["ts_ms"] = ts_ms


@nb.njit(cache=True)
def _fail(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """The gateway asked and had no answer, after ``missed`` beats without a record."""
    ap = scene.aps[ap_ix]
    ap["missed"] += missed + 1
    say_ap(scene, _E_FAIL, ap_ix, at_ns, ts_ms, missed)
    if ap["state"] == _UP or ap["state"] == _BLIND:
        suspect(scene, ap_ix, at_ns, ts_ms, missed, int(np.int64(ap["missed"])))
    elif ap["state"] == _SUSPECT and ap["suspect_ns"] != _NEVER and ap["asked"] == ap["failed"]:
        ask_on(scene, ap_ix, at_ns, at_ns - scene.clock[0]["paused_ns"])  # budget may be back
    judge_as_is(scene, ap_ix, at_ns, ts_ms, missed)


@nb.njit(cache=True)
def _life(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int, probed: int) -> None:
    """A proof of life, by a beat or (``probed``) by the answer to a probe."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
    state = ap["state"]
    if state == _UNSEEN:
        ap["learn_ns"] = gateway["seen_ns"]
        ap["suspect_ns"] = _NEVER
    if state != _UP:
        say_ap(scene, _E_ALIVE, ap_ix, at_ns, ts_ms, missed)
        ap["state"] = _UP
    if scene.rule[RULE_COUNT_BEATS] == 0:
        in_all = int(np.int64(ap["missed"])) + missed
        if state == _DOWN or (state == _SUSPECT and ap["failed"] >= LONG_PROBES):
            # it may have been away: what this teaches, its uptime tells
            awake_ns = at_ns - scene.clock[0]["paused_ns"]
            if ask_uptime(scene, ap_ix, at_ns, awake_ns, probed):
                ap["suspect_ns"] = ap["ok_ms"]
                ap["nats"] = -max(in_all, 1) if state == _DOWN else in_all
        elif ap["asked"] != UPTIME_ASKED:
            if state == _SUSPECT and in_all > 0:
                learn_gap(scene, ap_ix, in_all)
                gateway["late"] += missed
            if state != _UP or probed:
                over(scene, ap_ix, probed, state == _SUSPECT)
    ap["missed"] = 0
    ap["ok_ms"] = ts_ms
    ap["ok_at_ms"] = at_ns // _MS


@nb.njit(cache=True)
def _beat(
    scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, answered: bool, boot: int, mono_ms: int
) -> None:
    """One fresh beat of one access point."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
    beat_ns = scene.rule[RULE_BEAT]
    missed = max(0, (silence_ns(ap, gateway) + beat_ns // 2) // beat_ns - 1)
    if answered:
        _life(scene, ap_ix, at_ns, ts_ms, missed, 0)
    else:
        since_ms = mono_ms - ap["beat_mono_ms"]
        again = mono_ms >= 0 and boot == ap["boot"] and 0 <= since_ms < beat_ns // _MS // 2
        if ap["state"] == _UNSEEN or (again and ap["missed"] > 0):
            return  # the same beat asked twice is one miss
        _fail(scene, ap_ix, at_ns, ts_ms, missed)
    ap["mark_ns"] = gateway["seen_ns"]
    ap["beat_ms"] = ts_ms
    ap["beat_mono_ms"] = mono_ms
    ap["boot"] = boot


@nb.njit(cache=True)
def answer(scene: Scene, answers: Answers, i: int, at_ns: int) -> None:
    """A probe came to something."""
    ap_ix, known = answers.ap_ix[i], scene.known
    ap, gateway_ix = scene.aps[ap_ix], gateway_of(scene, ap_ix)
    ts_ms, uptime_s = answers.ts_ns[i] // _MS, answers.uptime_s[i]
    _hear(scene, gateway_ix, at_ns, ts_ms)
    gateway = scene.gateways[gateway_ix]
    gateway["probes"] = 1
    if answers.series[i] != ap["series"] or ap["state"] == _UNSEEN or ap["state"] == _BLIND:
        known[K_STRANGE] += 1
    elif answers.answered[i] != 0:
        if ap["asked"] != UPTIME_ASKED:
            _life(scene, ap_ix, at_ns, ts_ms, 0, 1)
            ap["mark_ns"] = gateway["seen_ns"]
        if ap["asked"] == UPTIME_ASKED:
            if uptime_s >= 0:
                _since_when(scene, ap_ix, at_ns, ts_ms, ts_ms - uptime_s * 1_000)
            over(scene, ap_ix, 0, False)
    elif ap["asked"] == UPTIME_ASKED:
        over(scene, ap_ix, 0, False)
    elif answers.probe[i] == ap["failed"] and ap["failed"] < ap["asked"] and ap["state"] != _DOWN:
        ap["failed"] += 1
        _unanswered(scene, ap_ix, at_ns, ts_ms)


@nb.njit(cache=True)
def _unanswered(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int) -> None:
    """One more probe in vain: ask the others on its feeder, ask on, judge."""
    ap = scene.aps[ap_ix]
    awake_ns = at_ns - scene.clock[0]["paused_ns"]
    if ap["state"] == _SUSPECT:
        near = scene.need[NEED_AP] - NEARLY - ap["nats"]
        failed = int(ap["failed"])
        before = probe_nats(scene.known, scene.schedule_ms, failed - 1)
        if before < near and probe_nats(scene.known, scene.schedule_ms, failed) >= near:
            feeder_ix = int(np.int64(scene.wiring[scene.wiring[FEEDER_OF] + ap_ix]))
            ask_siblings(scene, feeder_ix, at_ns, awake_ns)
    if ap["state"] == _UP and ap["failed"] == SIBLING_PROBES:
        suspect(scene, ap_ix, at_ns, ts_ms, 0, 0)
    judge(scene, ap_ix, at_ns, ts_ms, 0)
    if ap["state"] == _SUSPECT and ap["failed"] == ap["asked"]:
        ask_on(scene, ap_ix, at_ns, awake_ns)


@nb.njit(cache=True)
def _since_when(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, started_ms: int) -> None:
    """It was called down and tells how long it runs: perhaps it never was away."""
    ap, known = scene.aps[ap_ix], scene.known
    before_ms, in_all = ap["suspect_ns"], int(np.int64(abs(ap["nats"])))  # kept there by _life
    was_down = ap["nats"] < 0.0
    if was_down:
        event = scene.room[scene.cursor[EVENT_COUNT]]
        say_ap(scene, _E_REBOOTED, ap_ix, at_ns, ts_ms, 0)
        event["since_ms"] = started_ms
    if started_ms > before_ms:
        return
    if was_down:
        known[K_REFUTED] += 1
    learn_probes(known, int(ap["failed"]), not was_down)
    if in_all > 0:
        learn_gap(scene, ap_ix, in_all)


@nb.njit(cache=True)
def cue(scene: Scene, kind: int, gateway_ix: int, at_ns: int) -> None:
    time = scene.clock[0]
    if kind == _C_DEAF:
        if time["deaf_ns"] == _NEVER:
            time["deaf_ns"] = at_ns
            time["blinded"] = 0
    elif kind == _C_HEARING:
        if time["deaf_ns"] != _NEVER:
            time["paused_ns"] += at_ns - time["deaf_ns"]
            time["deaf_ns"] = _NEVER
            time["wills_from_ns"] = at_ns + scene.rule[RULE_RECONNECT]
            grace_ns = scene.rule[RULE_RECONNECT]
            if scene.rule[RULE_COUNT_BEATS] == 0:  # it takes less than this many beats to be gone
                grace_ns += scene.rule[RULE_DARK]
            resume(scene.gateways, at_ns - time["paused_ns"] + grace_ns)
    elif kind == _C_WILL:
        gateway = scene.gateways[gateway_ix]
        if gateway["state"] == _G_HEARD and at_ns >= time["wills_from_ns"]:
            gateway["will_ns"] = at_ns - time["paused_ns"]
    else:
        _hear(scene, gateway_ix, at_ns, _NEVER)


@nb.njit(cache=True)
def _late(scene: Scene, metric: int, value: float, node_ix: int, at_ns: int, ts_ms: int) -> None:
    """A record from the spool: it proves nothing about now, and may tell what was."""
    if metric == scene.rule[RULE_OK_CODE] and node_ix < scene.aps.size:
        kind = _E_LATE_OK if value != 0.0 else _E_LATE_FAIL
        say(scene, kind, node_ix, at_ns, ts_ms)
    elif metric == scene.rule[RULE_HEARTBEAT_CODE]:
        gateway_ix = gateway_of(scene, node_ix)
        say(scene, _E_LATE_HEARTBEAT, scene.aps.size + gateway_ix, at_ns, ts_ms)


@nb.njit(cache=True)
def read(scene: Scene, readings: Readings, i: int, at_ns: int) -> None:
    """One reading, whatever it is."""
    node_ix, metric = int(np.int64(readings.node_ix[i])), readings.metric[i]
    ts_ms = readings.ts_ns[i] // _MS
    if readings.historical[i]:
        _late(scene, metric, readings.value[i], node_ix, at_ns, ts_ms)
        return
    gateway_ix = gateway_of(scene, node_ix)
    _hear(scene, gateway_ix, at_ns, ts_ms)
    if metric == scene.rule[RULE_BATTERY_CODE] and node_ix >= scene.aps.size:
        gateway = scene.gateways[gateway_ix]
        if readings.value[i] == 0.0:
            gateway["battery_ns"] = _NEVER
        elif gateway["battery_ns"] == _NEVER:
            gateway["battery_ns"] = gateway["heard_ns"]
            say(scene, _E_ON_BATTERY, scene.aps.size + gateway_ix, at_ns, ts_ms)
            awake_ns = at_ns - scene.clock[0]["paused_ns"]
            feeder_ix = int(np.int64(scene.wiring[scene.wiring[FEEDER_OF_GATEWAY] + gateway_ix]))
            ask_siblings(scene, feeder_ix, at_ns, awake_ns)
    if metric == scene.rule[RULE_OK_CODE] and node_ix < scene.aps.size:
        answered = readings.value[i] != 0.0
        _beat(scene, node_ix, at_ns, ts_ms, answered, readings.boot[i], readings.mono_ms[i])
