"""A board keeps its limits, and a link carries time and selection."""

import pytest

from dashboards.board import ALL, QUERIES_MAX, Board, Choice, address, as_dashboard
from dashboards.influxql import Pick, ask
from dashboards.panels import stat
from dashboards.provisioning import board_json

ONE = ask("wifi_usage", Pick("clients"))


def board(queries: int, *choices: Choice) -> Board:
    panels = [stat(f"p{ix}", ONE, unit="none", what="x.") for ix in range(queries)]
    return Board("lamplighter-x", "X", "What.", [(4, panels)], choices)


def test_a_link_carries_time_and_selection() -> None:
    assert address("lamplighter-site", site="${__data.fields.site}") == (
        "/d/lamplighter-site?${__url_time_range}&var-site=${__data.fields.site}"
    )


def test_variables_are_counted_among_the_queries() -> None:
    choice = Choice("ap", "Access point", "service_hour")
    assert board(3, choice, Choice("incident", "Incident", free=True)).queries == 4
    with pytest.raises(AssertionError, match="13 queries"):
        as_dashboard(board(QUERIES_MAX, choice))


def test_a_variable_is_one_tag_of_the_schema() -> None:
    made = board_json(board(1, Choice("ap", "Access point", "service_hour")))
    (variable,) = made["templating"]["list"]
    assert variable["query"] == 'SHOW TAG VALUES FROM "service_hour" WITH KEY = "ap"'
    assert variable["allValue"] == ALL
    assert variable["datasource"]["uid"] == "lamplighter-hours"
    with pytest.raises(AssertionError):
        as_dashboard(board(1, Choice("stage", "Stage", "service_hour")))
