"""Usage against the sum over what is sorted, through loss, lateness, wraps and reboots."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.city import City
from processing.columns import Reading, UsageRows, readings_of
from processing.records import AP_DTYPE, Records
from processing.settings import Settings
from processing.usage import Statuses, Usage, integrate, statuses_of
from tests.processing import naive
from vocabulary.inventory import AccessPoint, Gateway, Inventory
from vocabulary.metrics import code_of

SETTINGS = Settings()
KNOWN_MS_MAX = 3 * SETTINGS.status_ms
BITS, MBPS = 32, 100.0
CITY = City.of(
    Inventory(
        gateway=(Gateway("g0", "library", "north"),),
        access_point=tuple(
            AccessPoint(f"a{ix}", "library", "g0", None, BITS, MBPS) for ix in range(2)
        ),
    )
)
BYTES_PER_MS = float(CITY.ap_bytes_per_ms_max[0])
METRICS = ("wifi/clients", "wifi/rx_bytes", "wifi/tx_bytes", "wifi/uptime_s")


def readings(status: naive.Status, ap_ix: int = 0) -> list[Reading]:
    values = (status.clients, status.rx_bytes, status.rx_bytes, status.uptime_s)
    ts_ns = status.ts_ms * 1_000_000
    return [
        Reading(ts_ns, ts_ns, ap_ix, code_of(name), float(value), value)
        for name, value in zip(METRICS, values, strict=True)
    ]


def gathered(statuses: list[naive.Status], ap_ix: int = 0) -> Statuses:
    return statuses_of(readings_of(r for s in statuses for r in readings(s, ap_ix)), CITY)


def new_aps() -> Records:
    return np.zeros(CITY.ap_count, dtype=AP_DTYPE)


def run(statuses: list[naive.Status], aps: Records | None = None) -> Usage:
    return integrate(gathered(statuses), new_aps() if aps is None else aps, CITY, SETTINGS)


def totals(aps: Records) -> naive.Totals:
    assert aps[0]["rx_total_bytes"] == aps[0]["tx_total_bytes"]
    return naive.Totals(
        int(aps[0]["device_ms"]), int(aps[0]["unobserved_ms"]), int(aps[0]["rx_total_bytes"])
    )


def stored(usages: list[Usage]) -> naive.Totals:
    """What a database sums up in which a correction overwrites its point."""
    points: dict[tuple[int, int], tuple[int, int, int]] = {}
    for usage in usages:
        parts: list[UsageRows] = [usage.rows, usage.corrections]
        for rows in parts:
            for ap, ts, device, unobserved, rx, _ in zip(*(c.tolist() for c in rows), strict=True):
                points[ap, ts] = (device, unobserved, rx)
    sums = np.array(list(points.values()) or [(0, 0, 0)]).sum(axis=0).tolist()
    return naive.Totals(*sums)


def expected(statuses: list[naive.Status]) -> naive.Totals:
    return naive.usage(statuses, BITS, BYTES_PER_MS, KNOWN_MS_MAX)


GAPS_MS = st.sampled_from([1_000, 9_900, 10_000, 20_000, 30_000, 30_001, 45_000, 7_200_000])


@st.composite
def histories(draw: st.DrawFn) -> list[naive.Status]:
    """In order; counters run, wrap, and are reset by a reboot now and then."""
    at_ms, counter, uptime_s = 1_000_000, draw(st.integers(0, 2**32 - 1)), 50_000
    found = []
    for _ in range(draw(st.integers(1, 25))):
        gap_ms = draw(GAPS_MS)
        at_ms, uptime_s = at_ms + gap_ms, uptime_s + gap_ms // 1_000
        counter = (counter + draw(st.integers(0, 10_000_000))) % 2**32
        event = draw(st.sampled_from(["", "", "", "reboot", "reset"]))
        if event == "reboot":
            uptime_s = draw(st.integers(0, 9))
        if event:
            counter = draw(st.integers(0, 10_000))
        found.append(naive.Status(at_ms, draw(st.integers(0, 200)), counter, uptime_s))
    return found


@given(histories())
def test_agrees_with_the_slow_twin(history: list[naive.Status]) -> None:
    aps = new_aps()
    usage = run(history, aps)
    assert totals(aps) == expected(history) == stored([usage])
    assert usage.late_unplaced == 0
    assert usage.corrections.ts_ns.size == 0


@given(histories(), st.lists(st.integers(0, 25), max_size=5))
def test_cuts_do_not_matter(history: list[naive.Status], cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(history)) for cut in cuts), len(history)]
    aps, whole = new_aps(), new_aps()
    usages = [run(history[lo:hi], aps) for lo, hi in pairwise(edges)]
    run(history, whole)
    assert aps.tobytes() == whole.tobytes()
    assert stored(usages) == expected(history)


@st.composite
def backfills(draw: st.DrawFn) -> tuple[list[naive.Status], list[naive.Status]]:
    """(order of arrival, order of time): one blackout, filled in order amid live statuses."""
    history = [
        naive.Status(10_000 * k, draw(st.integers(0, 60)), 5_000 * k, 100 + 10 * k)
        for k in range(1, 31)
    ]
    lo, hi = draw(st.integers(1, 10)), draw(st.integers(16, 25))
    spooled, live = history[lo:hi], history[hi:]
    arrival, late, fresh = history[:lo], list(spooled), list(live)
    arrival.append(fresh.pop(0))
    while late or fresh:
        queue = late if late and (not fresh or draw(st.booleans())) else fresh
        arrival.append(queue.pop(0))
    return arrival, history


@given(backfills())
def test_a_filled_gap_leaves_no_trace(
    case: tuple[list[naive.Status], list[naive.Status]],
) -> None:
    arrival, history = case
    aps = new_aps()
    usages = [run([status], aps) for status in arrival]
    assert totals(aps) == expected(history) == stored(usages)
    assert sum(usage.late_unplaced for usage in usages) == 0


def test_doubles_and_strays_are_counted_and_add_nothing() -> None:
    history = [naive.Status(10_000 * k, 5, 100 * k, 100 + 10 * k) for k in range(1, 6)]
    aps = new_aps()
    run(history, aps)
    assert run([history[-1], history[1]], aps).late_unplaced == 2
    assert totals(aps) == expected(history)


def test_the_larger_gap_stays_open() -> None:
    history = [naive.Status(10_000 * k, 5, 100 * k, 100 + 10 * k) for k in range(1, 60)]
    aps = new_aps()
    run([*history[:5], *history[25:30], *history[35:40]], aps)
    assert run(history[5:25], aps).late_unplaced == 0
    assert run(history[30:35], aps).late_unplaced == 5


def test_unknown_time_is_unknown() -> None:
    usage = run([naive.Status(10_000, 4, 0, 1), naive.Status(100_000, 0, 0, 91)])
    assert usage.rows.device_ms.tolist() == [0, 4 * KNOWN_MS_MAX]
    assert usage.rows.unobserved_ms.tolist() == [0, 60_000]


@pytest.mark.parametrize(
    ("before", "now", "uptime_s", "counted"),
    [
        (100, 250, 60, 150),  # it counts
        (2**32 - 100, 50, 60, 150),  # it wraps
        (4_000_000, 50, 60, 50),  # too far for a wrap: it was reset
        (100, 250, 5, 250),  # a reboot, although the counter is higher
        (100, 2**31, 5, 0),  # a reboot; so much cannot have flowed since
    ],
)
def test_counters(before: int, now: int, uptime_s: int, counted: int) -> None:
    usage = run([naive.Status(10_000, 0, before, 50), naive.Status(20_000, 0, now, uptime_s)])
    assert usage.rows.rx_delta_bytes.tolist() == [0, counted]


def test_a_full_64_bit_counter_does_not_overflow() -> None:
    city = City.of(
        Inventory(
            gateway=(Gateway("g0", "library", "north"),),
            access_point=(AccessPoint("a0", "library", "g0"),),
        )
    )
    top = 2**63 - 1
    rows = readings(naive.Status(10_000, 2_048, top, 1)) + readings(naive.Status(20_000, 0, 7, 11))
    aps = np.zeros(1, dtype=AP_DTYPE)
    usage = integrate(statuses_of(readings_of(rows), city), aps, city, SETTINGS)
    assert usage.rows.rx_delta_bytes.tolist() == [0, 7]


def test_readings_of_one_message_make_one_status() -> None:
    rows = [r for pair in zip(readings(naive.Status(10_000, 3, 7, 9)),
                              readings(naive.Status(10_000, 4, 8, 10), ap_ix=1), strict=True)
            for r in pair]  # fmt: skip
    found = statuses_of(readings_of(rows), CITY)
    assert found.ap_ix.tolist() == [0, 1]
    assert found.clients.tolist() == [3, 4]
    assert found.has.tolist() == [15, 15]


def test_what_a_message_lacks_is_caught_up_later() -> None:
    full = readings(naive.Status(10_000, 3, 100, 1))
    bare = readings(naive.Status(20_000, 5, 0, 0))[:1]
    last = readings(naive.Status(30_000, 0, 160, 21))
    usage = integrate(statuses_of(readings_of(full + bare + last), CITY), new_aps(), CITY, SETTINGS)
    assert usage.rows.device_ms.tolist() == [0, 30_000, 50_000]
    assert usage.rows.rx_delta_bytes.tolist() == [0, 0, 60]


def test_a_bad_index_stops_here() -> None:
    bad = gathered([naive.Status(1, 1, 1, 1)])._replace(ap_ix=np.array([2], dtype=np.int32))
    with pytest.raises(AssertionError):
        integrate(bad, new_aps(), CITY, SETTINGS)
