"""Slow twins of the kernels: obvious, built differently, from the whole history at once."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from processing.settings import Settings


class Beat(NamedTuple):
    """A fresh beat: when it arrived, of whom, what it said."""

    at_ms: int
    ap_ix: int
    ok: bool


def stretches(arrivals_ms: list[int], until_ms: int, settings: Settings) -> list[tuple[int, int]]:
    """When one gateway was observing: [first arrival, the sweep that found it dark)."""
    if not arrivals_ms:
        return []
    found, start_ms = [], arrivals_ms[0]
    for before_ms, after_ms in pairwise([*arrivals_ms, until_ms + 10**9]):
        silent_ms = before_ms + settings.gateway_silence_ms + 1
        dark_ms = -(-silent_ms // settings.sweep_ms) * settings.sweep_ms
        if dark_ms < after_ms:
            found.append((start_ms, dark_ms))
            start_ms = after_ms
    return found


def transitions(
    beats: list[Beat],
    arrivals_ms: Mapping[int, list[int]],
    gateway_of: Mapping[int, int],
    until_ms: int,
    settings: Settings,
) -> set[tuple[int, int, str]]:
    """(when, access point, what it became); time starts at 0, until is never a sweep's time."""
    found: set[tuple[int, int, str]] = set()
    for ap_ix, gateway_ix in gateway_of.items():
        own = [beat for beat in beats if beat.ap_ix == ap_ix]
        heard = arrivals_ms[gateway_ix]
        for start_ms, end_ms in stretches(heard, until_ms, settings):
            last_ms = min(end_ms, until_ms + 1)
            became, state = _in_stretch(ap_ix, own, heard, start_ms, last_ms, settings)
            found |= became
            if end_ms < until_ms and state not in ("blind", "never"):
                found.add((end_ms, ap_ix, "blind"))
    return found


def _in_stretch(
    ap_ix: int, own: list[Beat], heard: list[int], start_ms: int, end_ms: int, settings: Settings
) -> tuple[set[tuple[int, int, str]], str]:
    found: set[tuple[int, int, str]] = set()
    seen_before = any(beat.ok and beat.at_ms < start_ms for beat in own)
    state = "blind" if seen_before else "never"
    inside = [beat for beat in own if start_ms <= beat.at_ms < end_ms]
    sweeps = range(-(-start_ms // settings.sweep_ms) * settings.sweep_ms, end_ms, settings.sweep_ms)
    moments = sorted([(beat.at_ms, 0, beat) for beat in inside] + [(at, 1, None) for at in sweeps])
    for at_ms, _, beat in moments:
        if beat is None:
            missed = _missed(inside, heard, start_ms, at_ms, settings, counting_self=False)
            if state == "never":
                continue
        elif beat.ok:
            if state != "up":
                found.add((at_ms, ap_ix, "up"))
            state = "up"
            continue
        elif state == "never":
            continue
        else:
            missed = _missed(inside, heard, start_ms, at_ms, settings, counting_self=True)
        if missed >= 1 and state in ("up", "blind"):
            found.add((at_ms, ap_ix, "suspect"))
            state = "suspect"
        if missed >= settings.misses_down and state == "suspect":
            found.add((at_ms, ap_ix, "down"))
            state = "down"
    return found, state


def _missed(
    inside: list[Beat],
    heard: list[int],
    start_ms: int,
    at_ms: int,
    settings: Settings,
    *,
    counting_self: bool,
) -> int:
    """Beats missed since the last proof of life in this stretch, as of ``at_ms``."""
    past = [beat for beat in inside if beat.at_ms <= at_ms]
    oks = [ix for ix, beat in enumerate(past) if beat.ok]
    mark_ms = past[oks[-1]].at_ms if oks else start_ms
    fails = past[oks[-1] + 1 :] if oks else past
    missed = 0
    for fail in fails:
        missed += max(1, (fail.at_ms - mark_ms + settings.beat_ms // 2) // settings.beat_ms)
        mark_ms = fail.at_ms
    if counting_self:
        return missed
    proven_ms = max([at for at in heard if at <= at_ms], default=at_ms)
    silence_ms = proven_ms - mark_ms - settings.margin_ms
    return missed + max(0, silence_ms // settings.beat_ms)


class Status(NamedTuple):
    """One message of usage."""

    ts_ms: int
    clients: int
    rx_bytes: int
    uptime_s: int


class Totals(NamedTuple):
    """Sums of usage."""

    device_ms: int
    unobserved_ms: int
    rx_bytes: int


def usage(statuses: list[Status], bits: int, bytes_per_ms: float, known_ms_max: int) -> Totals:
    """Integrate what is sorted by time."""
    device_ms = unobserved_ms = rx_bytes = 0
    for before, after in pairwise(sorted(statuses)):
        passed_ms = after.ts_ms - before.ts_ms
        device_ms += before.clients * min(passed_ms, known_ms_max)
        unobserved_ms += max(0, passed_ms - known_ms_max)
        wrapped = (after.rx_bytes - before.rx_bytes) % 2**bits
        if after.uptime_s < before.uptime_s:
            plausible = after.rx_bytes <= bytes_per_ms * (after.uptime_s + 1) * 1_000
            rx_bytes += after.rx_bytes if plausible else 0
        elif after.rx_bytes >= before.rx_bytes:
            rx_bytes += after.rx_bytes - before.rx_bytes
        elif wrapped <= bytes_per_ms * passed_ms:
            rx_bytes += wrapped
        else:
            rx_bytes += after.rx_bytes
    return Totals(device_ms, unobserved_ms, rx_bytes)


def state_at(t_ms: float, beats: Mapping[int, bool], settings: Settings) -> str:
    """The final rule for one point of time between the first and the last beat, no silences."""
    before = max(ts for ts in beats if ts <= t_ms)
    after = min(ts for ts in beats if ts > t_ms)
    down_before, down_after = (_in_outage(ts, beats, settings) for ts in (before, after))
    if after - before > settings.hole_ms:
        return "unobserved"
    in_first_half = t_ms < (before + after) // 2
    return "down" if (down_before if in_first_half else down_after) else "up"


def _in_outage(ts_ms: int, beats: Mapping[int, bool], settings: Settings) -> bool:
    """Whether a beat is one of enough failures with no proof of life and no hole between."""
    if beats[ts_ms]:
        return False
    times = sorted(beats)
    lo = hi = times.index(ts_ms)
    while lo > 0 and not beats[times[lo - 1]]:
        lo -= 1
    while hi + 1 < len(times) and not beats[times[hi + 1]]:
        hi += 1
    groups: list[list[int]] = [[times[lo]]]
    for before, after in pairwise(times[lo : hi + 1]):
        if after - before > settings.hole_ms:
            groups.append([])
        groups[-1].append(after)
    return any(_misses(group, settings) >= settings.misses_down for group in groups)


def _misses(group: list[int], settings: Settings) -> int:
    spaced: list[int] = []
    for ts_ms in group:
        if not spaced or ts_ms - spaced[-1] >= settings.beat_ms // 2:
            spaced.append(ts_ms)
    by_span = (group[-1] - group[0] + settings.beat_ms // 2) // settings.beat_ms + 1
    return max(len(spaced), by_span)
