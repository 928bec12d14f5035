"""Budgets of probes hold in a storm, and what was not needed is given back."""

from collections import Counter

from processing import probing_kernel as kernel
from processing.records import K_ASKED, K_UNASKED
from tests.processing.asked_street import Spans, run, town_of
from tests.processing.street import START_NS
from vocabulary.probing import SCHEDULE_MS, STAGES
from vocabulary.units import NS_PER_S

CITY = town_of(gateways=4, aps=40)


def test_a_storm_stays_within_every_budget() -> None:
    """Everybody loses every second beat and answers no probe, for half an hour."""
    aps = CITY.node_ids[: CITY.ap_count]
    storm: Spans = {ap: [(100.0 + 20 * n, 110.0 + 20 * n) for n in range(90)] for ap in aps}
    _, state, witness = run(CITY, 1_900.0, lost=storm, deaf=storm)
    assert state.known[K_UNASKED] > 0
    seconds = 1_900.0
    per_ap, per_gateway, in_all = Counter[int](), Counter[int](), 0
    for _at, ap_ix, _series, _first, count, _wait in witness.requests:
        per_ap[ap_ix] += count
        per_gateway[int(CITY.node_gateway_ix[ap_ix])] += count
        in_all += count
    refunds = in_all - state.known[K_ASKED]
    assert refunds >= 0
    for ap_ix, count in per_ap.items():
        used = count - STAGES[0]  # a stage that was cut short is given back
        allowed = kernel.AP_PROBES + seconds / 40 + 90 * STAGES[0]
        assert used <= allowed, ap_ix
    for count in per_gateway.values():
        assert count <= kernel.GATEWAY_PROBES + 10 * seconds
    assert state.known[K_ASKED] <= CITY.ap_count * (kernel.AP_PROBES + seconds / 40)


def test_an_answer_ends_the_series_and_pays_back() -> None:
    _, state, witness = run(CITY, 400.0, lost={"g0-a3": [(300.0, 309.0)]})
    ((_at, ap_ix, series, first, count, wait_ms),) = witness.requests
    assert (CITY.node_ids[ap_ix], series, first, count, wait_ms) == ("g0-a3", 1, 0, STAGES[0], 0)
    assert state.known[K_ASKED] == 1


def test_stages_follow_one_another_on_the_schedule() -> None:
    away: Spans = {"g0-a3": [(300.0, 400.0)]}
    _, _, witness = run(CITY, 420.0, off=away)
    own = [row for row in witness.requests if CITY.node_ids[row[1]] == "g0-a3"]
    assert own[0][3:5] == (0, STAGES[0])
    began_ns = own[0][0]
    for at, _ap, _series, first, count, wait_ms in own[1:]:
        if count == 1:
            continue  # its uptime, when it was back
        assert first in STAGES
        due_ms = (at - began_ns) // 10**6 + wait_ms
        assert abs(due_ms - SCHEDULE_MS[first]) <= 1


def test_requests_come_out_where_nobody_answers_at_once() -> None:
    """As in a real host: the step hands them out, and goes on without an answer."""
    told, state, _ = run(CITY, 320.0, lost={"g0-a3": [(300.0, 309.0)]}, asks=False)
    (request,) = [row for outcome in told.outcomes for row in outcome.requests.tolist()]
    assert CITY.node_ids[request[1]] == "g0-a3"
    assert request[0] >= START_NS + 300 * NS_PER_S
    assert state.known[K_ASKED] == STAGES[0]  # no word of them came, but they were made
