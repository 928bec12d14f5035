"""Panels: gaps stay gaps, states are words, everything has a unit and a meaning."""

import json
from typing import Any

from grafanalib._gen import DashboardEncoder

from dashboards.influxql import Pick, ask, share
from dashboards.panels import (
    CODES,
    STATES,
    bars,
    chart,
    place_map,
    placed,
    stat,
    table,
    timeline,
)

CLIENTS = ask("wifi_usage", Pick("clients", "mean"))
SHARE = share("service_hour", [("ok", ["up_ms"], ["listed_ms"])])


def json_of(panel: object) -> dict[str, Any]:
    encoder = DashboardEncoder()
    made: dict[str, Any] = json.loads(encoder.encode(panel))
    return made


def test_a_gap_stays_a_gap() -> None:
    made = json_of(chart("Clients", CLIENTS, unit="none", what="Devices."))
    assert made["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False
    assert made["fieldConfig"]["defaults"]["unit"] == "none"
    assert made["targets"][0]["resultFormat"] == "time_series"


def test_a_state_is_a_word_with_a_sign_of_its_own() -> None:
    signs = {text.split(" ")[0] for text, _colour in STATES.values()}
    assert len({text for text, _colour in STATES.values()}) >= 7
    assert len(signs) >= 5
    by_colour: dict[str, set[str]] = {}
    for text, colour in STATES.values():
        by_colour.setdefault(colour, set()).add(text.split(" ")[0])
    assert all(by_colour.values())
    assert set(CODES) <= set(STATES)


def test_a_mixed_panel_says_so() -> None:
    made = json_of(chart("Both", CLIENTS, SHARE, unit="none", what="x"))
    assert made["datasource"]["uid"] == "-- Mixed --"
    assert [one["datasource"]["uid"] for one in made["targets"]] == [
        "lamplighter-raw",
        "lamplighter-hours",
    ]


def test_every_kind_names_its_plugin() -> None:
    site = ask("site_now", *map(Pick, ("lat", "lon", "code", "state", "down")), by=["site"])
    kinds = [
        stat("a", CLIENTS, unit="none", what="x"),
        chart("a", CLIENTS, unit="none", what="x"),
        timeline("a", ask("node_state", Pick("state", "")), what="x"),
        table("a", CLIENTS, what="x", units={"clients": "none"}, links={"clients": "/d/x"}),
        place_map("a", site, what="x", link="/d/x"),
        bars("a", CLIENTS, unit="none", what="x", by="ap"),
    ]
    assert [json_of(one)["type"] for one in kinds] == [
        "stat",
        "timeseries",
        "state-timeline",
        "table",
        "geomap",
        "barchart",
    ]


def test_panels_fill_their_row() -> None:
    one = stat("a", CLIENTS, unit="none", what="x")
    made = placed([(4, [one, one, one]), (8, [one])])
    assert [(p.gridPos.x, p.gridPos.w, p.gridPos.y) for p in made] == [
        (0, 8, 0),
        (8, 8, 0),
        (16, 8, 0),
        (0, 24, 4),
    ]
    assert [p.id for p in made] == [1, 2, 3, 4]
