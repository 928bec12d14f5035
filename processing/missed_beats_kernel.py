"""The kernel of the missed-beats detector; ``missed_beats.py`` says what it does, and guards it.

One pass over arrivals, cues and the sweeps due between them. All of it stays in this file, and the
codes of metrics are arguments: numba does not notice when what a cached kernel took from elsewhere
changes. Touch this file after editing a number in ``records.py`` or ``columns.py``.
"""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.columns import CueKind, Cues, Readings
from processing.records import NEVER, ApState, EventKind, GatewayState, Record, Records
from vocabulary.units import INT64_MAX, NS_PER_MS

EVENTS_PER_READING: Final = 4  # one brings its gateway back, fails, makes suspect and down at once

# positions in Scene.rule, times in ns
RULE_BEAT, RULE_MARGIN, RULE_MISSES, RULE_DARK, RULE_PAUSE, RULE_SWEEP = range(6)
RULE_WILL, RULE_RECONNECT, RULE_OK_CODE, RULE_HEARTBEAT_CODE, RULE_SIZE = range(6, 11)
# positions in Scene.cursor
AT_READING, AT_CUE, EVENT_COUNT, DONE, CURSOR_SIZE = range(5)

# numba takes these as constants; of an enum it would make objects
_MS: Final = NS_PER_MS
_NEVER: Final = NEVER
_UNSEEN, _UP, _SUSPECT, _DOWN, _BLIND = (int(state) for state in ApState)
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
_C_BORN: Final = int(CueKind.BORN)
_C_WILL: Final = int(CueKind.WILL)
_C_DEAF: Final = int(CueKind.DEAF)
_C_HEARING: Final = int(CueKind.HEARING)


class Scene(NamedTuple):
    """Everything that every part of the kernel reads or writes."""

    rule: NDArray[np.int64]  # (RULE_SIZE,)
    gateway_of: NDArray[np.int32]  # (N,) in [0, G)
    clock: Records  # (1,)
    aps: Records  # (A,)
    gateways: Records  # (G,)
    cursor: NDArray[np.int64]  # (CURSOR_SIZE,)
    room: Records  # (room,) events go here


@nb.njit(cache=True)
def _say(scene: Scene, kind: int, node_ix: int, at_ns: int, ts_ms: int) -> None:
    event = scene.room[scene.cursor[EVENT_COUNT]]
    event["kind"] = kind
    event["node_ix"] = node_ix
    event["at_ns"] = at_ns
    event["ts_ms"] = ts_ms
    event["since_ms"] = _NEVER
    event["ok_ms"] = _NEVER
    event["ok_at_ms"] = _NEVER
    event["missed"] = 0
    scene.cursor[EVENT_COUNT] += 1


