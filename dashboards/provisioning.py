"""Everything Grafana reads from files: data sources, folders, boards, alert rules.

A build makes the same bytes each time, so the committed files are the golden ones, and a change of
a board is read as a change of its file.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from grafanalib._gen import DashboardEncoder

from dashboards import boards_fleet, boards_now, boards_places, boards_record, boards_service
from dashboards.alerts import rules_file
from dashboards.board import SOURCES, Board, as_dashboard
from dashboards.panels import SOURCE_UID
from vocabulary.measurements import Store, database_of

BOARDS: Final[tuple[Board, ...]] = (
    *boards_now.BOARDS,
    *boards_places.BOARDS,
    *boards_fleet.BOARDS,
    *boards_service.BOARDS,
    *boards_record.BOARDS,
)
BOARD_FOLDER: Final = "boards"
_BOARDS_PATH: Final = "/etc/grafana/lamplighter/boards"
_PAST: Final = frozenset(
    {
        *("__inputs", "gnetId", "hideControls", "rows", "sharedCrosshair", "style"),
        *("regex", "tags_query", "tagsQuery", "tagValuesQuery", "useTags", "auto"),
        *("auto_min", "auto_count"),
    }
)
"""Keys that Grafana's own models of today do not know."""
_DOLLAR: Final = re.compile(r"\$(?!\{LAMPLIGHTER_)")
_URL: Final = "${LAMPLIGHTER_INFLUX_URL}"


def _sheltered(data: Any) -> Any:
    """Dollars doubled, for Grafana takes one for a word of its environment; ours stay single."""
    if isinstance(data, dict):
        return {key: _sheltered(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_sheltered(value) for value in data]
    return _DOLLAR.sub("$$", data) if isinstance(data, str) else data


def _text(data: Any) -> str:
    return json.dumps(data, cls=DashboardEncoder, indent=1, sort_keys=True, ensure_ascii=False)


def _sources() -> dict[str, Any]:
    rows = [
        {
            "name": SOURCES[store],
            "uid": SOURCE_UID[store],
            "type": "influxdb",
            "access": "proxy",
            "url": _URL,
            "isDefault": store is Store.RAW,
            "editable": False,
            "jsonData": {
                "dbName": database_of("${LAMPLIGHTER_INFLUX_DATABASE}", store),
                "httpMode": "POST",
                "version": "InfluxQL",
                "timeInterval": "1m",
            },
            "user": "${LAMPLIGHTER_INFLUX_USER}",
            # filled in from Grafana's environment
            "secureJsonData": {"password": "${LAMPLIGHTER_INFLUX_PASSWORD}"},  # nosec B105
        }
        for store in Store
    ]
    return {"apiVersion": 1, "datasources": rows}


def _folders() -> dict[str, Any]:
    provider = {
        "name": "lamplighter",
        "folder": "Lamplighter",
        "folderUid": "lamplighter",
        "type": "file",
        "allowUiUpdates": False,
        "disableDeletion": True,
        "options": {"path": _BOARDS_PATH},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _variable(row: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in row.items() if key not in _PAST and value is not None}
    current = made.get("current") or {}
    known = {key: current[key] for key in ("selected", "text", "value") if key in current}
    if known.get("text") == "All":
        known["value"] = "$__all"
    return made | {"current": known if known.get("text") else {}}


def board_json(board: Board) -> dict[str, Any]:
    """A board as Grafana reads it, without grafanalib's keys of the past."""
    told: dict[str, Any] = json.loads(_text(as_dashboard(board).to_json_data()))
    made = {key: value for key, value in told.items() if key not in _PAST and value is not None}
    made["templating"] = {"list": [_variable(row) for row in told["templating"]["list"]]}
    made["timepicker"] = {"refresh_intervals": told["timepicker"]["refresh_intervals"]}
    return made | {"graphTooltip": 1}  # one crosshair over all panels


def files() -> Mapping[str, str]:
    """Path below the output directory -> text."""
    made = {
        "provisioning/datasources/lamplighter.yaml": _sources(),
        "provisioning/dashboards/lamplighter.yaml": _folders(),
        "provisioning/alerting/lamplighter.yaml": _sheltered(json.loads(_text(rules_file()))),
    }
    for board in BOARDS:
        made[f"{BOARD_FOLDER}/{board.uid}.json"] = board_json(board)
    # JSON is YAML, and is what a golden file should be: one way to write each thing
    return {path: _text(data) + "\n" for path, data in made.items()}


def write(out: Path) -> list[Path]:
    """Write all files; boards that are no longer made are removed."""
    made = []
    for name, text in files().items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
        made.append(path)
    for path in (out / BOARD_FOLDER).glob("lamplighter-*.json"):
        if path not in made:
            path.unlink()
    return made
