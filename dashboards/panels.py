"""The kinds of panel on our boards: grafanalib's panel, with what it lacks for current Grafana.

grafanalib has no map and no state timeline with text for values, and its charts join gaps by
default. Here a gap stays a gap, every value has a unit, and a state is a word with a sign before
it, so that colour is never the only difference.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attr
from grafanalib.core import GridPos, Panel, Target

from dashboards.influxql import Query
from vocabulary.measurements import Store

SOURCE_UID: Final = {
    Store.RAW: "lamplighter-raw",
    Store.USAGE: "lamplighter-usage",
    Store.HOURS: "lamplighter-hours",
}
"""The uid of each store's data source; never change one, links and boards hold on to it."""

GREEN, YELLOW, RED, GREY, BLUE = "#4d9078", "#e0a030", "#c0392b", "#8a8d91", "#3b6ea5"
STATES: Final[dict[str, tuple[str, str]]] = {
    "up": ("● up", GREEN),
    "working": ("● working", GREEN),
    "suspect": ("◔ suspect", YELLOW),
    "degraded": ("▲ degraded", YELLOW),
    "flapping": ("▲ flapping", YELLOW),
    "partly": ("▲ partly", YELLOW),
    "down": ("■ down", RED),
    "dark": ("■ dark", RED),
    "unknown": ("? cannot tell", GREY),
    "unobserved": ("? cannot tell", GREY),
    "maintenance": ("◇ planned work", BLUE),
}
"""State -> its word with its sign, and a colour that repeats what they say."""
CODES: Final = ("working", "partly", "dark", "unknown")
"""The numbers of ``site_now.code``."""


HEADS: Final[dict[str, str]] = {
    "start_ms": "since",
    "end_ms": "until",
    "declared_ms": "declared",
    "duration_ms": "lasted",
    "lost_device_h": "device-hours lost",
    "observed_pct": "observed",
    "alt_cause": "or else",
    "p_down": "how sure",
    "is_open": "open",
    "oldest_age_max_s": "oldest record",
    "backlog_records_max": "most waiting",
    "clock_offset_max_ms": "clock off by",
    "temperature_max_c": "hottest",
    "sd_written_bytes": "written to card",
    "silent_ms": "silent for",
    "card_used_pct": "card used up",
    "certificate_left_d": "certificate ends in",
    "cemi3_pct": "sites with 3 outages",
    "p_value": "chance alone",
}
"""Heads of columns in words, where the field's own name is none."""


def mappings() -> list[dict[str, Any]]:
    """States as Grafana's value mappings, words and codes alike."""
    options = {
        key: {"text": text, "color": colour, "index": ix}
        for ix, (key, (text, colour)) in enumerate(STATES.items())
    }
    codes = {
        str(code): {"text": STATES[word][0], "color": STATES[word][1], "index": code}
        for code, word in enumerate(CODES)
    }
    return [{"type": "value", "options": options | codes}]


@attr.s
class InfluxTarget(Target):  # type: ignore[misc] # grafanalib has no types
    """One query in InfluxQL, as text, to the store that answers it."""

    query: Query = attr.ib(default=None, kw_only=True)
    alias: str = attr.ib(default="", kw_only=True)
    as_table: bool = attr.ib(default=False, kw_only=True)

    def to_json_data(self) -> dict[str, Any]:
        """As Grafana's InfluxDB data source reads it."""
        return {
            "datasource": {"type": "influxdb", "uid": SOURCE_UID[self.query.store]},
            "query": self.query.text,
            "rawQuery": True,
            "measurement": self.query.measurement,
            "resultFormat": "table" if self.as_table else "time_series",
            "alias": self.alias,
            "refId": self.refId,
        }


