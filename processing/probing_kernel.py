"""Whom to ask, when, and within which budget; what an answer is worth is in ``evidence_kernel``.

Budgets are kept as the time up to which they are spent, one number each (a leaky bucket): of an
access point, of its gateway, of the city. What a series did not need is given back.
"""

from typing import Final

import numba as nb
import numpy as np

from processing.city import APS_OF_FEEDER
from processing.evidence_kernel import learn_probes
from processing.records import (
    K_ASKED,
    K_SPENT_NS,
    K_UNASKED,
    NEVER,
    ApState,
    GatewayState,
    Record,
)
from processing.scene import REQUEST_COUNT, RULE_PROBES, Scene, gateway_of
from vocabulary.probing import STAGES
from vocabulary.units import NS_PER_MS, NS_PER_S

AP_PROBES: Final = 24  # at once, and one back every 40 s
AP_EACH_NS: Final = 40 * NS_PER_S
GATEWAY_PROBES: Final = 60  # at once, and ten a second
GATEWAY_EACH_NS: Final = NS_PER_S // 10
CITY_PROBES: Final = 1_200  # at once, and 200 a second
CITY_EACH_NS: Final = NS_PER_S // 200
SIBLINGS_MAX: Final = 5  # of a feeder's members are asked whether it is the feeder
SIBLING_PROBES: Final = 2

UPTIME_ASKED: Final = 255
"""In ``asked``: it was down and has been asked since when it runs."""

_MS: Final = NS_PER_MS
_NEVER: Final = NEVER
_UP: Final = int(ApState.UP)
_HEARD: Final = int(GatewayState.HEARD)


@nb.njit(cache=True)
def _left(spent_ns: int, awake_ns: int, each_ns: int, room: int) -> int:
    """How many probes a budget still allows."""
    left: int = room - (max(spent_ns, awake_ns) - awake_ns + each_ns - 1) // each_ns
    return left


@nb.njit(cache=True)
def _spend(scene: Scene, ap: Record, gateway: Record, awake_ns: int, count: int) -> bool:
    known = scene.known
    enough = _left(ap["spent_ns"], awake_ns, AP_EACH_NS, AP_PROBES) >= count
    enough &= _left(gateway["spent_ns"], awake_ns, GATEWAY_EACH_NS, GATEWAY_PROBES) >= count
    enough &= _left(int(known[K_SPENT_NS]), awake_ns, CITY_EACH_NS, CITY_PROBES) >= count
    if not enough or scene.cursor[REQUEST_COUNT] >= scene.requests.size:
        known[K_UNASKED] += 1
        return False
    ap["spent_ns"] = max(ap["spent_ns"], awake_ns) + count * AP_EACH_NS
    gateway["spent_ns"] = max(gateway["spent_ns"], awake_ns) + count * GATEWAY_EACH_NS
    known[K_SPENT_NS] = max(known[K_SPENT_NS], awake_ns) + count * CITY_EACH_NS
    known[K_ASKED] += count
    return True


@nb.njit(cache=True)
def give_back(scene: Scene, ap_ix: int, answered: int) -> None:
    """The series is over; ``answered`` is 1 if its last probe found an answer."""
    ap = scene.aps[ap_ix]
    if ap["asked"] == UPTIME_ASKED:
        return
    used = int(ap["failed"]) + answered
    awake_ns = scene.clock[0]["last_ns"] - scene.clock[0]["paused_ns"]
    while used < ap["asked"]:  # the gateway has made those too, though no word of them came
        if scene.schedule_ms[used] * _MS >= awake_ns - ap["suspect_ns"] or answered:
            break
        used += 1
    unused = int(ap["asked"]) - used
    if unused > 0:
        gateway = scene.gateways[gateway_of(scene, ap_ix)]
        ap["spent_ns"] -= unused * AP_EACH_NS
        gateway["spent_ns"] -= unused * GATEWAY_EACH_NS
        scene.known[K_SPENT_NS] -= unused * CITY_EACH_NS
        scene.known[K_ASKED] -= unused
    ap["asked"] = ap["failed"] + answered


@nb.njit(cache=True)
def _request(scene: Scene, ap_ix: int, at_ns: int, first: int, count: int, wait_ms: int) -> None:
    request = scene.requests[scene.cursor[REQUEST_COUNT]]
    request["at_ns"] = at_ns
    request["ap_ix"] = ap_ix
    request["series"] = scene.aps[ap_ix]["series"]
    request["first"] = first
    request["count"] = count
    request["wait_ms"] = wait_ms
    scene.cursor[REQUEST_COUNT] += 1


