"""When an access point is suspected, when it is called DOWN, and what a closed gap teaches."""

from typing import Final

import numba as nb
import numpy as np

from processing.cause_kernel import (
    ap_nats,
    cause_of_ap,
)
from processing.evidence_kernel import (
    miss_bin,
    probe_nats,
    silence_nats,
)
from processing.probing_kernel import (
    begin,
    over,
)
from processing.records import (
    CLASS_BINS,
    K_DECLARED,
    K_EXPECTED,
    K_MISSES,
    NEVER,
    ApState,
    EventKind,
)
from processing.scene import (
    EVENT_COUNT,
    NEED_AP,
    NEED_NOISY_AP,
    RULE_BEAT,
    RULE_COUNT_BEATS,
    RULE_MARGIN,
    RULE_MISSES,
    RULE_PROBES,
    Scene,
    gateway_of,
    say_ap,
    silence_ns,
)
from vocabulary.units import (
    NS_PER_S,
)

QUIET_NS: Final = NS_PER_S
"""A gateway that is silent for longer is looked at."""
ROUTE_PROBES: Final = 0.9
"""Share of the allowed false alarms that goes to silence confirmed by probes; the rest to silence
alone. All of it, where nobody answers probes."""
HALVE_AT: Final = 60_000
"""Gaps after which an access point forgets half of them: a week of ten-second beats."""
_NEVER: Final = NEVER
_UNSEEN, _UP, _SUSPECT, _DOWN, _BLIND = (int(state) for state in ApState)
_E_SUSPECT: Final = int(EventKind.SUSPECT)
_E_DOWN: Final = int(EventKind.DOWN)


@nb.njit(cache=True)
def blind(scene: Scene, kind: int, ap_ix: int, at_ns: int) -> None:
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
def gaps_of(scene: Scene, ap_ix: int) -> float:
    """How many beats were due of an access point while it was learned from."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
    count: float = (gateway["seen_ns"] - ap["learn_ns"]) / scene.rule[RULE_BEAT]
    return count


@nb.njit(cache=True)
def suspect(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int, in_all: int) -> None:
    """It may be away: say so, and have it asked."""
    ap = scene.aps[ap_ix]
    ap["state"] = _SUSPECT
    ap["nats"] = silence_nats(scene.known, ap["misses"], gaps_of(scene, ap_ix), in_all)
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
def judge(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """Is the evidence enough? ``missed`` beats since the last record, more before it perhaps."""
    ap = scene.aps[ap_ix]
    if ap["state"] != _SUSPECT:
        return
    in_all = int(np.int64(ap["missed"])) + missed
    if scene.rule[RULE_COUNT_BEATS]:
        if in_all >= scene.rule[RULE_MISSES]:
            _declare(scene, ap_ix, at_ns, ts_ms, missed, 0.0, 0.0)
        return
    known = scene.known
    gateway = scene.gateways[gateway_of(scene, ap_ix)]
    asks = scene.rule[RULE_PROBES] != 0 and gateway["probes"] != 0
    passive = silence_nats(known, ap["misses"], gaps_of(scene, ap_ix), in_all)
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
def judge_as_is(scene: Scene, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """Judge with ``missed`` counted already."""
    scene.aps[ap_ix]["missed"] -= missed
    judge(scene, ap_ix, at_ns, ts_ms, missed)
    scene.aps[ap_ix]["missed"] += missed


@nb.njit(cache=True)
def learn_gap(scene: Scene, ap_ix: int, missed: int) -> None:
    """A gap has closed, and all was well."""
    ap, known = scene.aps[ap_ix], scene.known
    known[K_MISSES + min(missed, CLASS_BINS) - 1] += 1.0
    gaps = gaps_of(scene, ap_ix)
    if gaps > HALVE_AT or ap["misses"][miss_bin(missed)] >= HALVE_AT:
        ap["learn_ns"] += int(gaps / 2.0 * scene.rule[RULE_BEAT])
        for k in range(ap["misses"].size):
            ap["misses"][k] //= 2
    ap["misses"][miss_bin(missed)] += 1
