"""Whose fault is a silence: its own node's, or that of something shared? Judged at that instant.

Each explanation has a price, minus the logarithm of how often it happens within the time in
question; a silent node must be explained once. A shared cause is blamed if explaining all silent
members at once is cheaper than explaining each by itself, with every member that was heard since
speaking against it, for the map may be wrong but seldom is.
"""

from typing import Final

import numba as nb
import numpy as np

from processing.city import (
    APS_OF_FEEDER,
    APS_OF_GATEWAY,
    BACKHAUL_OF,
    FEEDER_OF,
    FEEDER_OF_GATEWAY,
    GATEWAYS_OF_BACKHAUL,
)
from processing.evidence_kernel import probe_nats, stalls_per_year
from processing.records import NEVER, ApState, GatewayState, Record, Suspect
from processing.scene import (
    NEED_GATEWAY_PER_YEAR,
    RULE_BEAT,
    RULE_GATEWAY_BEAT,
    RULE_MARGIN,
    Scene,
)
from vocabulary.units import NS_PER_MS, NS_PER_S

# price of an explanation, in nats: -ln(how often a year * the time in question)
ALONE: Final = 13.4  # an access point by itself: 5 a year, within 10 s
GATEWAY_ALONE: Final = 13.4
FEEDER: Final = 14.3  # 2 a year
HERETIC: Final = 3.0  # a member that works though the shared cause is out: -ln 0.05
BATTERY: Final = 8.0  # a gateway of the feeder lost its mains just then
LATE_BEAT: Final = 0.01  # prior of one in a hundred that a gateway's word on a beat is late
LATE_WEIGHT: Final = 200.0
GRACE_NS: Final = 250 * NS_PER_MS
TOGETHER_NS: Final = 2 * NS_PER_S
"""The last words of gateways that fell silent together lie no further apart."""
SIBLING_MESSAGES: Final = 4.0
"""So many messages must be missing from the other gateways of a backhaul."""
DECIDE_NS: Final = 3 * NS_PER_S
SECONDS_PER_YEAR: Final = 31_557_600.0

_S: Final = NS_PER_S
_MS: Final = NS_PER_MS
_NEVER: Final = NEVER
_AP_UNSEEN: Final = int(ApState.NEVER_SEEN)
_AP_UP: Final = int(ApState.UP)
_AP_SUSPECT: Final = int(ApState.SUSPECT)
_AP_DOWN: Final = int(ApState.DOWN)
_G_HEARD: Final = int(GatewayState.HEARD)
_G_DARK: Final = int(GatewayState.DARK)
_GATEWAY: Final = int(Suspect.GATEWAY)
_BACKHAUL: Final = int(Suspect.BACKHAUL)
_FEEDER: Final = int(Suspect.FEEDER)
_ACCESS_POINT: Final = int(Suspect.ACCESS_POINT)


@nb.njit(cache=True)
def overdue(scene: Scene, gateway_ix: int, quiet_ns: int) -> int:
    """Of how many access points the gateway should have said something by now."""
    gateway, wiring = scene.gateways[gateway_ix], scene.wiring
    patience_ns = scene.rule[RULE_BEAT] + scene.rule[RULE_MARGIN] + GRACE_NS
    count = 0
    at = wiring[APS_OF_GATEWAY] + gateway_ix
    for i in range(wiring[at], wiring[at + 1]):
        ap = scene.aps[wiring[i]]
        if ap["state"] == _AP_UNSEEN:
            continue
        passed_ns = gateway["seen_ns"] + quiet_ns - max(ap["mark_ns"], gateway["fresh_ns"])
        if patience_ns < passed_ns and passed_ns - quiet_ns < patience_ns:
            count += 1
    return count


@nb.njit(cache=True)
def messages_per_s(scene: Scene, gateway_ix: int) -> float:
    """How often a gateway speaks."""
    wiring, rule = scene.wiring, scene.rule
    at = wiring[APS_OF_GATEWAY] + gateway_ix
    members = np.int64(wiring[at + 1] - wiring[at])
    rate: float = members * _S / rule[RULE_BEAT] + _S / rule[RULE_GATEWAY_BEAT]
    return rate