@nb.njit(cache=True)
def ask_on(scene: Scene, ap_ix: int, at_ns: int, awake_ns: int) -> None:
    """Ask for the next stage of the series of an access point under suspicion."""
    ap = scene.aps[ap_ix]
    first = int(ap["asked"])
    if scene.rule[RULE_PROBES] == 0 or first >= scene.schedule_ms.size:
        return
    until = first
    for stage in STAGES:
        if stage > first:
            until = stage
            break
    gateway = scene.gateways[gateway_of(scene, ap_ix)]
    if until == first or not _spend(scene, ap, gateway, awake_ns, until - first):
        return
    passed_ms = (awake_ns - ap["suspect_ns"]) // _MS
    wait_ms = max(0, scene.schedule_ms[first] - passed_ms)
    _request(scene, ap_ix, at_ns, first, until - first, wait_ms)
    ap["asked"] = until


@nb.njit(cache=True)
def begin(scene: Scene, ap_ix: int, at_ns: int, awake_ns: int) -> None:
    """A suspicion begins: a series of its own, unless it is being asked already."""
    ap = scene.aps[ap_ix]
    if ap["suspect_ns"] != _NEVER and ap["asked"] != UPTIME_ASKED:
        if ap["asked"] == ap["failed"]:  # a sibling's probes are through
            ask_on(scene, ap_ix, at_ns, awake_ns)
        return
    ap["suspect_ns"] = awake_ns
    ap["series"] += 1
    ap["failed"] = 0
    ap["asked"] = 0
    ask_on(scene, ap_ix, at_ns, awake_ns)


@nb.njit(cache=True)
def over(scene: Scene, ap_ix: int, answered: int, well: bool) -> None:
    """It lives, or nobody sees it: no series any more. ``well``: it never was away."""
    ap = scene.aps[ap_ix]
    if ap["suspect_ns"] == _NEVER or ap["asked"] == UPTIME_ASKED:
        ap["suspect_ns"] = _NEVER
        ap["failed"] = 0
        ap["asked"] = 0
        return
    give_back(scene, ap_ix, answered)
    if well and (ap["failed"] > 0 or answered == 1):
        learn_probes(scene.known, ap["failed"], answered == 1)
    ap["suspect_ns"] = _NEVER
    ap["failed"] = 0
    ap["asked"] = 0


@nb.njit(cache=True)
def ask_uptime(scene: Scene, ap_ix: int, at_ns: int, awake_ns: int, probed: int) -> bool:
    """It was away, perhaps, and lives: since when does it run? ``probed``: the answer is here.

    True: it is known, or will be; ``failed`` stays as it was.
    """
    ap = scene.aps[ap_ix]
    gateway = scene.gateways[gateway_of(scene, ap_ix)]
    failed = ap["failed"]
    if ap["asked"] != UPTIME_ASKED:
        give_back(scene, ap_ix, probed)
    ap["suspect_ns"] = _NEVER
    ap["failed"] = 0
    ap["asked"] = 0
    if probed == 0:
        if scene.rule[RULE_PROBES] == 0 or gateway["probes"] == 0:
            return False
        if not _spend(scene, ap, gateway, awake_ns, 1):
            return False
        ap["series"] += 1
        _request(scene, ap_ix, at_ns, 0, 1, 0)
    ap["failed"] = failed
    ap["asked"] = UPTIME_ASKED
    return True


@nb.njit(cache=True)
def ask_siblings(scene: Scene, feeder_ix: int, at_ns: int, awake_ns: int) -> None:
    """Is it the feeder? A few of its members that seem well are asked at once."""
    if scene.rule[RULE_PROBES] == 0 or feeder_ix < 0:
        return
    wiring, asked = scene.wiring, 0
    at = wiring[APS_OF_FEEDER] + feeder_ix
    for i in range(wiring[at], wiring[at + 1]):
        if asked >= SIBLINGS_MAX:
            return
        ap_ix = int(np.int64(wiring[i]))
        ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
        if ap["state"] != _UP or gateway["state"] != _HEARD or ap["asked"] == UPTIME_ASKED:
            continue
        if ap["suspect_ns"] != _NEVER:
            asked += 1  # it is being asked already
        elif _spend(scene, ap, gateway, awake_ns, SIBLING_PROBES):
            ap["suspect_ns"] = awake_ns
            ap["series"] += 1
            ap["failed"] = 0
            ap["asked"] = SIBLING_PROBES
            _request(scene, ap_ix, at_ns, 0, SIBLING_PROBES, 0)
            asked += 1