@attr.s
class BoardPanel(Panel):  # type: ignore[misc]
    """A panel of one kind; ``kind`` is Grafana's name of it."""

    kind: str = attr.ib(default="", kw_only=True)
    options: dict[str, Any] = attr.ib(factory=dict, kw_only=True)
    field: dict[str, Any] = attr.ib(factory=dict, kw_only=True)
    overrides: list[dict[str, Any]] = attr.ib(factory=list, kw_only=True)

    def to_json_data(self) -> dict[str, Any]:
        """As Grafana reads it, without grafanalib's keys of the past."""
        made = self.panel_json(
            {
                "type": self.kind,
                "options": self.options,
                "fieldConfig": {"defaults": self.field, "overrides": self.overrides},
            }
        )
        past = {
            "cacheTimeout",
            "editable",
            "error",
            "height",
            "minSpan",
            "span",
            "hideTimeOverride",
        }
        past |= {"repeatDirection", "maxPerRow", "repeat", "timeShift"}
        return {key: value for key, value in made.items() if key not in past and value is not None}


made_target: Any = InfluxTarget  # their fields come from a class without types
made_panel: Any = BoardPanel


def targets(queries: Sequence[Query | tuple[Query, str]], *, as_table: bool) -> list[InfluxTarget]:
    """Queries as targets A, B, C; with an alias where one is given."""
    made = []
    for ix, one in enumerate(queries):
        query, alias = (one, "") if isinstance(one, Query) else one
        target = made_target(query=query, alias=alias, as_table=as_table, refId=chr(65 + ix))
        made.append(target)
    return made


def _panel(
    kind: str,
    title: str,
    queries: Sequence[Query | tuple[Query, str]],
    *,
    as_table: bool,
    **rest: Any,
) -> BoardPanel:
    made = targets(queries, as_table=as_table)
    source = {"type": "influxdb", "uid": SOURCE_UID[made[0].query.store]}
    uids = {target.query.store for target in made}
    if len(uids) > 1:
        source = {"type": "datasource", "uid": "-- Mixed --"}
    panel: BoardPanel = made_panel(kind=kind, title=title, targets=made, dataSource=source, **rest)
    return panel


def steps(*pairs: tuple[float | None, str]) -> list[dict[str, Any]]:
    """Thresholds, from below."""
    return [{"value": value, "color": colour} for value, colour in pairs]


NEUTRAL: Final = steps((None, BLUE))


def stat(
    title: str, *queries: Query, unit: str, what: str, thresholds: Any = None, decimals: int = 0
) -> BoardPanel:
    """Large numbers, each with its name."""
    return _panel(
        "stat",
        title,
        queries,
        as_table=True,
        description=what,
        options={
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "value_and_name",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
        field={"unit": unit, "decimals": decimals, "noValue": "no data"},
        thresholds=thresholds or NEUTRAL,
    )


def chart(
    title: str,
    *queries: Query | tuple[Query, str],
    unit: str,
    what: str,
    stacked: bool = False,
    bars: bool = False,
    low: float | None = None,
    high: float | None = None,
    step_min: str | None = None,
) -> BoardPanel:
    """Series over time; where nothing is known there is no line."""
    custom = {
        "drawStyle": "bars" if bars else "line",
        "lineWidth": 1,
        "fillOpacity": 60 if bars else 8,
        "showPoints": "auto",
        "pointSize": 4,
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "axisLabel": unit,
    }
    field: dict[str, Any] = {"unit": unit, "custom": custom}
    field |= {} if low is None else {"min": low}
    field |= {} if high is None else {"max": high}
    return _panel(
        "timeseries",
        title,
        queries,
        as_table=False,
        description=what,
        maxDataPoints=400,
        interval=step_min,
        options={
            "legend": {
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": True,
                "calcs": [],
            },
            "tooltip": {"mode": "multi", "sort": "none"},
        },
        field=field,
        thresholds=NEUTRAL,
    )


def timeline(title: str, *queries: Query | tuple[Query, str], what: str) -> BoardPanel:
    """States over time, each a word with a sign."""
    return _panel(
        "state-timeline",
        title,
        queries,
        as_table=False,
        description=what,
        options={
            "mergeValues": True,
            "showValue": "auto",
            "alignValue": "left",
            "rowHeight": 0.8,
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "single", "sort": "none"},
        },
        field={
            "mappings": mappings(),
            "custom": {"fillOpacity": 70, "lineWidth": 0},
        },
        thresholds=NEUTRAL,
    )


