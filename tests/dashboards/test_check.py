"""Every query of every board and rule, on a real database; and faults that the check must find."""

from collections.abc import Iterator

import pytest

from dashboards.asking import Asking
from dashboards.board import Board
from dashboards.check import (
    Check,
    Load,
    Outcome,
    Selection,
    Story,
    Verdict,
    rule_queries,
    story_of,
    table,
    verdict,
)
from dashboards.filled import Span
from dashboards.influxql import Pick, ask
from dashboards.panels import stat
from dashboards.provisioning import BOARDS, board_json
from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from simulators.truth import TrueLevel
from tests.dashboards.conftest import SmallCity
from vocabulary.alert_rules import RULES
from vocabulary.line_protocol import render
from vocabulary.measurements import database_of


@pytest.fixture
def asking(city: SmallCity) -> Iterator[Asking]:
    with Asking(city.url) as made:
        yield made


def span_of(city: SmallCity) -> Span:
    return Span(city.story.start_ms, city.story.end_ms)


def test_every_query_has_its_answer(city: SmallCity, asking: Asking) -> None:
    outcome = Check(asking, city.database, city.story).run([span_of(city)])
    refused = [row for row in outcome.findings if row.verdict is not Verdict.SLOW]
    assert not refused, table(refused)
    boards = {row.board for row in outcome.rows}
    assert boards == {board.uid for board in BOARDS} | {"alert rules"}
    assert outcome.load_s_p95(3) > 0


def test_an_empty_city_is_asked_without_a_fault(city: SmallCity, asking: Asking) -> None:
    for store in ("", "_usage", "_hours"):
        asking.ask("", f'CREATE DATABASE "nobody{store}"')
    outcome = Check(asking, "nobody", None).run([span_of(city)])
    assert {row.verdict for row in outcome.rows} == {Verdict.EMPTY}


def broken(query: str) -> dict[str, object]:
    made = ask("wifi_usage", Pick("clients"))._replace(text=query)
    panel = stat("Broken", made, unit="none", what="x.")
    return board_json(Board("lamplighter-x", "X", "x.", [(4, [panel])]))


@pytest.mark.parametrize(
    ("query", "empty", "expected"),
    [
        ("SELECT FROM nothing", (), Verdict.REFUSED),
        ('SELECT last("clients") FROM "wifi_usge" WHERE $timeFilter', (), Verdict.MISSING),
        ('SELECT last("clints") FROM "wifi_usage" WHERE $timeFilter', (), Verdict.MISSING),
        ('SELECT last("clients") FROM "wifi_usage" WHERE $timeFilter', ("*",), Verdict.UNEXPECTED),
        ('SELECT last("clients") FROM "wifi_usage" WHERE $timeFilter', (), Verdict.DATA),
    ],
)
def test_planted_faults_are_found(
    city: SmallCity, asking: Asking, query: str, empty: tuple[str, ...], expected: Verdict
) -> None:
    check = Check(asking, city.database, city.story)
    selection = Selection("x", {}, empty)
    ((row,), _load) = check.board(broken(query), selection, span_of(city), judged=True)
    assert row.verdict is expected


def test_a_slow_query_is_a_finding() -> None:
    assert verdict("", 1_500.0, has_data=True, expected=True) is Verdict.SLOW
    assert verdict("", 5.0, has_data=False, expected=None) is Verdict.EMPTY


def test_every_rule_is_asked() -> None:
    assert {rule for rule, _ref, _store, _query in rule_queries()} == {r.rule_id for r in RULES}


def test_figures_of_loads() -> None:
    loads = tuple(Load("b", days, took) for days, took in ((7, 0.1), (7, 0.3), (30, 0.6)))
    made = Outcome((), loads)
    assert made.growth(7, 30) == pytest.approx(1.5)
    assert made.load_s_p95(30) == pytest.approx(0.6)
    assert 0.28 < made.load_s_p95(7) <= 0.3
    assert made.load_s_p95(7, best=True) == pytest.approx(0.1)
    assert made.growth(7, 30, best=True) == pytest.approx(6.0)


def test_a_story_is_read_back() -> None:
    made = story_of(b'{"start_ms":1,"end_ms":2,"boards":{"b":[{"name":"n"}]},"more":3}')
    assert made == Story(1, 2, {"b": (Selection("n"),)})


# What the boards say is what is true


