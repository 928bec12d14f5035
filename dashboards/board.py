"""A board: one screen of panels with a stable uid, its variables, and the way to the others."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from grafanalib.core import Dashboard, DashboardLink, Template, Templating, Time

from dashboards.panels import SOURCE_UID, BoardPanel, placed
from vocabulary.measurements import MEASUREMENTS, Store

QUERIES_MAX: Final = 12
VARIABLES_MAX: Final = 4
REFRESH: Final = "1m"
TAG: Final = "lamplighter"
OWNER: Final = "network operations"
SCHEMA_VERSION: Final = 39
ALL: Final = ".*"


class Choice(NamedTuple):
    """A variable of a board: the values of one tag, one or all of them; or a text typed in."""

    tag: str
    label: str
    measurement: str = ""
    many: bool = True
    free: bool = False


class Board(NamedTuple):
    """One screen. ``queries`` are counted as they leave the browser."""

    uid: str
    title: str
    what: str
    rows: Sequence[tuple[int, Sequence[BoardPanel]]]
    choices: Sequence[Choice] = ()
    since: str = "now-24h"

    @property
    def queries(self) -> int:
        """How many queries one load sends, variables included."""
        asked = sum(len(panel.targets) for _height, row in self.rows for panel in row)
        return asked + sum(not choice.free for choice in self.choices)


def address(uid: str, **selection: str) -> str:
    """The address of a board, with the time range and a selection, as a link's text."""
    chosen = "".join(f"&var-{name}={value}" for name, value in selection.items())
    return f"/d/{uid}?${{__url_time_range}}{chosen}"


def _variable(choice: Choice) -> Template | dict[str, Any]:
    if choice.free:
        return {
            "type": "textbox",
            "name": choice.tag,
            "label": choice.label,
            "query": "",
            "current": {"text": "", "value": "", "selected": False},
            "options": [],
            "hide": 0,
            "skipUrlSync": False,
        }
    store = MEASUREMENTS[choice.measurement].store
    query = f'SHOW TAG VALUES FROM "{choice.measurement}" WITH KEY = "{choice.tag}"'
    assert choice.tag in MEASUREMENTS[choice.measurement].tags, choice
    return Template(
        choice.tag,
        query,
        dataSource={"type": "influxdb", "uid": SOURCE_UID[store]},
        label=choice.label,
        includeAll=choice.many,
        multi=choice.many,
        allValue=ALL if choice.many else None,
        default="All" if choice.many else None,
    )


def as_dashboard(board: Board) -> Dashboard:
    """The board as grafanalib's."""
    assert board.queries <= QUERIES_MAX, f"{board.uid}: {board.queries} queries"
    assert len(board.choices) <= VARIABLES_MAX, board.uid
    return Dashboard(
        title=board.title,
        uid=board.uid,
        description=f"{board.what} Owner: {OWNER}.",
        tags=[TAG],
        panels=placed(board.rows),
        templating=Templating([_variable(choice) for choice in board.choices]),
        time=Time(board.since, "now"),
        timezone="browser",
        refresh=REFRESH,
        schemaVersion=SCHEMA_VERSION,
        editable=False,
        sharedCrosshair=True,
        links=[
            DashboardLink(
                title="Boards", tags=[TAG], asDropdown=True, includeVars=True, keepTime=True
            )
        ],
    )


SOURCES: Final[dict[Store, str]] = {
    Store.RAW: "Lamplighter, raw",
    Store.USAGE: "Lamplighter, usage by hour",
    Store.HOURS: "Lamplighter, service by hour",
}
"""Name of each store's data source."""