def table(
    title: str,
    *queries: Query,
    what: str,
    units: Mapping[str, str] = {},
    links: Mapping[str, str] = {},
    transformations: Sequence[Mapping[str, Any]] = (),
) -> BoardPanel:
    """Rows; a column has a unit, and may lead to another board with its row's selection."""
    columns = [name for query in queries for name in query.columns]
    overrides = [
        _override(name, [("displayName", HEADS[name])]) for name in columns if name in HEADS
    ]
    overrides += [_override(name, [("unit", unit)]) for name, unit in units.items()]
    for name, url in links.items():
        link = {"title": "Open", "url": url, "targetBlank": False}
        overrides.append(_override(name, [("links", [link])]))
    return _panel(
        "table",
        title,
        queries,
        as_table=True,
        description=what,
        options={"showHeader": True, "cellHeight": "sm", "footer": {"show": False}},
        field={"mappings": mappings(), "noValue": "—", "custom": {"align": "auto"}},
        overrides=overrides,
        transformations=[dict(one) for one in transformations],
        thresholds=NEUTRAL,
    )


def _override(name: str, properties: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties],
    }


def place_map(title: str, query: Query, *, what: str, link: str) -> BoardPanel:
    """Places on a map: a coloured marker with the state's word beside it."""
    layer = {
        "type": "markers",
        "name": "places",
        "tooltip": True,
        "location": {"mode": "coords", "latitude": "lat", "longitude": "lon"},
        "config": {
            "showLegend": True,
            "style": {
                "color": {"field": "code", "fixed": GREY},
                "opacity": 0.8,
                "size": {"fixed": 6, "min": 4, "max": 12, "field": "down"},
                "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                "text": {"mode": "field", "field": "state", "fixed": ""},
                "textConfig": {"fontSize": 10, "offsetX": 0, "offsetY": 12},
            },
        },
    }
    code = [("mappings", mappings()), ("links", [{"title": "Site", "url": link}])]
    return _panel(
        "geomap",
        title,
        [query],
        as_table=True,
        description=what,
        options={
            "view": {"id": "fit", "allLayers": True, "padding": 10, "zoom": 12},
            "basemap": {"type": "default", "name": "Basemap"},
            "layers": [layer],
            "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": True},
            "tooltip": {"mode": "details"},
        },
        field={"mappings": mappings()},
        overrides=[_override("code", code)],
        thresholds=steps((None, GREEN), (1, YELLOW), (2, RED), (3, GREY)),
    )


def bars(title: str, query: Query, *, unit: str, what: str, by: str) -> BoardPanel:
    """One bar for each value of a tag, in the order of its name: never a ranking."""
    return _panel(
        "barchart",
        title,
        [query],
        as_table=True,
        description=what,
        options={
            "orientation": "horizontal",
            "xField": by,
            "showValue": "always",
            "stacking": "none",
            "legend": {
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": True,
                "calcs": [],
            },
            "tooltip": {"mode": "single", "sort": "none"},
        },
        field={"unit": unit, "decimals": 1},
        thresholds=NEUTRAL,
    )


def placed(rows: Sequence[tuple[int, Sequence[BoardPanel]]]) -> list[BoardPanel]:
    """Panels in rows of a height, each row filled from left to right, ids in reading order."""
    made: list[BoardPanel] = []
    evolve: Any = attr.evolve
    y, number = 0, 1
    for height, row in rows:
        x = 0
        for ix, panel in enumerate(row):
            right = 24 * (ix + 1) // len(row)
            made.append(evolve(panel, gridPos=GridPos(height, right - x, x, y), id=number))
            x, number = right, number + 1
        y += height
    return made
