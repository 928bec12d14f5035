"""The detector's kernel; ``detector.py`` says what it does, and guards it.

One pass over arrivals, cues, answers and the sweeps due between them. Codes of metrics are
arguments: numba does not notice when what a cached kernel took from elsewhere changes. Touch this
file after editing another one that it takes functions or numbers from.
"""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.city import (
    BACKHAUL_OF,
    FEEDER_OF,
    FEEDER_OF_GATEWAY,
    GATEWAY_OF,
    GATEWAYS_OF_BACKHAUL,
)
from processing.cause_kernel import (
    ap_nats,
    cause_of_ap,
    cause_of_gateway,
    everybody_quiet,
    is_gone,
    overdue,
)
from processing.columns import Answers, CueKind, Cues, Readings
from processing.evidence_kernel import (
    learn_probes,
    miss_bin,
    probe_nats,
    silence_nats,
    stall_bin,
)
from processing.probing_kernel import (
    SIBLING_PROBES,
    UPTIME_ASKED,
    ask_on,
    ask_siblings,
    ask_uptime,
    begin,
    over,
)
from processing.records import (
    CLASS_BINS,
    K_DECLARED,
    K_EXPECTED,
    K_FADE_NS,
    K_FADING,
    K_GAPS,
    K_GATEWAY_NS,
    K_MISSES,
    K_REFUTED,
    K_STALLS,
    K_STRANGE,
    NEVER,
    ApState,
    EventKind,
    GatewayState,
    Record,
    Records,
    Suspect,
)
from processing.scene import (
    AT_ANSWER,
    AT_CUE,
    AT_READING,
    DONE,
    EVENT_COUNT,
    NEED_AP,
    NEED_NOISY_AP,
    NEED_SUSPECT,
    REQUEST_COUNT,
    RULE_ANSWER_AT_ONCE,
    RULE_BATTERY_CODE,
    RULE_BEAT,
    RULE_COUNT_BEATS,
    RULE_DARK,
    RULE_HEARTBEAT_CODE,
    RULE_MARGIN,
    RULE_MISSES,
    RULE_OK_CODE,
    RULE_PAUSE,
    RULE_PROBES,
    RULE_RECONNECT,
    RULE_SWEEP,
    RULE_WILL,
    Scene,
    gateway_of,
    say,
    say_ap,
    silence_ns,
)
from vocabulary.units import INT64_MAX, NS_PER_MS, NS_PER_S, S_PER_DAY

EVENTS_PER_READING: Final = 6  # one brings its gateway back, fails, makes suspect and down at once

QUIET_NS: Final = NS_PER_S
"""A gateway that is silent for longer is looked at."""
ASK_NS: Final = 2 * NS_PER_S
"""One that is silent for longer may have lost its power: others on its feeder are asked."""
ROUTE_PROBES: Final = 0.9
"""Share of the allowed false alarms that goes to silence confirmed by probes; the rest to silence
alone. All of it, where nobody answers probes."""
LONG_PROBES: Final = 6
"""A silence of so many probes may have been an outage, even if nobody called it one."""
NEARLY: Final = 7.5
"""So many nats before DOWN, others on the feeder are asked."""
FADE_NS: Final = S_PER_DAY * NS_PER_S
FADE: Final = 2.0 ** (-1 / 7)
HALVE_AT: Final = 60_000
"""Gaps after which an access point forgets half of them: a week of ten-second beats."""

