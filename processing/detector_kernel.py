"""The detector's kernel; ``detector.py`` says what it does, and guards it.

One pass over arrivals, cues, answers and the sweeps due between them. Codes of metrics are
arguments: numba does not notice when what a cached kernel took from elsewhere changes. Touch this
file after editing another one that it takes functions or numbers from.
"""

from typing import Final

import numba as nb
import numpy as np

from processing.arrival_kernel import (
    answer,
    cue,
    read,
)
from processing.city import (
    GATEWAY_OF,
)
from processing.columns import (
    Answers,
    CueKind,
    Cues,
    Readings,
)
from processing.judgement_kernel import (
    QUIET_NS,
)
from processing.records import (
    NEVER,
    ApState,
    GatewayState,
)
from processing.scene import (
    AT_ANSWER,
    AT_CUE,
    AT_READING,
    DONE,
    RULE_BATTERY_CODE,
    RULE_OK_CODE,
    RULE_PAUSE,
    Scene,
)
from processing.sweep_kernel import (
    advance,
)
from vocabulary.units import (
    INT64_MAX,
    NS_PER_MS,
)

_MS: Final = NS_PER_MS
_NEVER: Final = NEVER
_UNSEEN, _UP, _SUSPECT, _DOWN, _BLIND = (int(state) for state in ApState)
_G_UNSEEN, _G_HEARD, _G_DARK = (int(state) for state in GatewayState)
_C_WILL: Final = int(CueKind.WILL)


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
    time, ok_code, battery_code = (
        scene.clock[0],
        scene.rule[RULE_OK_CODE],
        scene.rule[RULE_BATTERY_CODE],
    )
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
def follow(scene: Scene, readings: Readings, cues: Cues, answers: Answers, now_ns: int) -> None:
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
        if not advance(scene, at_ns):
            return
        if answer_first:
            answer(scene, answers, k, at_ns)
            cursor[AT_ANSWER] += 1
        elif cue_first:
            cue(scene, int(np.int64(cues.kind[j])), int(np.int64(cues.gateway_ix[j])), at_ns)
            cursor[AT_CUE] += 1
        else:
            read(scene, readings, i, at_ns)
            cursor[AT_READING] += 1
    if advance(scene, max(now_ns, time["last_ns"])):
        cursor[DONE] = 1
