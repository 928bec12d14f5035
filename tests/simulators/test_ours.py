"""Our detector behind the common words: decisions, claims, ledger, usage."""

from processing.columns import NO_CUES, readings_of
from processing.settings import Settings
from simulators.detectors import Decisions, View, heard
from simulators.ours import Ours
from tests.simulators.beat_world import Out, Plan, beats_of, ns, watched_of
from tests.simulators.detector_cases import every, reading, said_of, watched
from vocabulary.metrics import code_of

PLAN = Plan(gateways=2, aps_per_gateway=6, outs=(Out("feeder", 1, 400, 900),))
QUIET = Settings(pause_ms=0)


def run_plan() -> tuple[Ours, Decisions]:
    detector = Ours(watched_of(PLAN), QUIET)
    readings = beats_of(PLAN, 1, 1_500)
    said = detector.feed(heard(detector.watched, readings, NO_CUES, ns(1_500)))
    return detector, said


def test_suspicion_is_not_told() -> None:
    detector = Ours(watched(), QUIET)
    rows = [reading(s) for s in (*every(10.0, 100.0), 125.0)]
    rows += [reading(s, 1) for s in every(5.0, 131.0)]
    rows.sort(key=lambda row: row.arrival_ns)
    said = detector.feed(heard(watched(), readings_of(rows), NO_CUES, ns(131.0)))
    assert [row[0] for row in said_of(said)] == ["up", "up"]  # first seen; back from a suspicion
    later = detector.feed(heard(watched(), readings_of([]), NO_CUES, ns(190.0)))
    assert not (said_of(later) and said_of(later)[0][0] == "down")  # its gateway is gone too


def test_a_feeder_is_one_incident_and_is_blamed_in_the_end() -> None:
    detector, said = run_plan()
    down = said.view == View.DOWN
    assert sorted(said.stream_ix[down].tolist()) == [2, 3, 4, 5, 6]
    final = [claim for claim in detector.claims() if claim.nodes == {"f1"}]
    assert {claim.level for claim in final} == {"feeder"}
    assert final[0].at_ns >= ns(400)


def test_the_ledger_has_times_of_the_event() -> None:
    detector, _ = run_plan()
    ledger = detector.ledger()
    assert sorted(ledger.down) == [2, 3, 4, 5, 6]
    for ((start_ns, end_ns),) in ledger.down.values():
        assert abs(start_ns - ns(400)) <= 10 * 10**9
        assert abs(end_ns - ns(900)) <= 10 * 10**9


def test_usage_is_the_processors_totals() -> None:
    detector = Ours(watched(), QUIET)
    rows = []
    for s in every(10.0, 101.0):
        rows.append(reading(s))
        clients = reading(s)._replace(metric=code_of("wifi/clients"), value=3.0, exact=3)
        rows.append(clients)
    detector.feed(heard(watched(), readings_of(rows), NO_CUES, ns(110.0)))
    assert detector.usage().device_ms.tolist() == [3 * 100_000]


def test_after_a_restart_nobody_is_down_for_our_own_pause() -> None:
    first, second = Ours(watched(), QUIET), Ours(watched(), QUIET)
    rows = [reading(s) for s in every(10.0, 100.0)] + [reading(s, 1) for s in every(5.0, 100.0)]
    rows.sort(key=lambda row: row.arrival_ns)
    first.feed(heard(watched(), readings_of(rows), NO_CUES, ns(101.0)))
    second.restore(first.to_bytes(), ns(900.0))
    second.resume(ns(900.0))
    said = second.feed(heard(watched(), readings_of([]), NO_CUES, ns(900.5)))
    assert not (said.view == View.DOWN).any()