@nb.njit(cache=True)
def is_gone(scene: Scene, gateway_ix: int, quiet_ns: int) -> bool:
    """Whether a gateway's silence is longer than the allowed false alarms explain."""
    allowed = scene.need[NEED_GATEWAY_PER_YEAR]
    stalls = stalls_per_year(scene.known, quiet_ns)
    if stalls > allowed:
        return False
    gateway, rule = scene.gateways[gateway_ix], scene.rule
    rate = messages_per_s(scene, gateway_ix)
    heard = gateway["seen_ns"] / _S * rate
    late = (gateway["late"] + LATE_WEIGHT * LATE_BEAT) / (heard + LATE_WEIGHT)
    own = max(0, (quiet_ns - rule[RULE_MARGIN]) // rule[RULE_GATEWAY_BEAT])
    missing = overdue(scene, gateway_ix, quiet_ns) + own
    chance = min(1.0, late) ** missing * rate * SECONDS_PER_YEAR
    gone: bool = stalls + chance <= allowed
    return gone


@nb.njit(cache=True)
def backhaul_or_gateway(scene: Scene, gateway_ix: int, awake_ns: int) -> int:
    """Suspect of a gateway that is gone; 0 if it is not clear yet."""
    wiring = scene.wiring
    backhaul_ix = wiring[wiring[BACKHAUL_OF] + gateway_ix]
    if backhaul_ix < 0:
        return _GATEWAY
    heard_ns = scene.gateways[gateway_ix]["heard_ns"]
    rate, latest_ns, others, dark = 0.0, 0, 0, 0
    at = wiring[GATEWAYS_OF_BACKHAUL] + backhaul_ix
    for i in range(wiring[at], wiring[at + 1]):
        other_ix = int(np.int64(wiring[i]))
        other = scene.gateways[other_ix]
        if other_ix == gateway_ix:
            continue
        if other["state"] == _G_HEARD:
            others += 1
            rate += messages_per_s(scene, other_ix)
            latest_ns = max(latest_ns, other["heard_ns"])
        elif other["state"] == _G_DARK and abs(other["heard_ns"] - heard_ns) < TOGETHER_NS:
            dark += 1
    if others == 0:
        return _BACKHAUL if dark > 0 else _GATEWAY
    missing = rate * (awake_ns - latest_ns) / _S
    if missing >= 2.0 * SIBLING_MESSAGES:
        return _BACKHAUL
    pause_ns = int(2 * _S / messages_per_s(scene, gateway_ix))  # between two words of its own
    if latest_ns > heard_ns + TOGETHER_NS + pause_ns:
        return _GATEWAY
    if missing >= SIBLING_MESSAGES:
        return _BACKHAUL
    return _GATEWAY if awake_ns - heard_ns > DECIDE_NS + TOGETHER_NS else 0


@nb.njit(cache=True)
def everybody_quiet(scene: Scene, gateway_ix: int, awake_ns: int) -> bool:
    """Whether no gateway of the city says anything, on several backhauls: that is our own doing."""
    backhaul_of = scene.wiring[BACKHAUL_OF]
    here = scene.wiring[backhaul_of + gateway_ix]
    elsewhere = 0
    for other_ix in range(scene.gateways.size):
        other = scene.gateways[other_ix]
        if other["state"] != _G_HEARD or other_ix == gateway_ix:
            continue
        if awake_ns - other["heard_ns"] <= TOGETHER_NS:
            return False
        if scene.wiring[backhaul_of + other_ix] != here:
            elsewhere += 1
    return here >= 0 and elsewhere >= 2


@nb.njit(cache=True)
def _feeder_gateways(
    scene: Scene, feeder_ix: int, life_ns: int, but: int, awake_ns: int, window_ns: int
) -> float:
    """What the feeder's gateways say for it, given when a member was last alive."""
    worth, feeder_of = 0.0, scene.wiring[FEEDER_OF_GATEWAY]
    for gateway_ix in range(scene.gateways.size):
        if scene.wiring[feeder_of + gateway_ix] != feeder_ix or gateway_ix == but:
            continue
        gateway = scene.gateways[gateway_ix]
        battery_ns, heard_ns = gateway["battery_ns"], gateway["heard_ns"]
        if battery_ns != _NEVER:
            if abs(battery_ns - life_ns) <= window_ns + scene.rule[RULE_GATEWAY_BEAT]:
                worth += BATTERY
            continue
        if gateway["state"] == _G_DARK:
            if abs(heard_ns - life_ns) <= window_ns:
                worth += GATEWAY_ALONE
        elif gateway["state"] == _G_HEARD:
            quiet_ns = awake_ns - heard_ns
            if quiet_ns > TOGETHER_NS and overdue(scene, gateway_ix, quiet_ns) >= 2:
                worth += GATEWAY_ALONE if abs(heard_ns - life_ns) <= window_ns else 0.0
            elif heard_ns > life_ns + window_ns:
                worth -= HERETIC
    return worth


@nb.njit(cache=True)
def ap_nats(scene: Scene, ap: Record) -> float:
    """Evidence that a suspected access point is away."""
    nats: float = ap["nats"] + probe_nats(scene.known, scene.schedule_ms, int(ap["failed"]))
    return nats


@nb.njit(cache=True)
def feeder_worth(
    scene: Scene, feeder_ix: int, life_ns: int, ap_ix: int, gateway_ix: int, awake_ns: int
) -> float:
    """How much cheaper it is to blame the feeder of a silent node, in nats.

    ``life_ns`` is when the node was last alive; it is ``ap_ix`` or ``gateway_ix``, the other is -1.
    """
    window_ns = scene.rule[RULE_BEAT] + 2 * scene.rule[RULE_MARGIN]
    first_ns = window_ns if ap_ix >= 0 else TOGETHER_NS  # it failed within so long of that
    worth = (ALONE if ap_ix >= 0 else GATEWAY_ALONE) - FEEDER
    worth += _feeder_gateways(scene, feeder_ix, life_ns, gateway_ix, awake_ns, window_ns)
    wiring, paused_ns = scene.wiring, scene.clock[0]["paused_ns"]
    at = wiring[APS_OF_FEEDER] + feeder_ix
    onset_ns = life_ns + first_ns
    for i in range(wiring[at], wiring[at + 1]):  # who fell with it?
        ap = scene.aps[wiring[i]]
        state, alive_ns = ap["state"], ap["ok_at_ms"] * _MS - paused_ns
        if state in (_AP_SUSPECT, _AP_DOWN) and abs(alive_ns - life_ns) <= window_ns:
            onset_ns = min(onset_ns, alive_ns + window_ns)
    for i in range(wiring[at], wiring[at + 1]):
        member_ix = int(np.int64(wiring[i]))
        ap = scene.aps[member_ix]
        state, alive_ns = ap["state"], ap["ok_at_ms"] * _MS - paused_ns
        if member_ix == ap_ix:
            continue
        if state == _AP_DOWN and abs(alive_ns - life_ns) <= window_ns:
            worth += ALONE
        elif state == _AP_SUSPECT and abs(alive_ns - life_ns) <= window_ns:
            worth += min(ALONE, ap_nats(scene, ap))
        elif state == _AP_UP and alive_ns > onset_ns:
            worth -= HERETIC
        elif state == _AP_UP and ap["failed"] > 0 and ap["suspect_ns"] != _NEVER:
            worth += min(ALONE, ap_nats(scene, ap))
    return worth


@nb.njit(cache=True)
def cause_of_ap(scene: Scene, ap_ix: int, awake_ns: int) -> int:
    """Suspect of an access point that is away."""
    feeder_ix = int(np.int64(scene.wiring[scene.wiring[FEEDER_OF] + ap_ix]))
    if feeder_ix < 0:
        return _ACCESS_POINT
    life_ns = scene.aps[ap_ix]["ok_at_ms"] * _MS - scene.clock[0]["paused_ns"]
    worth = feeder_worth(scene, feeder_ix, life_ns, ap_ix, -1, awake_ns)
    return _FEEDER if worth > 0.0 else _ACCESS_POINT


@nb.njit(cache=True)
def cause_of_gateway(scene: Scene, gateway_ix: int, awake_ns: int) -> int:
    """Suspect of a gateway that is gone; 0 if it is not clear yet."""
    cause = backhaul_or_gateway(scene, gateway_ix, awake_ns)
    feeder_ix = int(np.int64(scene.wiring[scene.wiring[FEEDER_OF_GATEWAY] + gateway_ix]))
    if cause != _GATEWAY or feeder_ix < 0:
        return cause
    life_ns = scene.gateways[gateway_ix]["heard_ns"]
    worth = feeder_worth(scene, feeder_ix, life_ns, -1, gateway_ix, awake_ns)
    return _FEEDER if worth > 0.0 else cause
