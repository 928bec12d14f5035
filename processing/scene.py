"""What every part of the detector's kernel reads or writes, and how it tells what it finds."""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.city import GATEWAY_OF
from processing.records import NEVER, Record, Records
from vocabulary.units import NS_PER_MS

EVENTS_PER_READING: Final = 6
"""One brings its gateway back, fails, makes suspect and down at once, and tells of a boot."""

# positions in Scene.rule, times in ns
RULE_BEAT, RULE_MARGIN, RULE_MISSES, RULE_DARK, RULE_PAUSE, RULE_SWEEP = range(6)
RULE_WILL, RULE_RECONNECT, RULE_OK_CODE, RULE_HEARTBEAT_CODE, RULE_BATTERY_CODE = range(6, 11)
RULE_COUNT_BEATS, RULE_PROBES, RULE_ANSWER_AT_ONCE, RULE_GATEWAY_BEAT, RULE_SIZE = range(11, 16)
"""``RULE_COUNT_BEATS``: missed beats decide, not evidence. ``RULE_ANSWER_AT_ONCE``: stop when
somebody is to be asked, for in simulated time the answer may come before the step is over."""
# positions in Scene.need: evidence, in nats
NEED_AP, NEED_NOISY_AP, NEED_SUSPECT, NEED_GATEWAY_PER_YEAR, NEED_SIZE = range(5)
# positions in Scene.cursor
AT_READING, AT_CUE, AT_ANSWER, EVENT_COUNT, REQUEST_COUNT, DONE, CURSOR_SIZE = range(7)

_MS: Final = NS_PER_MS
_NEVER: Final = NEVER


class Scene(NamedTuple):
    """Everything that every part of the kernel reads or writes."""

    rule: NDArray[np.int64]  # (RULE_SIZE,)
    need: NDArray[np.float64]  # (NEED_SIZE,)
    schedule_ms: NDArray[np.int64]  # (probes,) when a suspect is asked
    wiring: NDArray[np.int32]  # see City
    known: NDArray[np.float64]  # (KNOWN_SIZE,)
    clock: Records  # (1,)
    aps: Records  # (A,)
    gateways: Records  # (G,)
    cursor: NDArray[np.int64]  # (CURSOR_SIZE,)
    room: Records  # (room,) events go here
    requests: Records  # (asks,) and requests for probes here


@nb.njit(cache=True)
def gateway_of(scene: Scene, node_ix: int) -> int:
    """Which gateway sees a node."""
    return np.int64(scene.wiring[scene.wiring[GATEWAY_OF] + node_ix])  # type: ignore[return-value]


@nb.njit(cache=True)
def say(scene: Scene, kind: int, node_ix: int, at_ns: int, ts_ms: int) -> None:
    """One event."""
    event = scene.room[scene.cursor[EVENT_COUNT]]
    event["kind"] = kind
    event["node_ix"] = node_ix
    event["at_ns"] = at_ns
    event["ts_ms"] = ts_ms
    event["since_ms"] = _NEVER
    event["ok_ms"] = _NEVER
    event["ok_at_ms"] = _NEVER
    event["missed"] = 0
    event["silence_nats"] = 0.0
    event["probe_nats"] = 0.0
    event["need_nats"] = 0.0
    event["probes"] = 0
    event["blames"] = 0
    scene.cursor[EVENT_COUNT] += 1


@nb.njit(cache=True)
def say_ap(scene: Scene, kind: int, ap_ix: int, at_ns: int, ts_ms: int, missed: int) -> None:
    """An event of an access point, with how long it was silent before."""
    ap, gateway = scene.aps[ap_ix], scene.gateways[gateway_of(scene, ap_ix)]
    event = scene.room[scene.cursor[EVENT_COUNT]]
    say(scene, kind, ap_ix, at_ns, ts_ms)
    event["ok_ms"] = ap["ok_ms"]
    event["ok_at_ms"] = ap["ok_at_ms"]
    event["missed"] = missed
    event["probes"] = ap["failed"]
    event["silence_nats"] = ap["nats"]
    if ap["mark_ns"] >= gateway["fresh_ns"]:
        event["since_ms"] = ap["beat_ms"]
    else:  # observation began anew after its last beat
        end_ms = ts_ms if ts_ms >= 0 else gateway["ts_ms"]
        event["since_ms"] = end_ms - (gateway["seen_ns"] - gateway["fresh_ns"]) // _MS


@nb.njit(cache=True)
def silence_ns(ap: Record, gateway: Record) -> int:
    """Observed time since the last beat, or since observation began anew."""
    passed_ns: int = gateway["seen_ns"] - max(ap["mark_ns"], gateway["fresh_ns"])
    return passed_ns
