"""Databases, buckets and mappings are made once and then left alone, on each dialect."""

import json

import pytest

from ingest.errors import DatabaseAway, QueryRefused
from ingest.influx_http import InfluxHttp, InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.influx_setup import POLICY, Made, Setup
from simulators.servers import InfluxDb
from tests.ingest.foreign_influx import ForeignInflux
from vocabulary.units import S_PER_DAY


def setup(settings: InfluxSettings, major: int) -> list[Made]:
    http = InfluxHttp(settings)
    try:
        return list(Setup(http, settings, major=major).run())
    finally:
        http.close()


def policies(settings: InfluxSettings, name: str) -> list[dict[str, object]]:
    reader = InfluxReader(settings)
    try:
        return reader.query(f'SHOW RETENTION POLICIES ON "{name}"')
    finally:
        reader.close()


def test_1x_is_made_once_with_its_retention(influx: InfluxDb) -> None:
    settings = InfluxSettings(influx.url, database='set "up"')
    assert [row.done for row in setup(settings, 1)] == ["made"] * 3
    assert [row.done for row in setup(settings, 1)] == ["was right"] * 3
    (kept,) = policies(settings, 'set \\"up\\"')
    assert (kept["name"], kept["duration"], kept["default"]) == (POLICY, "840h0m0s", True)
    (hours,) = policies(settings, 'set \\"up\\"_hours')
    assert hours["duration"] == f"{1_827 * 24}h0m0s"


def test_1x_data_of_a_host_that_came_first_stays_in_sight(influx: InfluxDb) -> None:
    settings = InfluxSettings(influx.url, database="early")
    reader = InfluxReader(settings)
    reader.query("CREATE DATABASE early")
    http = InfluxHttp(settings)
    http.ask("POST", "/write", {"db": "early", "precision": "ms"}, "detector readings=7i")
    http.close()
    done = [row.done for row in setup(settings, 1)]
    assert done[0] == "changed from 0s by shards of 168h0m0s"
    (row,) = reader.query("SELECT readings FROM detector")
    assert row["readings"] == 7
    reader.close()
    assert setup(settings, 1)[0].done == "was right"


def answer(told: object, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {}, json.dumps(told).encode()


def test_2x_makes_buckets_and_mappings() -> None:
    with ForeignInflux("v2.7.1") as server:
        settings = InfluxSettings(server.url, org="city", database="town", token="t")  # noqa: S106
        for ix in range(3):
            server.script += [
                answer({"orgs": [{"id": "0c"}]}),
                answer({"buckets": []}),
                answer({"id": f"b{ix}"}, 201),
                answer({"content": []}),
                answer({}, 201),
            ]
        assert [row.done for row in setup(settings, 2)] == ["made, mapping made"] * 3
        posts = [one for one in server.asked if one.method == "POST"]
    bucket, mapping = (json.loads(one.body) for one in posts[:2])
    assert posts[0].path == "/api/v2/buckets"
    assert posts[0].headers["content-type"] == "application/json"
    assert posts[0].headers["authorization"] == "Token t"
    assert bucket["orgID"] == "0c"
    assert bucket["name"] == "town"
    assert bucket["retentionRules"][0]["everySeconds"] == 35 * S_PER_DAY
    assert posts[1].path == "/api/v2/dbrps"
    assert mapping == {
        "orgID": "0c",
        "bucketID": "b0",
        "database": "town",
        "retention_policy": POLICY,
        "default": True,
    }


def test_2x_changes_a_retention_and_leaves_what_is_right() -> None:
    with ForeignInflux("v2.7.1") as server:
        settings = InfluxSettings(server.url, org="city", database="town", token="t")  # noqa: S106
        for days in (7, 761, 1_827):
            rule = {"everySeconds": days * S_PER_DAY}
            server.script += [
                answer({"orgs": [{"id": "0c"}]}),
                answer({"buckets": [{"id": "b", "retentionRules": [rule]}]}),
                *([answer({})] if days == 7 else []),
                answer({"content": [{"bucketID": "b", "default": True}]}),
            ]
        done = [row.done for row in setup(settings, 2)]
        changed = [one for one in server.asked if one.method == "PATCH"]
    assert done == [f"changed from {7 * S_PER_DAY} s, mapped", *["was right, mapped"] * 2]
    assert [one.path for one in changed] == ["/api/v2/buckets/b"]


def test_3x_says_that_a_retention_cannot_be_changed() -> None:
    with ForeignInflux("3.1.0") as server:
        settings = InfluxSettings(server.url, database="town", token="t")  # noqa: S106
        server.script += [answer({}), answer({"error": "exists"}, 409), answer({})]
        done = [row.done for row in setup(settings, 3)]
        bodies = [json.loads(one.body) for one in server.asked]
    assert done == ["made", "was there; its retention can only be set when it is made", "made"]
    assert bodies[0] == {"db": "town", "retention_period": "35d"}
    assert {one.path for one in server.asked} == {"/api/v3/configure/database"}


def test_a_refusal_and_a_silence_are_errors() -> None:
    with ForeignInflux("3.1.0") as server:
        settings = InfluxSettings(server.url)
        server.script += [answer({"error": "no rights"}, 403)]
        with pytest.raises(QueryRefused, match="no rights"):
            setup(settings, 3)
    with pytest.raises(DatabaseAway):
        setup(settings, 1)
