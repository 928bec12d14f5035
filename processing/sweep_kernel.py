"""What time alone does: silences grow, gateways go dark, pauses of our own are skipped."""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.cause_kernel import (
    cause_of_gateway,
    everybody_quiet,
    is_gone,
    overdue,
)
from processing.city import (
    BACKHAUL_OF,
    FEEDER_OF_GATEWAY,
    GATEWAYS_OF_BACKHAUL,
)
from processing.evidence_kernel import (
    silence_nats,
)
from processing.judgement_kernel import (
    QUIET_NS,
    blind,
    gaps_of,
    judge,
    suspect,
)
from processing.probing_kernel import (
    ask_siblings,
)
from processing.records import (
    K_FADE_NS,
    K_FADING,
    K_GAPS,
    K_GATEWAY_NS,
    NEVER,
    ApState,
    EventKind,
    GatewayState,
    Records,
    Suspect,
)
from processing.scene import (
    EVENT_COUNT,
    EVENTS_PER_READING,
    NEED_SUSPECT,
    REQUEST_COUNT,
    RULE_ANSWER_AT_ONCE,
    RULE_BEAT,
    RULE_COUNT_BEATS,
    RULE_DARK,
    RULE_MARGIN,
    RULE_PAUSE,
    RULE_SWEEP,
    RULE_WILL,
    Scene,
    gateway_of,
    say,
    silence_ns,
)
from vocabulary.units import (
    NS_PER_S,
    S_PER_DAY,
)

ASK_NS: Final = 2 * NS_PER_S
"""One that is silent for longer may have lost its power: others on its feeder are asked."""
FADE_NS: Final = S_PER_DAY * NS_PER_S
FADE: Final = 2.0 ** (-1 / 7)
_NEVER: Final = NEVER
_UNSEEN, _UP, _SUSPECT, _DOWN, _BLIND = (int(state) for state in ApState)
_GATEWAY, _BACKHAUL = int(Suspect.GATEWAY), int(Suspect.BACKHAUL)
_G_UNSEEN, _G_HEARD, _G_DARK = (int(state) for state in GatewayState)
_E_BLIND_GATEWAY: Final = int(EventKind.BLIND_GATEWAY)
_E_BLIND_HOST: Final = int(EventKind.BLIND_HOST)
_E_GATEWAY_SILENT: Final = int(EventKind.GATEWAY_SILENT)
_E_GATEWAY_WILL: Final = int(EventKind.GATEWAY_WILL)


@nb.njit(cache=True)
def _blind_all(scene: Scene, at_ns: int) -> None:
    for ap_ix in range(scene.aps.size):
        blind(scene, _E_BLIND_HOST, ap_ix, at_ns)


@nb.njit(cache=True)
def _quiet_ns(scene: Scene, gateway_ix: int, at_ns: int) -> int:
    quiet: int = at_ns - scene.clock[0]["paused_ns"] - scene.gateways[gateway_ix]["heard_ns"]
    return quiet


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
def _darken_with(scene: Scene, gateway_ix: int, at_ns: int, blames: int) -> None:
    """A backhaul is gone, and with it whoever is behind it."""
    _darken(scene, gateway_ix, at_ns, _E_GATEWAY_SILENT, blames)
    if blames != _BACKHAUL:
        return
    wiring = scene.wiring
    at = wiring[GATEWAYS_OF_BACKHAUL] + wiring[wiring[BACKHAUL_OF] + gateway_ix]
    for i in range(wiring[at], wiring[at + 1]):
        other_ix = int(np.int64(wiring[i]))
        if scene.gateways[other_ix]["state"] == _G_HEARD:
            _darken(scene, other_ix, at_ns, _E_GATEWAY_SILENT, blames)


@nb.njit(cache=True)
def _sweep_gateways(scene: Scene, at_ns: int, awake_ns: int) -> None:  # noqa: C901 - one table
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
        feeder_ix = int(np.int64(scene.wiring[scene.wiring[FEEDER_OF_GATEWAY] + gateway_ix]))
        unasked = feeder_ix >= 0 and gateway["asked_ns"] < gateway["heard_ns"]
        if unasked and quiet_ns > ASK_NS and overdue(scene, gateway_ix, quiet_ns) >= 2:
            gateway["asked_ns"] = awake_ns
            ask_siblings(scene, feeder_ix, at_ns, awake_ns)
        if quiet_ns <= rule[RULE_DARK] and not is_gone(scene, gateway_ix, quiet_ns):
            continue
        if everybody_quiet(scene, gateway_ix, awake_ns):
            continue
        cause = cause_of_gateway(scene, gateway_ix, awake_ns)
        if cause != 0:
            _darken_with(scene, gateway_ix, at_ns, cause)


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
                blind(scene, _E_BLIND_GATEWAY, ap_ix, at_ns)
            continue
        watched += 1
        quiet_ns = silence_ns(ap, gateway) - margin_ns
        if quiet_ns < beat_ns or state == _DOWN or gateway["will_ns"] != _NEVER:
            continue
        missed = quiet_ns // beat_ns
        if state != _SUSPECT:
            in_all = int(np.int64(ap["missed"])) + missed
            if rule[RULE_COUNT_BEATS] == 0:
                nats = silence_nats(known, ap["misses"], gaps_of(scene, ap_ix), in_all)
                if nats < scene.need[NEED_SUSPECT]:
                    continue
            suspect(scene, ap_ix, at_ns, _NEVER, missed, in_all)
        judge(scene, ap_ix, at_ns, _NEVER, missed)
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
def resume(gateways: Records, heard_ns: int) -> None:
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
    resume(scene.gateways, to_ns - time["paused_ns"])


@nb.njit(cache=True)
def _has_room(scene: Scene) -> bool:
    """Whether a sweep and a reading can say all they might, and nobody waits to be asked."""
    left = scene.room.size - scene.cursor[EVENT_COUNT]
    if scene.rule[RULE_ANSWER_AT_ONCE] and scene.cursor[REQUEST_COUNT] > 0:
        return False
    enough: bool = left >= 2 * (scene.aps.size + scene.gateways.size) + EVENTS_PER_READING
    return enough


@nb.njit(cache=True)
def advance(scene: Scene, to_ns: int) -> bool:
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