# numba takes these as constants; of an enum it would make objects
_MS: Final = NS_PER_MS
_NEVER: Final = NEVER
_UNSEEN, _UP, _SUSPECT, _DOWN, _BLIND = (int(state) for state in ApState)
_GATEWAY, _BACKHAUL = int(Suspect.GATEWAY), int(Suspect.BACKHAUL)
_G_UNSEEN, _G_HEARD, _G_DARK = (int(state) for state in GatewayState)
_E_SUSPECT: Final = int(EventKind.SUSPECT)
_E_DOWN: Final = int(EventKind.DOWN)
_E_ALIVE: Final = int(EventKind.ALIVE)
_E_FAIL: Final = int(EventKind.FAIL)
_E_BLIND_GATEWAY: Final = int(EventKind.BLIND_GATEWAY)
_E_BLIND_HOST: Final = int(EventKind.BLIND_HOST)
_E_LATE_OK: Final = int(EventKind.LATE_OK)
_E_LATE_FAIL: Final = int(EventKind.LATE_FAIL)
_E_LATE_HEARTBEAT: Final = int(EventKind.LATE_HEARTBEAT)
_E_GATEWAY_SILENT: Final = int(EventKind.GATEWAY_SILENT)
_E_GATEWAY_WILL: Final = int(EventKind.GATEWAY_WILL)
_E_GATEWAY_BACK: Final = int(EventKind.GATEWAY_BACK)
_E_ON_BATTERY: Final = int(EventKind.ON_BATTERY)
_E_REBOOTED: Final = int(EventKind.REBOOTED)
_C_WILL: Final = int(CueKind.WILL)
_C_DEAF: Final = int(CueKind.DEAF)
_C_HEARING: Final = int(CueKind.HEARING)


@nb.njit(cache=True)
def _blind(scene: Scene, kind: int, ap_ix: int, at_ns: int) -> None:
    """Nobody sees this access point any more."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
    if ap["state"] == _UNSEEN or ap["state"] == _BLIND:
        return
    quiet_ns = silence_ns(ap, gateway) - scene.rule[RULE_MARGIN]
    say_ap(scene, kind, ap_ix, at_ns, _NEVER, max(0, quiet_ns // scene.rule[RULE_BEAT]))
    over(scene, ap_ix, 0, False)
    ap["state"] = _BLIND
    ap["missed"] = 0


@nb.njit(cache=True)
def _blind_all(scene: Scene, at_ns: int) -> None:
    for ap_ix in range(scene.aps.size):
        _blind(scene, _E_BLIND_HOST, ap_ix, at_ns)


@nb.njit(cache=True)
def _darken(scene: Scene, gateway_ix: int, at_ns: int, kind: int, blames: int) -> None:
    gateway = scene.gateways[gateway_ix]
    event = scene.room[scene.cursor[EVENT_COUNT]]
    say(scene, kind, scene.aps.size + gateway_ix, at_ns, gateway["ts_ms"])
    event["blames"] = blames
    event["missed"] = overdue(scene, gateway_ix, _quiet_ns(scene, gateway_ix, at_ns))
    gateway["state"] = _G_DARK
    gateway["will_ns"] = _NEVER
    gateway["battery_ns"] = _NEVER


@nb.njit(cache=True)
def _quiet_ns(scene: Scene, gateway_ix: int, at_ns: int) -> int:
    quiet: int = at_ns - scene.clock[0]["paused_ns"] - scene.gateways[gateway_ix]["heard_ns"]
    return quiet


@nb.njit(cache=True)
def _darken_with(scene: Scene, gateway_ix: int, at_ns: int, blames: int) -> None:
    """A backhaul is gone, and with it whoever is behind it."""
    _darken(scene, gateway_ix, at_ns, _E_GATEWAY_SILENT, blames)
    if blames != _BACKHAUL:
        return
    wiring = scene.wiring
    at = wiring[GATEWAYS_OF_BACKHAUL] + wiring[wiring[BACKHAUL_OF] + gateway_ix]
    for i in range(wiring[at], wiring[at + 1]):
        other_ix = np.int64(wiring[i])
        if scene.gateways[other_ix]["state"] == _G_HEARD:
            _darken(scene, other_ix, at_ns, _E_GATEWAY_SILENT, blames)


@nb.njit(cache=True)
def _sweep_gateways(scene: Scene, at_ns: int, awake_ns: int) -> None:
    """Which gateways are gone: silent for too long, or dead by a will nobody contradicted."""
    rule = scene.rule
    for gateway_ix in range(scene.gateways.size):
        gateway = scene.gateways[gateway_ix]
        if gateway["state"] != _G_HEARD:
            continue
        quiet_ns = awake_ns - gateway["heard_ns"]
        will_ns = gateway["will_ns"]
        if will_ns != _NEVER and awake_ns - will_ns >= rule[RULE_WILL]:
            cause = 0 if rule[RULE_COUNT_BEATS] else cause_of_gateway(scene, gateway_ix, awake_ns)
            _darken(scene, gateway_ix, at_ns, _E_GATEWAY_WILL, max(cause, _GATEWAY))
            continue
        if rule[RULE_COUNT_BEATS]:
            if quiet_ns > rule[RULE_DARK]:
                _darken(scene, gateway_ix, at_ns, _E_GATEWAY_SILENT, 0)
            continue
        if quiet_ns <= QUIET_NS:
            continue
        feeder_ix = np.int64(scene.wiring[scene.wiring[FEEDER_OF_GATEWAY] + gateway_ix])
        if quiet_ns > ASK_NS and gateway["asked_ns"] < gateway["heard_ns"] and feeder_ix >= 0:
            if overdue(scene, gateway_ix, quiet_ns) >= 2:
                gateway["asked_ns"] = awake_ns
                ask_siblings(scene, feeder_ix, at_ns, awake_ns)
        if quiet_ns <= rule[RULE_DARK] and not is_gone(scene, gateway_ix, quiet_ns):
            continue
        if everybody_quiet(scene, gateway_ix):
            continue
        cause = cause_of_gateway(scene, gateway_ix, awake_ns)
        if cause != 0:
            _darken_with(scene, gateway_ix, at_ns, cause)


@nb.njit(cache=True)
def _gaps(scene: Scene, ap_ix: int) -> float:
    """How many beats were due of an access point while it was learned from."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
    count: float = (gateway["seen_ns"] - ap["learn_ns"]) / scene.rule[RULE_BEAT]
    return count


