"""A query cannot be made that names what the schema has not."""

import pytest

from dashboards.influxql import (
    STEP,
    Pick,
    QueryUnfit,
    ask,
    chosen,
    is_,
    literal,
    share,
    total,
)
from vocabulary.measurements import Store


@pytest.mark.parametrize(
    ("measurement", "pick", "said"),
    [
        ("nowhere", Pick("x"), "no such measurement"),
        ("wifi_usage", Pick("speed"), "no field `speed`"),
        ("wifi_usage", Pick("clients", "mode"), "no function `mode`"),
        ("node_state", Pick("state", "sum"), "is string, no number"),
        ("detector", Pick("ready", "mean"), "is boolean, no number"),
        ("node_state", Pick("state", by=2), "is string, no number"),
    ],
)
def test_what_is_not_there_is_refused(measurement: str, pick: Pick, said: str) -> None:
    with pytest.raises(QueryUnfit, match=said):
        ask(measurement, pick)


def test_a_stranger_among_tags_and_conditions_is_refused() -> None:
    with pytest.raises(QueryUnfit, match="no tag `stage`"):
        ask("wifi_usage", Pick("clients"), by=["stage"])
    with pytest.raises(QueryUnfit, match="neither tag nor field `fifth`"):
        ask("wifi_usage", Pick("clients"), where=[chosen("fifth")])
    with pytest.raises(QueryUnfit, match="neither tag nor field `x`"):
        is_("wifi_usage", "x", 1)


def test_a_query_is_written_as_influxql() -> None:
    made = ask(
        "usage_hour",
        Pick("device_ms", "sum", 3_600_000, "devices"),
        where=[chosen("site")],
        by=["ap"],
        step=STEP,
        fill="none",
    )
    assert made.text == (
        'SELECT sum("device_ms") / 3600000 AS "devices" FROM "usage_hour" '
        'WHERE "site" =~ /^${site:regex}$/ AND $timeFilter '
        'GROUP BY time($__interval), "ap" fill(none)'
    )
    assert (made.store, made.columns, made.tags) == (Store.USAGE, ("devices",), ("ap",))


def test_raw_columns_and_latest() -> None:
    made = ask("outage", Pick("state", ""), within="", latest=5)
    assert made.text == 'SELECT "state" FROM "outage" ORDER BY time DESC LIMIT 5'


def test_shares_and_totals() -> None:
    made = share("service_hour", [("ok", ["up_ms"], ["listed_ms"])], by=["ap"])
    assert made.text.startswith(
        'SELECT 100 * (sum("up_ms")) / (sum("listed_ms")) AS "ok" FROM "service_hour"'
    )
    with pytest.raises(QueryUnfit):
        share("service_hour", [("ok", ["up"], ["listed_ms"])])
    inner = ask("state_count", Pick("down"), by=["area"])
    assert total(inner).text.startswith('SELECT sum("down") AS "down" FROM (SELECT last("down")')


def test_text_is_escaped() -> None:
    assert literal("O'Hara \\ x") == "'O\\'Hara \\\\ x'"
    assert is_("outage", "cause", "a'b") == "\"cause\" = 'a\\'b'"