def panel_numbers(
    city: SmallCity, asking: Asking, uid: str, title: str, values: dict[str, str]
) -> dict[str, float]:
    """The numbers that a panel shows for the whole story."""
    from dashboards.filled import questions  # noqa: PLC0415

    (board,) = [one for one in BOARDS if one.uid == uid]
    made: dict[str, float] = {}
    for question in questions(board_json(board), span_of(city), values):
        if question.panel == title:
            answer = asking.ask(database_of(city.database, question.store), question.influxql)
            for series in answer.series:
                row = dict(zip(series.columns, series.values[-1], strict=True))
                made |= {k: v for k, v in row.items() if isinstance(v, int | float)}
    return made


@pytest.mark.parametrize("level", [TrueLevel.AP, TrueLevel.FEEDER, TrueLevel.BACKHAUL])
def test_a_planted_incident_costs_what_it_cost(
    city: SmallCity, asking: Asking, level: TrueLevel
) -> None:
    planted = city.truth.planted(level)
    row = planted.incident
    shown = panel_numbers(
        city,
        asking,
        "lamplighter-incident",
        "What we think now",
        {"incident": row.incident, "node": row.node},
    )
    assert shown["affected"] == len(planted.truth.affected)
    assert shown["start_ms"] == planted.truth.start_ns // 1_000_000
    assert shown["lost_device_h"] == pytest.approx(planted.lost_device_ms / 3.6e6)
    assert shown["end_ms"] == (row.end_ms or 0)


def test_downtime_and_observed_share_are_those_of_the_truth(
    city: SmallCity, asking: Asking
) -> None:
    truth, aps = city.truth, city.truth.town.inventory.access_point
    down_ns = sum(end - start for ap in aps for start, end in truth.down(ap.ap_id))
    blind_ns = sum(end - start for ap in aps for start, end in truth.unobserved(ap.ap_id))
    work_ns = sum(end - start for ap in aps for start, end in truth.truth.maintenance(ap.ap_id))
    all_ns = len(aps) * (truth.end_ms - truth.start_ms) * 1_000_000 - work_ns
    uid, values = "lamplighter-service-levels", {"area": ".*"}
    shown = panel_numbers(city, asking, uid, "Outages, and what they cost", values)
    assert shown["hours down, all access points"] == pytest.approx(down_ns / 3.6e12, rel=1e-9)
    title = "Availability, as an interval, and how much was observed"
    shares = panel_numbers(city, asking, uid, title, values)
    assert shares["observed share"] == pytest.approx(100 * (1 - blind_ns / all_ns), rel=1e-9)
    assert shares["if the unknown was up"] == pytest.approx(100 * (1 - down_ns / all_ns), rel=1e-9)
    assert shares["if the unknown was down"] == pytest.approx(
        100 * (1 - (down_ns + blind_ns) / all_ns), rel=1e-9
    )


# Odd times


def test_a_late_revision_is_the_same_row_with_other_words(city: SmallCity, asking: Asking) -> None:
    """Late data write over the incident's point: no second row, and the new number shows."""
    database, node = "late", "ap-late"
    asking.ask("", f'CREATE DATABASE "{database}"')
    tags = {"level": "ap", "ap": node, "site": "s", "area": "a", "gateway": "g"}
    start_ms = city.story.start_ms + 1
    sink = InfluxSink(InfluxSettings(city.url, database=database))
    for version, affected in ((1, 1), (2, 3)):
        fields: dict[str, str | int] = {"incident": f"{node}@{start_ms}", "version": version}
        fields |= {"affected": affected, "is_open": 0}
        sink.write([render("incident", tags, fields, start_ms)])
    sink.close()
    late = city._replace(database=database)
    values = {"incident": f"{node}@{start_ms}", "node": node}
    title = "What we think now"
    shown = panel_numbers(late, asking, "lamplighter-incident", title, values)
    assert (shown["affected"], shown["version"]) == (3, 2)
    answer = asking.ask(database, "SELECT affected FROM incident")
    assert answer.points == 1


@pytest.mark.parametrize(
    "span",
    [
        Span(1_483_228_799_000, 1_483_228_801_000),  # around the leap second of 2016
        Span(1_793_512_800_000, 1_793_520_000_000),  # the hour that comes twice in Chicago
        Span(0, 1),
    ],
)
def test_odd_ranges_are_asked_without_a_fault(city: SmallCity, asking: Asking, span: Span) -> None:
    outcome = Check(asking, city.database, None).run([span])
    assert not [row for row in outcome.rows if row.verdict is Verdict.REFUSED]
