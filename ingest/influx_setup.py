"""Makes the databases of a set, whichever version of InfluxDB it is; a second run changes nothing.

    1.x  a database each; its default retention policy gets the duration of the store. The policy
         that is there is changed, none is added: data behind another default would vanish from
         every query
    2.x  a bucket each, and a mapping (DBRP) under which InfluxQL finds it by the bucket's name
    3.x  a database each; its retention is set when it is made and can never be changed
         (InfluxDB 3 Core documentation, "Create a database")

2.x and 3.x cannot be installed where this was written: what is sent to them is held by contract
tests on the requests.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ingest.errors import DatabaseAway, QueryRefused
from ingest.influx_answers import Answer, Silence, reason, understood
from ingest.influx_http import Http, InfluxSettings
from ingest.influx_stores import settings_of
from vocabulary.measurements import RETENTION_D, Store
from vocabulary.units import S_PER_DAY, S_PER_H

POLICY: Final = "kept"
SHARD_S: Final = {
    Store.RAW: S_PER_DAY,
    Store.USAGE: 30 * S_PER_DAY,
    Store.HOURS: 30 * S_PER_DAY,
}
"""How much time one shard holds: few shards for long stores, and raw data forgotten by the day."""
_CONFLICT: Final = 409


class Made(msgspec.Struct, frozen=True):
    """What became of one store."""

    store: str
    database: str
    retention_d: int
    done: str


class Setup:
    """Sets up one server."""

    def __init__(self, http: Http, settings: InfluxSettings, *, major: int) -> None:
        self._http, self._settings, self._major = http, settings, major

    def run(self) -> Iterator[Made]:
        """One store after another.

        Raises:
            DatabaseAway: no answer, or none that can be read.
            QueryRefused: the server says what is wrong.
        """
        make = {1: self._database_1x, 2: self._bucket_2x, 3: self._database_3x}[self._major]
        for store in Store:
            own = settings_of(self._settings, store)
            name = own.database if self._major == 1 else own.bucket_name
            yield Made(str(store) or "raw", name, RETENTION_D[store], make(store, name))

    def _ask(self, method: str, path: str, params: dict[str, str], body: str = "") -> Answer:
        answer = self._http.ask(method, path, params, body)
        if isinstance(answer, Silence):
            raise DatabaseAway(self._settings.url, answer.reason)
        return answer

    def _told(self, method: str, path: str, params: dict[str, str], body: str = "") -> Any:
        answer = self._ask(method, path, params, body)
        if not understood(answer):
            raise QueryRefused(f"{method} {path} {body}", answer.status, reason(answer))
        try:
            return json.loads(answer.body or "{}")
        except (ValueError, RecursionError) as error:
            raise DatabaseAway(self._settings.url, f"not JSON: {error}") from None

    def _influxql(self, text: str) -> list[list[Any]]:
        told = self._told("POST", "/query", {"q": text})
        (result,) = told["results"]
        if "error" in result:
            raise QueryRefused(text, 200, result["error"])
        return [row for series in result.get("series", ()) for row in series.get("values", ())]

    def _database_1x(self, store: Store, name: str) -> str:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        is_new = [name] not in self._influxql("SHOW DATABASES")
        duration = f"DURATION {RETENTION_D[store]}d REPLICATION 1"
        shard = f"SHARD DURATION {SHARD_S[store] // S_PER_H}h"
        if is_new:
            self._influxql(f'CREATE DATABASE "{quoted}" WITH {duration} {shard} NAME "{POLICY}"')
            return "made"
        policies = self._influxql(f'SHOW RETENTION POLICIES ON "{quoted}"')
        (policy,) = [row for row in policies if row[-1] is True]
        wanted = (f"{RETENTION_D[store] * 24}h0m0s", f"{SHARD_S[store] // S_PER_H}h0m0s")
        if (policy[1], policy[2]) == wanted:
            return "was right"
        self._influxql(f'ALTER RETENTION POLICY "{policy[0]}" ON "{quoted}" {duration} {shard}')
        return f"changed from {policy[1]} by shards of {policy[2]}"

    def _bucket_2x(self, store: Store, name: str) -> str:
        org = self._settings.org
        orgs = self._told("GET", "/api/v2/orgs", {"org": org})["orgs"]
        org_id = orgs[0]["id"]
        rule = {
            "type": "expire",
            "everySeconds": RETENTION_D[store] * S_PER_DAY,
            "shardGroupDurationSeconds": SHARD_S[store],
        }
        answer = self._ask("GET", "/api/v2/buckets", {"orgID": org_id, "name": name})
        found = json.loads(answer.body).get("buckets", []) if understood(answer) else []
        done = "was right"
        if not found:
            body = json.dumps({"orgID": org_id, "name": name, "retentionRules": [rule]})
            bucket = self._told("POST", "/api/v2/buckets", {}, body)
            done = "made"
        else:
            (bucket,) = found
            known = bucket.get("retentionRules") or [{}]
            if known[0].get("everySeconds") != rule["everySeconds"]:
                body = json.dumps({"retentionRules": [rule]})
                self._told("PATCH", f"/api/v2/buckets/{bucket['id']}", {}, body)
                done = f"changed from {known[0].get('everySeconds', 0)} s"
        return done + self._mapping_2x(org_id, bucket["id"], name)

    def _mapping_2x(self, org_id: str, bucket_id: str, name: str) -> str:
        told = self._told("GET", "/api/v2/dbrps", {"orgID": org_id, "db": name})
        mappings = [row for row in told.get("content", ()) if not row.get("virtual")]
        if any(row["bucketID"] == bucket_id and row.get("default") for row in mappings):
            return ", mapped"
        row = {
            "orgID": org_id,
            "bucketID": bucket_id,
            "database": name,
            "retention_policy": POLICY,
            "default": True,
        }
        self._told("POST", "/api/v2/dbrps", {}, json.dumps(row))
        return ", mapping made"

    def _database_3x(self, store: Store, name: str) -> str:
        body = json.dumps({"db": name, "retention_period": f"{RETENTION_D[store]}d"})
        answer = self._ask("POST", "/api/v3/configure/database", {}, body)
        if understood(answer):
            return "made"
        if answer.status == _CONFLICT:
            return "was there; its retention can only be set when it is made"
        raise QueryRefused(f"POST /api/v3/configure/database {body}", answer.status, reason(answer))
