"""Gateways that probe tell the truth and nothing more, and only while they can be reached."""

import numpy as np

from processing.records import REQUEST_DTYPE, Records
from simulators.arrivals import Arrivals
from simulators.probers import OTHER_LOSS, Probers
from simulators.scenario import load
from simulators.town import generate
from vocabulary.probing import SCHEDULE_MS, TIMEOUT_MS
from vocabulary.units import NS_PER_MS, NS_PER_S

AP_COUNT = 40
HOUR_S = 3_600


def world(*files: str, days: float = 1.0) -> Arrivals:
    return Arrivals(generate(AP_COUNT, 3), load(*files), 11, days * 24 * HOUR_S, usage=False)


def requests(rows: list[tuple[int, int, int]], count: int = 1) -> Records:
    """(at, access point, series) of each."""
    made: Records = np.zeros(len(rows), dtype=REQUEST_DTYPE)
    for at, (at_ns, ap_ix, series) in enumerate(rows):
        made[at] = (at_ns, ap_ix, series, 0, count, 0)
    return made


def asked(probers: Probers, rows: list[tuple[int, int, int]], count: int = 1) -> dict[int, list]:  # type: ignore[type-arg]
    """series -> (place, answered, arrival, event time, uptime) of its answers."""
    probers.due(2**62)
    answers = probers.ask(requests(rows, count))
    made: dict[int, list] = {}  # type: ignore[type-arg]
    for arrival, ts, _ap, series, place, answered, uptime in zip(
        *(column.tolist() for column in answers), strict=True
    ):
        made.setdefault(series, []).append((place, bool(answered), arrival, ts, uptime))
    return made


def test_only_who_has_service_answers_and_says_since_when() -> None:
    run = world("s4")
    off = {run.city.ix_of[ap]: spans for ap, spans in run.effects.off.items()}
    rows: list[tuple[int, int, int]] = []
    inside: list[bool] = []
    for ap_ix, spans in off.items():
        for start_ns, end_ns in spans:
            if end_ns + 400 * NS_PER_S < run.end_ns:
                rows += [(start_ns + 5 * NS_PER_S, ap_ix, len(rows))]
                rows += [(end_ns + 300 * NS_PER_S, ap_ix, len(rows))]
    rows.sort()
    told = asked(run.probers, rows)
    for at_ns, ap_ix, series in rows:
        ((_, answered, _, ts_ns, uptime_s),) = told[series]
        away = any(start <= at_ns < end for start, end in off[ap_ix])
        inside.append(away)
        assert not (away and answered)
        if answered:
            back_ns = max((end for _, end in off[ap_ix] if end <= at_ns), default=0)
            assert uptime_s * NS_PER_S <= ts_ns - back_ns + 6 * NS_PER_S
    assert sum(inside) > 3
    answers = [
        told[series][0][1] for (_, _, series), away in zip(rows, inside, strict=True) if not away
    ]
    assert np.mean(answers) > 0.9


def test_probes_get_lost_like_packets() -> None:
    run = world("s1")
    rows = [(run.start_ns + k * 10 * NS_PER_S, k % AP_COUNT, k) for k in range(8_000)]
    told = asked(run.probers, rows)
    lost = np.mean([not answers[0][1] for answers in told.values()])
    expected = 1 - (1 - 0.01) ** 2 * (1 - OTHER_LOSS)
    assert abs(lost - expected) < 5 * np.sqrt(expected / len(rows))


def test_a_burst_swallows_probes_as_it_swallows_beats() -> None:
    """Given that the first probe found nothing, the next one often finds nothing either."""
    run = world("s2a")
    rows = [(run.start_ns + k * 10 * NS_PER_S, k % AP_COUNT, k) for k in range(8_000)]
    told = asked(run.probers, rows, count=3)
    after = [answers[1][1] for answers in told.values() if not answers[0][1] and len(answers) > 1]
    assert len(after) > 50
    assert np.mean(after) < 0.8  # 0.98 where losses are independent


def test_a_series_ends_with_its_first_answer_and_keeps_the_rhythm() -> None:
    run = world("s4")
    ap_ix, spans = next(
        (run.city.ix_of[ap], spans) for ap, spans in run.effects.off.items() if spans
    )
    start_ns = spans[0][0] + NS_PER_S
    told = asked(run.probers, [(start_ns, ap_ix, 1)], count=6)
    places = [place for place, *_ in told[1]]
    assert places == list(range(6))
    for place, answered, arrival_ns, ts_ns, _ in told[1]:
        assert not answered
        wait_ms = 30 + SCHEDULE_MS[place] + TIMEOUT_MS
        assert ts_ns == start_ns + wait_ms * NS_PER_MS
        assert arrival_ns == ts_ns + 30 * NS_PER_MS
    well = asked(run.probers, [(spans[0][1] + 900 * NS_PER_S, ap_ix, 2)], count=6)
    assert [answered for _, answered, *_ in well[2]][-1]
    assert sum(answered for _, answered, *_ in well[2]) == 1


def test_a_gateway_that_is_cut_off_cannot_be_asked() -> None:
    run = world("s6", days=30.0)
    gateway, spans = next((g, s) for g, s in run.effects.cut.items() if s)
    ap_ix = run.city.gateway_aps[run.city.gateway_ix_of[gateway]][0]
    assert asked(run.probers, [(spans[0][0] + NS_PER_S, ap_ix, 1)]) == {}


def test_answers_of_later_wait_for_their_time() -> None:
    run = world("s1")
    begun_ns = run.start_ns + 900 * NS_PER_S
    run.probers.due(begun_ns + 60 * NS_PER_MS)
    at_once = run.probers.ask(requests([(begun_ns, 0, 1)]))
    assert at_once.arrival_ns.size == 0
    assert run.probers.due(begun_ns + NS_PER_S).arrival_ns.size == 1
    assert run.probers.due(begun_ns + 2 * NS_PER_S).arrival_ns.size == 0
