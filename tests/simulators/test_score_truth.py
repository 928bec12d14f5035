"""The truth laid out: what counts, what is excused, what belongs to whom."""

from simulators.score_spans import inside, length_ms
from simulators.score_truth import SLACK_MS, Facts, facts_of
from simulators.truth import TrueInterval, TrueLevel, TruePath, TrueState, TruthLedger
from tests.simulators.beat_world import START_NS, Out, Plan, city_of, ns, truth_of

PLAN = Plan(gateways=2, aps_per_gateway=4, gateways_per_backhaul=1, feeder_size=4)


def laid_out(*outs: Out, duration_s: int = 10_000) -> Facts:
    plan = PLAN._replace(outs=outs)
    city = city_of(plan)
    return facts_of(city, truth_of(plan, city, duration_s))


def test_an_access_points_own_outage() -> None:
    facts = laid_out(Out("ap", 2, 100, 700))
    (case,) = facts.cases
    assert (case.level, case.node, case.stream_ix) == ("ap", "a2", 2)
    assert (case.start_ms, case.end_ms, case.counts) == (100_000, 700_000, True)
    assert facts.scope.end_ms.tolist() == [700_000 + SLACK_MS]
    assert facts.countable_ms(facts.down).tolist() == [0, 0, 600_000, 0, 0, 0, 0, 0]
    assert facts.healthy_ms()[2] == 10_000_000 - 600_000 - SLACK_MS


def test_a_blip_need_not_be_found_and_may_be() -> None:
    facts = laid_out(Out("ap", 2, 100, 150))
    assert not facts.cases[0].counts
    assert inside(facts.excused, facts.scope.stream_ix, facts.scope.start_ms).all()


def test_a_gateway_takes_its_access_points_out_of_sight() -> None:
    facts = laid_out(Out("gateway", 1, 100, 700))
    assert facts.scope.stream_ix.tolist() == [4, 5, 6, 7, 9]
    assert length_ms(facts.unseen) == 4 * 600_000
    assert facts.countable_ms(facts.down).sum() == 0


def test_an_outage_out_of_sight_need_not_be_found() -> None:
    gateway = Out("gateway", 1, 100, 900)
    hidden, half = (
        laid_out(gateway, Out("ap", 5, 200, 800)),
        laid_out(gateway, Out("ap", 5, 50, 800)),
    )
    assert [case.counts for case in hidden.cases if case.level == "ap"] == [False]
    assert [case.counts for case in half.cases if case.level == "ap"] == [False]  # 50 s in sight
    late = laid_out(gateway, Out("ap", 5, 200, 990))
    (case,) = (case for case in late.cases if case.level == "ap")
    assert case.counts
    assert not case.onset_seen


def test_a_feeder_counts_if_any_of_its_members_can_be_seen() -> None:
    (case,) = laid_out(Out("feeder", 1, 100, 700)).cases
    assert (case.level, case.stream_ix, case.counts, case.onset_seen) == ("feeder", -1, True, True)


def test_a_backhaul_is_seen_by_what_it_hides() -> None:
    facts = laid_out(Out("backhaul", 1, 100, 700))
    (case,) = facts.cases
    assert (case.counts, case.onset_seen) == (True, True)
    assert facts.scope.stream_ix.tolist() == [4, 5, 6, 7, 9]


def ledger(*rows: TrueInterval, never: tuple[str, ...] = ()) -> TruthLedger:
    paths = {f"a{ix}": TruePath(f"g{ix // 4}") for ix in range(8)}
    return TruthLedger(START_NS, ns(10_000), paths, rows, {}, never)


def interval(node: str, level: str, state: str, start: float, end: float) -> TrueInterval:
    return TrueInterval(node, TrueLevel(level), TrueState(state), "test", node, ns(start), ns(end))


def test_maintenance_and_what_never_reported_are_left_out() -> None:
    rows = [interval("a1", "ap", "maintenance", 0, 900), interval("a1", "ap", "down", 100, 800)]
    facts = facts_of(city_of(PLAN), ledger(*rows, never=("a3",)))
    assert [case.counts for case in facts.cases] == [False]
    assert facts.countable_ms(facts.down).sum() == 0
    assert facts.healthy_ms()[3] == 0


def test_a_broker_is_nobodys_outage_and_excuses_nothing_of_its_own() -> None:
    row = interval("broker", "broker", "down", 100, 700)
    facts = facts_of(city_of(PLAN), ledger(row))
    assert [(case.platform, case.counts) for case in facts.cases] == [(True, False)]
    assert length_ms(facts.excused) == 0


def test_stalls_and_degradation_excuse_nothing() -> None:
    rows = [interval("a1", "ap", state, 100, 700) for state in ("stall", "degraded")]
    facts = facts_of(city_of(PLAN), ledger(*rows))
    assert facts.cases == []
    assert length_ms(facts.excused) == 0