@nb.njit(cache=True)
def _suspect(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int, in_all: int) -> None:
    """It may be away: say so, and have it asked."""
    ap = scene.aps[ap_ix]
    ap["state"] = _SUSPECT
    ap["nats"] = silence_nats(scene.known, ap["misses"], _gaps(scene, ap_ix), in_all)
    say_ap(scene, _E_SUSPECT, ap_ix, at_ns, ts_ms, missed)
    if scene.rule[RULE_COUNT_BEATS] == 0:
        begin(scene, ap_ix, at_ns, at_ns - scene.clock[0]["paused_ns"])


@nb.njit(cache=True)
def _declare(
    scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int, nats: float, need: float
) -> None:
    """It is away."""
    ap, known = scene.aps[ap_ix], scene.known
    awake_ns = at_ns - scene.clock[0]["paused_ns"]
    event = scene.room[scene.cursor[EVENT_COUNT]]
    say_ap(scene, _E_DOWN, ap_ix, at_ns, ts_ms, missed)
    event["need_nats"] = need
    event["probe_nats"] = probe_nats(known, scene.schedule_ms, int(ap["failed"]))
    event["blames"] = cause_of_ap(scene, ap_ix, awake_ns) if need > 0.0 else 0
    ap["state"] = _DOWN
    known[K_DECLARED] += 1
    known[K_EXPECTED] += np.exp(min(0.0, -nats + scene.need[NEED_AP])) * 0.01
    if scene.rule[RULE_COUNT_BEATS] == 0:
        over_count = int(ap["failed"])
        suspect_ns = ap["suspect_ns"]
        over(scene, ap_ix, 0, False)
        ap["failed"] = over_count  # what it took, should its uptime say later that it was wrong
        ap["suspect_ns"] = suspect_ns
        ap["asked"] = over_count


