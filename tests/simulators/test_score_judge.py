"""Judging: alarms find their cases as a naive matcher does, records say what was said."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.detectors import Claim, Decisions, Ledger, View, decisions_of, joined
from simulators.score_judge import NO_CASE, Blame, alarms_of, cases_at, recorded
from simulators.score_spans import lengths_ms
from simulators.score_truth import Facts, Scope, facts_of
from tests.simulators.beat_world import Out, Plan, city_of, ns, truth_of
from vocabulary.units import NS_PER_S

PLAN = Plan(
    gateways=2, aps_per_gateway=4, outs=(Out("ap", 1, 100, 700), Out("gateway", 1, 50, 400))
)
UP, DOWN, UNSEEN = (int(view) for view in View)


def facts() -> Facts:
    city = city_of(PLAN)
    return facts_of(city, truth_of(PLAN, city, 1_000))


def said(*rows: tuple[float, int, int, int]) -> Decisions:
    """(second, stream, view, incident); a view holds since ten seconds before it is told."""
    return joined(
        [decisions_of((ns(at), ix, view, ns(at - 10), number) for at, ix, view, number in rows)]
    )


Row = tuple[int, int, int, int, bool]
"""(stream, start, end, case, whether it is the stream's own)"""


def naive_case(rows: list[Row], stream_ix: int, at_ms: int) -> int:
    holding = [row for row in rows if row[0] == stream_ix and row[1] <= at_ms < row[2]]
    return max(holding, key=lambda row: (row[4], row[1], row))[3] if holding else NO_CASE


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(1, 20), st.booleans()),
        max_size=10,
    ),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 55)), max_size=10),
)
def test_an_alarm_belongs_to_its_own_outage_or_else_to_the_case_that_began_last(
    stretches: list[tuple[int, int, int, bool]], alarms: list[tuple[int, int]]
) -> None:
    rows = sorted((ix, lo, lo + n, case, own) for case, (ix, lo, n, own) in enumerate(stretches))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    asked = np.array(alarms, dtype=np.int64).reshape(-1, 2).T
    stream, start, end, case, own = columns
    scope = Scope(stream, start, end, case, own.astype(np.bool_))
    found = cases_at(scope, asked[0], asked[1]).tolist()
    assert found == [naive_case(rows, *alarm) for alarm in alarms]


def test_alarms_come_in_order_of_time_with_their_ends_and_cases() -> None:
    rows = said((130, 1, DOWN, -1), (710, 1, UP, -1), (500, 0, DOWN, -1), (66, 9, DOWN, -1))
    alarms = alarms_of(facts(), rows, [])
    assert alarms.stream_ix.tolist() == [9, 1, 0]
    assert alarms.at_ms.tolist() == [66_000, 130_000, 500_000]
    assert alarms.until_ms.tolist() == [1_000_000, 710_000, 1_000_000]
    assert alarms.case_ix.tolist() == [0, 1, NO_CASE]
    assert len(set(alarms.incident.tolist())) == 3


def test_down_said_twice_is_one_alarm() -> None:
    rows = said((130, 1, DOWN, -1), (140, 1, DOWN, -1), (150, 1, UP, -1))
    alarms = alarms_of(facts(), rows, [])
    assert alarms.at_ms.tolist() == [130_000]
    assert alarms.until_ms.tolist() == [150_000]


def test_unseen_ends_an_alarm() -> None:
    alarms = alarms_of(facts(), said((130, 1, DOWN, -1), (140, 1, UNSEEN, -1)), [])
    assert alarms.until_ms.tolist() == [140_000]


def test_incidents_keep_their_numbers_and_follow_merges() -> None:
    claims = [
        Claim(4, ns(130), "ap", frozenset({"a1"})),
        Claim(4, ns(160), "ap", frozenset(), into=7),
    ]
    rows = said((130, 1, DOWN, 4), (140, 5, DOWN, 7), (150, 0, DOWN, -1))
    alarms = alarms_of(facts(), rows, claims)
    assert alarms.incident[0] == alarms.incident[1] == 7
    assert alarms.incident[2] not in (4, 7)
    blame = Blame([*claims, Claim(7, ns(135), "feeder", frozenset({"f1"}))])
    before, after = blame.at(4, ns(150)), blame.at(4, ns(170))
    assert (before.level if before else "", after.level if after else "") == ("ap", "feeder")
    assert blame.at(4, ns(100)) is None


def test_at_one_time_a_gateway_speaks_first() -> None:
    alarms = alarms_of(facts(), said((130, 5, DOWN, -1), (130, 9, DOWN, -1)), [])
    assert alarms.stream_ix.tolist() == [9, 5]


def test_a_record_is_what_was_said_from_start_to_start() -> None:
    down, unseen = recorded(facts(), said((130, 1, DOWN, -1), (710, 1, UP, -1)), None)
    assert (down.start_ms.tolist(), down.end_ms.tolist()) == ([120_000], [700_000])
    assert unseen.stream_ix.size == 0
    (lasting, _) = recorded(facts(), said((130, 1, DOWN, -1)), None)
    assert lasting.end_ms.tolist() == [1_000_000]


def test_a_ledger_outranks_what_was_said() -> None:
    ledger = Ledger({1: [(ns(100), ns(700))], 2: [(ns(900), 2**62)]}, {3: [(ns(0), ns(50))]})
    down, unseen = recorded(facts(), said((130, 1, DOWN, -1)), ledger)
    assert lengths_ms(down, 10).tolist()[:4] == [0, 600_000, 100_000, 0]
    assert lengths_ms(unseen, 10)[3] == 50 * NS_PER_S // 1_000_000
