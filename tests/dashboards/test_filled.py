"""Range, step and variables are filled in as Grafana does it, whatever the names hold."""

import pytest

from dashboards.boards_places import SITE
from dashboards.filled import Span, choices, filled, has_all, questions, step_ms
from dashboards.provisioning import board_json
from vocabulary.measurements import Store

DAY_MS = 86_400_000
MONTH = Span(1_000_000_000_000, 1_000_000_000_000 + 30 * DAY_MS)


@pytest.mark.parametrize(
    ("days", "points", "least", "expected"),
    [
        (1, 400, None, 300_000),
        (7, 400, None, 1_800_000),
        (30, 400, None, 7_200_000),
        (0.01, 400, None, 60_000),
        (0.25, 400, "10m", 600_000),
        (3_650, 400, None, 86_400_000),
    ],
)
def test_a_step_is_a_usual_one(days: float, points: int, least: str | None, expected: int) -> None:
    assert step_ms(Span(0, round(days * DAY_MS)), points, least) == expected


def test_odd_names_cannot_leave_their_place() -> None:
    query = 'SELECT "x" FROM "y" WHERE "site" =~ /^${site:regex}$/ AND "incident" = \'${incident}\''
    made = filled(query, MONTH, {"site": ["a.b", "c/d"], "incident": "o'x"}, 1)
    assert "/^(a\\.b|c\\/d)$/" in made
    assert "'o\\'x'" in made
    arabic = filled("/^${site:regex}$/", MONTH, {"site": "مكتبة"}, 1)
    assert arabic == "/^مكتبة$/"
    assert filled("/^${site:regex}$/", MONTH, {"site": ".*"}, 1) == "/^.*$/"


def test_now_is_the_end_of_the_range() -> None:
    made = filled("time > now() - 35d AND $timeFilter GROUP BY time($__interval)", MONTH, {}, 60)
    assert made == (
        f"time > {MONTH.end_ms}ms - 35d AND time >= {MONTH.start_ms}ms and time <= "
        f"{MONTH.end_ms}ms GROUP BY time(60ms)"
    )


def test_every_query_of_a_board_is_asked_where_it_is_answered() -> None:
    board = board_json(SITE)
    made = list(questions(board, MONTH, {"site": ".*"}))
    assert len(made) == SITE.queries - 1
    assert {one.store for one in made} == {Store.RAW, Store.HOURS, Store.USAGE}
    assert not any("$" in one.influxql.replace("$/", "") for one in made)
    assert choices(board) == {
        "site": (Store.HOURS, 'SHOW TAG VALUES FROM "service_hour" WITH KEY = "site"')
    }
    assert has_all(board, "site")
    assert not has_all(board, "ap")