@nb.njit(cache=True)
def _judge(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """Is the evidence enough? ``missed`` beats since the last record, more before it perhaps."""
    ap = scene.aps[ap_ix]
    if ap["state"] != _SUSPECT:
        return
    in_all = np.int64(ap["missed"]) + missed
    if scene.rule[RULE_COUNT_BEATS]:
        if in_all >= scene.rule[RULE_MISSES]:
            _declare(scene, ap_ix, at_ns, ts_ms, missed, 0.0, 0.0)
        return
    known = scene.known
    gateway = scene.gateways[gateway_of(scene, ap_ix)]
    asks = scene.rule[RULE_PROBES] != 0 and gateway["probes"] != 0
    passive = silence_nats(known, ap["misses"], _gaps(scene, ap_ix), in_all)
    share = np.log(1.0 - ROUTE_PROBES) if asks else 0.0
    confirmed = ap_nats(scene, ap) + np.log(ROUTE_PROBES) if ap["failed"] > 0 else 0.0
    nats = max(passive + share, confirmed)
    need = scene.need[NEED_AP]
    if nats < need and confirmed >= scene.need[NEED_NOISY_AP]:
        most = ap["nats"] + probe_nats(known, scene.schedule_ms, scene.schedule_ms.size)
        if most < need:  # no number of probes would do: a noisy link
            need = scene.need[NEED_NOISY_AP]
    if nats >= need:
        _declare(scene, ap_ix, at_ns, ts_ms, missed, nats, need)


@nb.njit(cache=True)
def _sweep(scene: Scene, at_ns: int) -> None:
    """Look at every silence once."""
    rule, known = scene.rule, scene.known
    awake_ns = at_ns - scene.clock[0]["paused_ns"]
    _sweep_gateways(scene, at_ns, awake_ns)
    beat_ns, margin_ns, sweep_ns = rule[RULE_BEAT], rule[RULE_MARGIN], rule[RULE_SWEEP]
    watched = 0
    for ap_ix in range(scene.aps.size):
        ap = scene.aps[ap_ix]
        state = ap["state"]
        if state == _UNSEEN:
            continue
        gateway = scene.gateways[gateway_of(scene, ap_ix)]
        if gateway["state"] != _G_HEARD:
            if state != _BLIND:
                _blind(scene, _E_BLIND_GATEWAY, ap_ix, at_ns)
            continue
        watched += 1
        quiet_ns = silence_ns(ap, gateway) - margin_ns
        if quiet_ns < beat_ns or state == _DOWN or gateway["will_ns"] != _NEVER:
            continue
        missed = quiet_ns // beat_ns
        if state != _SUSPECT:
            in_all = np.int64(ap["missed"]) + missed
            if rule[RULE_COUNT_BEATS] == 0:
                nats = silence_nats(known, ap["misses"], _gaps(scene, ap_ix), in_all)
                if nats < scene.need[NEED_SUSPECT]:
                    continue
            _suspect(scene, ap_ix, at_ns, _NEVER, missed, in_all)
        _judge(scene, ap_ix, at_ns, _NEVER, missed)
    known[K_GAPS] += watched * sweep_ns / beat_ns
    known[K_GATEWAY_NS] += scene.gateways.size * sweep_ns
    if awake_ns >= known[K_FADE_NS]:
        _fade(known)
        known[K_FADE_NS] = awake_ns + FADE_NS


@nb.njit(cache=True)
def _fade(known: NDArray[np.float64]) -> None:
    """What was learned long ago weighs less."""
    for k in range(K_FADING):
        known[k] *= FADE


@nb.njit(cache=True)
def _resume(gateways: Records, heard_ns: int) -> None:
    """After a stretch of our own deafness nothing before it counts."""
    for gateway_ix in range(gateways.size):
        gateway = gateways[gateway_ix]
        gateway["fresh_ns"] = gateway["seen_ns"]
        gateway["will_ns"] = _NEVER
        gateway["battery_ns"] = _NEVER
        gateway["heard_ns"] = heard_ns


@nb.njit(cache=True)
def _skip_pause(scene: Scene, to_ns: int) -> None:
    """If we were not listening since the last instant, that time does not count."""
    time, rule = scene.clock[0], scene.rule
    step_ns = to_ns - time["last_ns"]
    too_long = rule[RULE_PAUSE] > 0 and step_ns > rule[RULE_PAUSE]
    if time["deaf_ns"] != _NEVER or not (too_long or time["restarted"] != 0):
        return
    if step_ns > rule[RULE_BEAT] + rule[RULE_MARGIN]:
        _blind_all(scene, to_ns)
    time["restarted"] = 0
    time["paused_ns"] += step_ns
    time["last_ns"] = to_ns
    skipped = -(-(to_ns - time["sweep_ns"]) // rule[RULE_SWEEP])
    time["sweep_ns"] += max(0, skipped) * rule[RULE_SWEEP]
    _resume(scene.gateways, to_ns - time["paused_ns"])


@nb.njit(cache=True)
def _has_room(scene: Scene) -> bool:
    """Whether a sweep and a reading can say all they might, and nobody waits to be asked."""
    left = scene.room.size - scene.cursor[EVENT_COUNT]
    if scene.rule[RULE_ANSWER_AT_ONCE] and scene.cursor[REQUEST_COUNT] > 0:
        return False
    enough: bool = left >= 2 * (scene.aps.size + scene.gateways.size) + EVENTS_PER_READING
    return enough


@nb.njit(cache=True)
def _advance(scene: Scene, to_ns: int) -> bool:
    """Let time pass: every sweep due before ``to_ns``. False: the room is full, ask again."""
    time = scene.clock[0]
    blind_ns = scene.rule[RULE_BEAT] + scene.rule[RULE_MARGIN]
    if not _has_room(scene):
        return False
    _skip_pause(scene, to_ns)
    while time["sweep_ns"] < to_ns:
        if not _has_room(scene):
            return False
        at_ns = time["sweep_ns"]
        time["last_ns"] = max(time["last_ns"], at_ns)
        if time["deaf_ns"] == _NEVER:
            _sweep(scene, at_ns)
        elif time["blinded"] == 0 and at_ns - time["deaf_ns"] > blind_ns:
            _blind_all(scene, at_ns)
            time["blinded"] = 1
        time["sweep_ns"] += scene.rule[RULE_SWEEP]
    time["last_ns"] = max(time["last_ns"], to_ns)
    return _has_room(scene)


@nb.njit(cache=True)
def _hear(scene: Scene, gateway_ix: int, at_ns: int, ts_ms: int) -> None:
    """Something fresh came from this gateway: it was observing since the last time."""
    gateway = scene.gateways[gateway_ix]
    awake_ns = at_ns - scene.clock[0]["paused_ns"]
    if gateway["state"] == _G_HEARD:
        quiet_ns = max(0, awake_ns - gateway["heard_ns"])
        if quiet_ns > QUIET_NS and scene.rule[RULE_COUNT_BEATS] == 0:
            if overdue(scene, gateway_ix, quiet_ns) >= 2:  # it stalled, and is well
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
        _suspect(scene, ap_ix, at_ns, ts_ms, missed, np.int64(ap["missed"]))
    elif ap["state"] == _SUSPECT and ap["asked"] == ap["failed"]:  # a budget may be there again
        if scene.rule[RULE_COUNT_BEATS] == 0:
            ask_on(scene, ap_ix, at_ns, at_ns - scene.clock[0]["paused_ns"])
    _judge_as_is(scene, ap_ix, at_ns, ts_ms, missed)


@nb.njit(cache=True)
def _judge_as_is(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """Judge with ``missed`` counted already."""
    scene.aps[ap_ix]["missed"] -= missed
    _judge(scene, ap_ix, at_ns, ts_ms, missed)
    scene.aps[ap_ix]["missed"] += missed


@nb.njit(cache=True)
def _learn_gap(scene: Scene, ap_ix: int, missed: int) -> None:
    """A gap has closed, and all was well."""
    ap, known = scene.aps[ap_ix], scene.known
    known[K_MISSES + min(missed, CLASS_BINS) - 1] += 1.0
    gaps = _gaps(scene, ap_ix)
    if gaps > HALVE_AT or ap["misses"][miss_bin(missed)] >= HALVE_AT:
        ap["learn_ns"] += int(gaps / 2.0 * scene.rule[RULE_BEAT])
        for k in range(ap["misses"].size):
            ap["misses"][k] //= 2
    ap["misses"][miss_bin(missed)] += 1


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
        in_all = np.int64(ap["missed"]) + missed
        if state == _DOWN or (state == _SUSPECT and ap["failed"] >= LONG_PROBES):
            # it may have been away: what this teaches, its uptime tells
            awake_ns = at_ns - scene.clock[0]["paused_ns"]
            if ask_uptime(scene, ap_ix, at_ns, awake_ns, probed):
                ap["suspect_ns"] = ap["ok_ms"]
                ap["nats"] = -max(in_all, 1) if state == _DOWN else in_all
        elif ap["asked"] != UPTIME_ASKED:
            if state == _SUSPECT and in_all > 0:
                _learn_gap(scene, ap_ix, in_all)
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
def _answer(scene: Scene, answers: Answers, i: int, at_ns: int) -> None:
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
            feeder_ix = np.int64(scene.wiring[scene.wiring[FEEDER_OF] + ap_ix])
            ask_siblings(scene, feeder_ix, at_ns, awake_ns)
    if ap["state"] == _UP and ap["failed"] == SIBLING_PROBES:
        _suspect(scene, ap_ix, at_ns, ts_ms, 0, 0)
    _judge(scene, ap_ix, at_ns, ts_ms, 0)
    if ap["state"] == _SUSPECT and ap["failed"] == ap["asked"]:
        ask_on(scene, ap_ix, at_ns, awake_ns)


@nb.njit(cache=True)
def _since_when(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, started_ms: int) -> None:
    """It was called down and tells how long it runs: perhaps it never was away."""
    ap, known = scene.aps[ap_ix], scene.known
    before_ms, in_all = ap["suspect_ns"], np.int64(abs(ap["nats"]))  # kept there by _life
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
        _learn_gap(scene, ap_ix, in_all)


@nb.njit(cache=True)
def _cue(scene: Scene, kind: int, gateway_ix: int, at_ns: int) -> None:
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
            _resume(scene.gateways, at_ns - time["paused_ns"] + scene.rule[RULE_RECONNECT])
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
def _read(scene: Scene, readings: Readings, i: int, at_ns: int) -> None:
    """One reading, whatever it is."""
    node_ix, metric = np.int64(readings.node_ix[i]), readings.metric[i]
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
            feeder_ix = np.int64(scene.wiring[scene.wiring[FEEDER_OF_GATEWAY] + gateway_ix])
            ask_siblings(scene, feeder_ix, at_ns, awake_ns)
    if metric == scene.rule[RULE_OK_CODE] and node_ix < scene.aps.size:
        answered = readings.value[i] != 0.0
        _beat(scene, node_ix, at_ns, ts_ms, answered, readings.boot[i], readings.mono_ms[i])


@nb.njit(cache=True)
def _read_while_well(scene: Scene, readings: Readings, first: int, before_ns: int) -> int:
    """Take in readings as long as nothing is out of order; the first one that was not taken.

    It does what ``_read`` does of gateways that are heard and access points that are up and
    answer, before anything else is due: nearly all there is. It is flat, since a call that hands
    on the scene costs more than a reading.
    """
    node_ix, metric, value = readings.node_ix, readings.metric, readings.value
    ts_ns, arrival_ns, historical = readings.ts_ns, readings.arrival_ns, readings.historical
    mono_ms, boot = readings.mono_ms, readings.boot
    aps, gateways, wiring, base = scene.aps, scene.gateways, scene.wiring, scene.wiring[GATEWAY_OF]
    time, ok_code, battery_code = scene.clock[0], scene.rule[RULE_OK_CODE], scene.rule[RULE_BATTERY_CODE]
    last_ns, paused_ns = time["last_ns"], time["paused_ns"]
    before_ns = min(before_ns, time["sweep_ns"])
    pause_ns = scene.rule[RULE_PAUSE] if scene.rule[RULE_PAUSE] > 0 else INT64_MAX
    i = first
    while i < node_ix.size:
        node, at_ns = node_ix[i], max(arrival_ns[i], last_ns)
        gateway = gateways[wiring[base + node]]
        well = gateway["state"] == _G_HEARD and not historical[i]
        if not well or at_ns >= before_ns or at_ns - last_ns > pause_ns:
            break
        awake_ns, ts_ms = at_ns - paused_ns, ts_ns[i] // _MS
        if awake_ns - gateway["heard_ns"] > QUIET_NS or metric[i] == battery_code:
            break
        seen_ns = gateway["seen_ns"] + max(0, awake_ns - gateway["heard_ns"])
        if metric[i] == ok_code and node < aps.size:
            ap = aps[node]
            if ap["state"] != _UP or value[i] == 0.0 or ap["missed"] != 0:
                break
            ap["ok_ms"] = ap["beat_ms"] = ts_ms
            ap["ok_at_ms"] = at_ns // _MS
            ap["mark_ns"] = seen_ns
            ap["beat_mono_ms"] = mono_ms[i]
            ap["boot"] = boot[i]
        gateway["seen_ns"] = seen_ns
        gateway["heard_ns"] = awake_ns
        gateway["will_ns"] = _NEVER
        gateway["ts_ms"] = ts_ms
        last_ns = at_ns
        i += 1
    time["last_ns"] = last_ns
    return i


@nb.njit(cache=True)
def follow(
    scene: Scene, readings: Readings, cues: Cues, answers: Answers, now_ns: int
) -> None:
    """Go on where the cursor stands, until all is done, or the room is full, or somebody is to be
    asked before it goes on."""
    cursor, time = scene.cursor, scene.clock[0]
    reading_count, cue_count, answer_count = (
        readings.node_ix.size,
        cues.kind.size,
        answers.ap_ix.size,
    )
    while True:
        j, k = cursor[AT_CUE], cursor[AT_ANSWER]
        cue_ns = cues.arrival_ns[j] if j < cue_count else INT64_MAX
        answer_ns = answers.arrival_ns[k] if k < answer_count else INT64_MAX
        if time["restarted"] == 0 and cursor[AT_READING] < reading_count:
            before_ns = min(cue_ns, answer_ns)
            cursor[AT_READING] = _read_while_well(scene, readings, cursor[AT_READING], before_ns)
        i = cursor[AT_READING]
        reading_ns = readings.arrival_ns[i] if i < reading_count else INT64_MAX
        if i >= reading_count and j >= cue_count and k >= answer_count:
            break
        tie_won = cue_ns == reading_ns and j < cue_count and cues.kind[j] != _C_WILL
        cue_first = cue_ns < reading_ns or tie_won  # at one time a will comes last
        first_ns = cue_ns if cue_first else reading_ns
        answer_first = answer_ns < first_ns
        at_ns = max(min(answer_ns, first_ns), time["last_ns"])
        if not _advance(scene, at_ns):
            return
        if answer_first:
            _answer(scene, answers, k, at_ns)
            cursor[AT_ANSWER] += 1
        elif cue_first:
            _cue(scene, np.int64(cues.kind[j]), np.int64(cues.gateway_ix[j]), at_ns)
            cursor[AT_CUE] += 1
        else:
            _read(scene, readings, i, at_ns)
            cursor[AT_READING] += 1
    if _advance(scene, max(now_ns, time["last_ns"])):
        cursor[DONE] = 1
