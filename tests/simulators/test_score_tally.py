"""A tally of a run set up by hand: every sum is known."""

import msgspec
import numpy as np
import pytest

from simulators.detectors import Claim, Decisions, Ledger, UsageTotals, View, decisions_of, joined
from simulators.score_tally import Account, Found, Tally, tally_of
from simulators.score_truth import facts_of
from simulators.truth import TrueUsage, TruthLedger
from tests.simulators.beat_world import Out, Plan, city_of, ns, truth_of

PLAN = Plan(
    gateways=2,
    aps_per_gateway=4,
    gateways_per_backhaul=1,
    feeder_size=4,
    outs=(
        Out("ap", 1, 1_000, 1_600),
        Out("gateway", 1, 3_000, 3_900),
        Out("feeder", 1, 6_000, 6_500),
        Out("backhaul", 0, 8_000, 8_900),
    ),
)
UP, DOWN, UNSEEN = (int(view) for view in View)
CITY = city_of(PLAN)


def truth() -> TruthLedger:
    return truth_of(PLAN, CITY, 10_000)


def tally(
    rows: list[tuple[float, int, int, int]],
    claims: list[Claim] | None = None,
    *,
    names_causes: bool = True,
    ledger: Ledger | None = None,
    usage: UsageTotals | None = None,
    known: TruthLedger | None = None,
) -> Tally:
    true = truth() if known is None else known
    decisions: Decisions = joined(
        [decisions_of((ns(at), ix, view, ns(at), number) for at, ix, view, number in rows)]
    )
    account = Account(decisions, claims or [], ledger, usage, names_causes, 500, 10)
    return tally_of(("d", "s"), facts_of(CITY, true), true, account)


def by_level(made: Tally) -> dict[str, Found]:
    return {row.level: row for row in made.found}


def test_silence_finds_nothing() -> None:
    made = tally([])
    assert [row.delay_ms for row in made.found] == [None] * 4
    assert (made.false_ap_alarms, made.true_incidents_told) == (0, 0)
    assert made.ap_ms == 8 * 10_000_000
    assert made.true_down_ms == made.availability_error_ms == 600_000 + 4 * 500_000


def test_delays_alarms_and_children() -> None:
    rows = [(1_030.0, 1, DOWN, -1), (1_600.0, 1, UP, -1)]
    rows += [(3_015.0, 9, DOWN, -1), (3_900.0, 9, UP, -1)]
    for ap in range(4, 8):
        rows += [(3_030.0, ap, DOWN, -1), (3_901.0, ap, UP, -1)]
    rows += [(5_000.0, 0, DOWN, -1), (5_020.0, 0, UP, -1)]  # about nothing
    made = tally(rows)
    found = by_level(made)
    assert (found["ap"].delay_ms, found["ap"].alarms) == (30_000, 1)
    assert (found["gateway"].delay_ms, found["gateway"].alarms) == (15_000, 5)
    assert made.child_false_down == 4
    assert (made.false_ap_alarms, made.false_ap_ms) == (1, 20_000)
    assert (made.true_incidents_told, made.false_incidents_told) == (6, 1)
    assert (found["ap"].down_ms, found["ap"].recorded_ms) == (600_000, 570_000)
    assert found["gateway"].down_ms is None


@pytest.mark.parametrize(
    ("claim", "at_once", "later"),
    [
        ([], False, False),
        ([Claim(3, ns(6_020), "feeder", frozenset({"f1"}))], True, True),
        ([Claim(3, ns(6_020), "feeder", frozenset({"f2"}))], False, False),
        (
            [
                Claim(3, ns(6_020), "ap", frozenset({"a2"})),
                Claim(3, ns(6_040), "feeder", frozenset({"f1"})),
            ],
            False,
            True,
        ),
    ],
)
def test_the_cause_of_a_feeder(claim: list[Claim], at_once: bool, later: bool) -> None:
    made = tally([(6_020.0, ap, DOWN, 3) for ap in (2, 3, 4, 5)], claim)
    feeder = by_level(made)["feeder"]
    assert feeder.alarms == 1
    assert (feeder.right, feeder.right_later) == (at_once, later)


@pytest.mark.parametrize(
    ("level", "node", "right"),
    [
        ("backhaul", "g0", True),
        ("backhaul", "g1", False),
        ("gateway", "g0", False),
        ("gateway_or_backhaul", "g0", False),
    ],
)
def test_a_backhaul_may_be_named_by_a_gateway_behind_it(level: str, node: str, right: bool) -> None:
    claims = [Claim(0, ns(8_015), level, frozenset({node}))]
    made = tally([(8_015.0, 8, DOWN, 0)], claims)
    assert by_level(made)["backhaul"].right is right


def test_without_a_claim_the_node_itself_is_blamed() -> None:
    assert by_level(tally([(3_015.0, 9, DOWN, -1)]))["gateway"].right is True
    assert by_level(tally([(3_015.0, 5, DOWN, -1)]))["gateway"].right is False
    blind = tally([(3_015.0, 9, DOWN, -1)], names_causes=False)
    assert by_level(blind)["gateway"].right is None


def test_a_ledger_is_what_downtime_is_measured_by() -> None:
    ledger = Ledger({1: [(ns(995), ns(1_605))]}, {4: [(ns(3_000), ns(3_900))]})
    made = tally([(1_030.0, 1, DOWN, -1)], ledger=ledger)
    assert by_level(made)["ap"].recorded_ms == 610_000
    assert made.recorded_down_ms == 610_000
    assert made.availability_error_ms == 10_000 + 4 * 500_000
    assert made.unseen_ms == 900_000


def test_a_node_that_is_called_down_already_needs_no_new_alarm() -> None:
    rows = [(900.0, 1, DOWN, -1), (1_700.0, 1, UP, -1)]
    row = by_level(tally(rows))["ap"]
    assert (row.delay_ms, row.told) == (None, True)
    assert not by_level(tally([(900.0, 1, DOWN, -1), (950.0, 1, UP, -1)]))["ap"].told


def test_usage_is_compared_in_total() -> None:
    known = msgspec.structs.replace(
        truth(), usage={"a0": TrueUsage(1_000, 50, 50), "a1": TrueUsage(2_000, 0, 100)}
    )
    ones = np.ones(8, dtype=np.int64)
    made = tally([], usage=UsageTotals(900 * ones, 50 * ones, 50 * ones), known=known)
    assert (made.has_usage, made.true_device_ms, made.device_error_ms) == (True, 3_000, -1_200)
    assert (made.true_bytes, made.error_bytes) == (200, 0)


def test_tallies_add_up() -> None:
    one, two = tally([(1_030.0, 1, DOWN, -1)]), tally([(5_000.0, 0, DOWN, -1)])
    both = msgspec.structs.replace(one)
    both.add(two)
    assert both.runs == 2
    assert len(both.found) == 8
    assert both.false_ap_alarms == one.false_ap_alarms + two.false_ap_alarms == 1
    assert both.cost_ns == 1_000
