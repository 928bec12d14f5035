"""The list of what a board may draw is the schema itself, for people and for programs."""

import json

from click.testing import CliRunner

from dashboards.cli import dashboards
from vocabulary.measurements import MEASUREMENTS


def test_every_field_is_listed_for_people() -> None:
    said = CliRunner().invoke(dashboards, ["fields"])
    assert said.exit_code == 0
    lines = said.output.splitlines()
    assert "wifi_check by ap, area, gateway, site" in lines
    assert len(lines) == len(MEASUREMENTS) + sum(len(row.fields) for row in MEASUREMENTS.values())


def test_every_field_is_listed_for_programs() -> None:
    said = CliRunner().invoke(dashboards, ["fields", "--json"])
    listed = json.loads(said.output)
    assert {name: row["fields"] for name, row in listed.items()} == {
        name: row.fields for name, row in MEASUREMENTS.items()
    }