@nb.njit(cache=True)
def _say_ap(scene: Scene, kind: int, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """An event of an access point, with how long it was silent before."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[scene.gateway_of[ap_ix]]
    event = scene.room[scene.cursor[EVENT_COUNT]]
    _say(scene, kind, ap_ix, at_ns, ts_ms)
    event["ok_ms"] = ap["ok_ms"]
    event["ok_at_ms"] = ap["ok_at_ms"]
    event["missed"] = missed
    if ap["mark_ns"] >= gateway["fresh_ns"]:
        event["since_ms"] = ap["beat_ms"]
    else:  # observation began anew after its last beat
        end_ms = ts_ms if ts_ms >= 0 else gateway["ts_ms"]
        event["since_ms"] = end_ms - (gateway["seen_ns"] - gateway["fresh_ns"]) // _MS


@nb.njit(cache=True)
def _silence_ns(ap: Record, gateway: Record) -> int:
    """Observed time since the last beat, or since observation began anew."""
    silence_ns: int = gateway["seen_ns"] - max(ap["mark_ns"], gateway["fresh_ns"])
    return silence_ns


@nb.njit(cache=True)
def _blind(scene: Scene, kind: int, ap_ix: int, at_ns: int) -> None:
    """Nobody sees this access point any more."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[scene.gateway_of[ap_ix]]
    if ap["state"] == _UNSEEN or ap["state"] == _BLIND:
        return
    silence_ns = _silence_ns(ap, gateway) - scene.rule[RULE_MARGIN]
    _say_ap(scene, kind, ap_ix, at_ns, _NEVER, max(0, silence_ns // scene.rule[RULE_BEAT]))
    ap["state"] = _BLIND
    ap["missed"] = 0


@nb.njit(cache=True)
def _blind_all(scene: Scene, at_ns: int) -> None:
    for ap_ix in range(scene.aps.size):
        _blind(scene, _E_BLIND_HOST, ap_ix, at_ns)


@nb.njit(cache=True)
def _sweep_gateways(scene: Scene, at_ns: int, awake_ns: int) -> None:
    """Which gateways are dark: unheard for too long, or dead by a will nobody contradicted."""
    for gateway_ix in range(scene.gateways.size):
        gateway = scene.gateways[gateway_ix]
        if gateway["state"] != _G_HEARD:
            continue
        will_ns = gateway["will_ns"]
        dead = will_ns != _NEVER and awake_ns - will_ns >= scene.rule[RULE_WILL]
        if dead or awake_ns - gateway["heard_ns"] > scene.rule[RULE_DARK]:
            kind = _E_GATEWAY_WILL if dead else _E_GATEWAY_SILENT
            _say(scene, kind, scene.aps.size + gateway_ix, at_ns, gateway["ts_ms"])
            gateway["state"] = _G_DARK
            gateway["will_ns"] = _NEVER


@nb.njit(cache=True)
def _sweep(scene: Scene, at_ns: int) -> None:
    """Look at every silence once."""
    _sweep_gateways(scene, at_ns, at_ns - scene.clock[0]["paused_ns"])
    beat_ns, margin_ns = scene.rule[RULE_BEAT], scene.rule[RULE_MARGIN]
    for ap_ix in range(scene.aps.size):
        ap = scene.aps[ap_ix]
        state = ap["state"]
        if state == _UNSEEN:
            continue
        gateway = scene.gateways[scene.gateway_of[ap_ix]]
        if gateway["state"] != _G_HEARD:
            _blind(scene, _E_BLIND_GATEWAY, ap_ix, at_ns)
            continue
        silence_ns = _silence_ns(ap, gateway) - margin_ns
        if silence_ns < beat_ns or state == _DOWN or gateway["will_ns"] != _NEVER:
            continue
        missed = silence_ns // beat_ns
        if state != _SUSPECT:
            ap["state"] = _SUSPECT
            _say_ap(scene, _E_SUSPECT, ap_ix, at_ns, _NEVER, missed)
        if ap["missed"] + missed >= scene.rule[RULE_MISSES]:
            ap["state"] = _DOWN
            _say_ap(scene, _E_DOWN, ap_ix, at_ns, _NEVER, missed)


@nb.njit(cache=True)
def _resume(gateways: Records, heard_ns: int) -> None:
    """After a stretch of our own deafness nothing before it counts."""
    for gateway_ix in range(gateways.size):
        gateway = gateways[gateway_ix]
        gateway["fresh_ns"] = gateway["seen_ns"]
        gateway["will_ns"] = _NEVER
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
    """Whether a sweep and a reading can say all they might."""
    left = scene.room.size - scene.cursor[EVENT_COUNT]
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
        gateway["seen_ns"] += max(0, awake_ns - gateway["heard_ns"])
    else:
        gateway["state"] = _G_HEARD
        gateway["fresh_ns"] = gateway["seen_ns"]
        _say(scene, _E_GATEWAY_BACK, scene.aps.size + gateway_ix, at_ns, ts_ms)
    gateway["heard_ns"] = awake_ns
    gateway["will_ns"] = _NEVER
    if ts_ms != _NEVER:
        gateway["ts_ms"] = ts_ms


@nb.njit(cache=True)
def _fail(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """The gateway asked and had no answer, after ``missed`` beats without a record."""
    ap = scene.aps[ap_ix]
    ap["missed"] += missed + 1
    _say_ap(scene, _E_FAIL, ap_ix, at_ns, ts_ms, missed)
    if ap["state"] == _UP or ap["state"] == _BLIND:
        ap["state"] = _SUSPECT
        _say_ap(scene, _E_SUSPECT, ap_ix, at_ns, ts_ms, missed)
    if ap["state"] == _SUSPECT and ap["missed"] >= scene.rule[RULE_MISSES]:
        ap["state"] = _DOWN
        _say_ap(scene, _E_DOWN, ap_ix, at_ns, ts_ms, missed)


@nb.njit(cache=True)
def _beat(
    scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, answered: bool, boot: int, mono_ms: int
) -> None:
    """One fresh beat of one access point."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[scene.gateway_of[ap_ix]]
    beat_ns = scene.rule[RULE_BEAT]
    missed = max(0, (_silence_ns(ap, gateway) + beat_ns // 2) // beat_ns - 1)
    if answered:
        if ap["state"] != _UP:
            _say_ap(scene, _E_ALIVE, ap_ix, at_ns, ts_ms, missed)
            ap["state"] = _UP
        ap["missed"] = 0
        ap["ok_ms"] = ts_ms
        ap["ok_at_ms"] = at_ns // _MS
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
        if kind == _C_BORN:  # its process may have been dead: what lay before, nobody observed
            gateway = scene.gateways[gateway_ix]
            gateway["heard_ns"] = max(gateway["heard_ns"], at_ns - time["paused_ns"])
        _hear(scene, gateway_ix, at_ns, _NEVER)


@nb.njit(cache=True)
def _late(scene: Scene, metric: int, value: float, node_ix: int, at_ns: int, ts_ms: int) -> None:
    """A record from the spool: it proves nothing about now, and may tell what was."""
    if metric == scene.rule[RULE_OK_CODE] and node_ix < scene.aps.size:
        kind = _E_LATE_OK if value != 0.0 else _E_LATE_FAIL
        _say(scene, kind, node_ix, at_ns, ts_ms)
    elif metric == scene.rule[RULE_HEARTBEAT_CODE]:
        gateway_ix = scene.gateway_of[node_ix]
        _say(scene, _E_LATE_HEARTBEAT, scene.aps.size + gateway_ix, at_ns, ts_ms)


@nb.njit(cache=True)
def _read(scene: Scene, readings: Readings, i: int, at_ns: int) -> None:
    """One reading, whatever it is."""
    node_ix, metric = readings.node_ix[i], readings.metric[i]
    ts_ms = readings.ts_ns[i] // _MS
    if readings.historical[i]:
        _late(scene, metric, readings.value[i], node_ix, at_ns, ts_ms)
        return
    _hear(scene, scene.gateway_of[node_ix], at_ns, ts_ms)
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
    aps, gateways, gateway_of = scene.aps, scene.gateways, scene.gateway_of
    time, ok_code = scene.clock[0], scene.rule[RULE_OK_CODE]
    last_ns, paused_ns = time["last_ns"], time["paused_ns"]
    before_ns = min(before_ns, time["sweep_ns"])
    pause_ns = scene.rule[RULE_PAUSE] if scene.rule[RULE_PAUSE] > 0 else INT64_MAX
    i = first
    while i < node_ix.size:
        node, at_ns = node_ix[i], max(arrival_ns[i], last_ns)
        gateway = gateways[gateway_of[node]]
        well = gateway["state"] == _G_HEARD and not historical[i]
        if not well or at_ns >= before_ns or at_ns - last_ns > pause_ns:
            break
        awake_ns, ts_ms = at_ns - paused_ns, ts_ns[i] // _MS
        seen_ns = gateway["seen_ns"] + max(0, awake_ns - gateway["heard_ns"])
        if metric[i] == ok_code and node < aps.size:
            ap = aps[node]
            if ap["state"] != _UP or value[i] == 0.0:
                break
            ap["missed"] = 0
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
def follow(scene: Scene, readings: Readings, cues: Cues, now_ns: int) -> None:
    """Go on where the cursor stands, until all is done or the room is full."""
    cursor, time = scene.cursor, scene.clock[0]
    reading_count, cue_count = readings.node_ix.size, cues.kind.size
    while cursor[AT_READING] < reading_count or cursor[AT_CUE] < cue_count:
        j = cursor[AT_CUE]
        cue_ns = cues.arrival_ns[j] if j < cue_count else INT64_MAX
        if time["restarted"] == 0:
            cursor[AT_READING] = _read_while_well(scene, readings, cursor[AT_READING], cue_ns)
        i = cursor[AT_READING]
        reading_ns = readings.arrival_ns[i] if i < reading_count else INT64_MAX
        if i >= reading_count and j >= cue_count:
            break
        tie_won = cue_ns == reading_ns and j < cue_count and cues.kind[j] != _C_WILL
        cue_first = cue_ns < reading_ns or tie_won  # at one time a will comes last
        at_ns = max(cue_ns if cue_first else reading_ns, time["last_ns"])
        if not _advance(scene, at_ns):
            return
        if cue_first:
            _cue(scene, cues.kind[j], cues.gateway_ix[j], at_ns)
            cursor[AT_CUE] += 1
        else:
            _read(scene, readings, i, at_ns)
            cursor[AT_READING] += 1
    if _advance(scene, max(now_ns, time["last_ns"])):
        cursor[DONE] = 1
