"""A real point from the database, or the last hop that had it."""

from typing import Any

import pytest

from ingest.errors import DatabaseAway, LedgerDamaged
from ingest.read_back import read_back

AWAY = ("http://db", "connection refused")


def nothing(_influxql: str) -> list[dict[str, Any]]:
    return []


def test_a_point_is_quoted() -> None:
    asked: list[str] = []

    def query(influxql: str) -> list[dict[str, Any]]:
        asked.append(influxql)
        return [{"time": 7, "gateway": "gw-1", "uptime_s": None, "cpu_pct": 2.5}]

    told = read_back("gw-1", "5", query, dict)
    assert told.seen
    assert (told.measurement, told.time_ms, told.value) == ("gateway", 7, 2.5)
    assert "\"gateway\" = 'gw-1' AND time >= 5ms" in asked[0]


def test_hops() -> None:
    assert read_back("gw-1", "5", nothing, dict).code == "E-E2E-03"
    told = read_back("gw-1", "5", nothing, lambda: {"gw-1": 4})
    assert (told.code, told.last_hop) == ("E-E2E-04", "ingest")

    def away(_influxql: str) -> list[dict[str, Any]]:
        raise DatabaseAway(*AWAY)

    told = read_back("gw-1", "5", away, dict)
    assert told.code == "E-E2E-05"
    assert "connection refused" in told.found

    def damaged() -> dict[str, int]:
        raise LedgerDamaged(*AWAY)

    assert read_back("gw-1", "5", nothing, damaged).code == "E-E2E-04"


@pytest.mark.parametrize("marker", ["", "5; DROP", "9" * 20, "-1", "\u0663"])
def test_a_marker_is_a_time_or_nothing_is_asked(marker: str) -> None:
    def never(_influxql: str) -> list[dict[str, Any]]:
        raise AssertionError

    assert read_back("gw-1", marker, never, dict).code == "E-E2E-01"
    assert read_back("gw' OR 1=1", "5", never, dict).code == "E-E2E-01"
