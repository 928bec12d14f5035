"""The InfluxDB sink: each line decided once, on a real 1.6 and by request on the later dialects."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.influx import BATCH_BYTES_MAX, InfluxSink, InfluxVersion, batches
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.sink import Retry, Stop, WriteOutcome
from simulators.servers import InfluxDb
from tests.ingest.foreign_influx import ForeignInflux

WORD = "open-sesame"


@pytest.fixture
def town(influx: InfluxDb, request: pytest.FixtureRequest) -> Iterator[InfluxSettings]:
    settings = InfluxSettings(url=influx.url, database=f'town "{request.node.name}"')
    yield settings
    reader = InfluxReader(settings)
    name = settings.database.replace('"', '\\"')
    reader.query(f'DROP DATABASE "{name}"')
    reader.close()


def write(settings: InfluxSettings, lines: list[str]) -> WriteOutcome:
    sink = InfluxSink(settings)
    try:
        return sink.write(lines)
    finally:
        sink.close()


def stored(settings: InfluxSettings, influxql: str) -> list[dict[str, object]]:
    reader = InfluxReader(settings)
    try:
        return reader.query(influxql)
    finally:
        reader.close()


# Real InfluxDB 1.6


def test_a_new_database_is_made_and_lines_are_read_back(town: InfluxSettings) -> None:
    lines = [f"beat,ap=ap-{ix % 3} ok=true,clients={ix}i {1_000 + ix}" for ix in range(12_000)]
    sink = InfluxSink(town)
    said = sink.probe()
    assert isinstance(said, str)
    assert "1.6" in said
    assert sink.write(lines) == WriteOutcome(12_000)
    assert sink.requests == 2 + 3  # ping, create; three batches of at most 5,000
    sink.close()
    (row,) = stored(town, "SELECT count(clients), sum(clients) FROM beat")
    assert (row["count"], row["sum"]) == (12_000, sum(range(12_000)))
    (row,) = stored(town, "SELECT ok, clients FROM beat WHERE ap = 'ap-2' LIMIT 1")
    assert row == {"time": 1_002, "ok": True, "clients": 2}


def test_writing_again_changes_nothing(town: InfluxSettings) -> None:
    lines = [f"beat,ap=a clients={ix}i {ix}" for ix in range(100)]
    for _ in range(3):
        assert write(town, lines).stored == 100
    (row,) = stored(town, "SELECT count(clients) FROM beat")
    assert row["count"] == 100


def test_poison_point_alone(town: InfluxSettings) -> None:
    """A field of another type is dead, alone, in the server's words; its mates are stored."""
    write(town, ["beat,ap=a clients=1i 1"])
    lines = [f"beat,ap=a clients={ix}i {ix}" for ix in range(2, 1_002)]
    bad = "beat,ap=a clients=7.5 5000"
    outcome = write(town, [*lines[:700], bad, *lines[700:]])
    assert outcome.stored == 1_000
    (dead,) = outcome.dead
    assert (dead.line, dead.status) == (bad, 400)
    assert "field type conflict" in dead.reason
    (row,) = stored(town, "SELECT count(clients) FROM beat")
    assert row["count"] == 1_001


def test_several_bad_lines_of_different_kinds(town: InfluxSettings) -> None:
    write(town, ["beat clients=1i 1"])
    lines = [f"beat clients={ix}i {ix}" for ix in range(2, 400)]
    bad = {3: "garbage", 4: "beat clients=1.5 9", 200: "beat clients= 9", 390: "beat clients=1i x"}
    sent = list(lines)
    for at, line in bad.items():
        sent.insert(at, line)
    outcome = write(town, sent)
    assert outcome.stored == len(lines)
    assert [dead.line for dead in outcome.dead] == list(bad.values())


def test_a_whole_measurement_of_the_wrong_type_costs_few_requests(town: InfluxSettings) -> None:
    write(town, ["beat clients=1i 1"])
    sink = InfluxSink(town)
    outcome = sink.write([f"beat clients={ix}.5 {ix}" for ix in range(5_000)])
    sink.close()
    assert len(outcome.dead) == 5_000
    assert sink.requests < 10


def test_a_database_that_is_gone_stops_and_is_not_made_again(town: InfluxSettings) -> None:
    sink = InfluxSink(town)
    assert sink.write(["beat clients=1i 1"]).settled
    name = town.database.replace('"', '\\"')
    stored(town, f'DROP DATABASE "{name}"')
    outcome = sink.write(["beat clients=1i 2"])
    assert isinstance(outcome.stop, Stop)
    assert "404" in outcome.stop.reason
    assert "Create" in outcome.stop.remedy
    assert outcome.rest == ("beat clients=1i 2",)
    assert sink.write(outcome.rest) == outcome
    stored(town, f'CREATE DATABASE "{name}"')
    assert sink.write(outcome.rest).stored == 1
    sink.close()


def test_a_database_is_not_made_where_settings_forbid_it(influx: InfluxDb) -> None:
    settings = InfluxSettings(url=influx.url, database="nobody", create_database=False)
    assert isinstance(write(settings, ["beat clients=1i 1"]).stop, Stop)


def test_a_missing_retention_policy_stops(town: InfluxSettings) -> None:
    settings = InfluxSettings(url=town.url, database=town.database, retention_policy="raw")
    outcome = write(settings, ["beat clients=1i 1"])
    assert outcome.stop is not None
    assert "retention policy" in outcome.stop.remedy


def test_sink_down_at_start_then_killed_then_back() -> None:
    lines = ["beat clients=1i 1", "beat clients=2i 2"]
    with InfluxDb() as server:
        server.kill()
        sink = InfluxSink(InfluxSettings(url=server.url))
        assert isinstance(sink.probe(), Retry)
        assert isinstance(sink.write(lines).retry, Retry)
        server.restart()
        assert sink.write(lines) == WriteOutcome(2)
        server.kill()
        outcome = sink.write(lines)
        assert isinstance(outcome.retry, Retry)
        assert outcome.rest == tuple(lines)
        server.restart()
        assert sink.write(outcome.rest) == WriteOutcome(2)
        assert len(stored(sink.settings, "SELECT clients FROM beat")) == 2
        sink.close()


def test_a_frozen_server_is_retried_after_the_timeout() -> None:
    with InfluxDb() as server:
        sink = InfluxSink(InfluxSettings(url=server.url, timeout_s=0.2))
        assert isinstance(sink.probe(), str)
        server.freeze()
        outcome = sink.write(["beat clients=1i 1"])
        assert outcome.retry is not None
        assert "timed out" in outcome.retry.reason
        server.thaw()
        sink.close()


def test_users_and_rights_on_a_guarded_server() -> None:
    with InfluxDb(auth=True) as server:
        open_door = InfluxSettings(url=server.url, database="town")
        stored(open_door, f"CREATE USER root WITH PASSWORD '{WORD}' WITH ALL PRIVILEGES")
        root = InfluxSettings(url=server.url, database="town", username="root", password=WORD)
        nobody = write(open_door, ["beat clients=1i 1"])
        assert nobody.stop is not None
        assert "401" in nobody.stop.reason
        assert write(root, ["beat clients=1i 1"]).stored == 1
        stored(root, f"CREATE USER host WITH PASSWORD '{WORD}'")
        host = InfluxSettings(url=server.url, database="town", username="host", password=WORD)
        outcome = write(host, ["beat clients=1i 2"])
        assert outcome.stop is not None
        assert "403" in outcome.stop.reason
        assert "Grant" in outcome.stop.remedy
        stored(root, 'GRANT ALL ON "town" TO "host"')
        assert write(host, ["beat clients=1i 2"]).stored == 1  # though it may not CREATE


# The requests of later dialects


@pytest.mark.parametrize("version", ["v2.7.1", "2.0.4", "3.0.0-beta", "v3.2.1"])
def test_later_versions_are_written_on_the_v2_path(version: str) -> None:
    with ForeignInflux(version) as server:
        settings = InfluxSettings(url=server.url, org="city", bucket="raw", token=WORD, timeout_s=5)
        sink = InfluxSink(settings)
        assert sink.write(["beat clients=1i 1", "beat clients=2i 2"]) == WriteOutcome(2)
        sink.close()
        ping, asked = server.asked
    assert sink.version == InfluxVersion(version, 2)
    assert (ping.method, ping.path) == ("GET", "/ping")
    assert (asked.method, asked.path) == ("POST", "/api/v2/write")
    assert asked.params == {"org": "city", "bucket": "raw", "precision": "ms"}
    assert asked.headers["authorization"] == f"Token {WORD}"
    assert asked.headers["content-type"] == "text/plain; charset=utf-8"
    assert asked.body == "beat clients=1i 1\nbeat clients=2i 2"


def test_the_1x_request_names_database_policy_and_precision() -> None:
    with ForeignInflux("1.8.10") as server:
        write(InfluxSettings(url=server.url, database="town", retention_policy="raw"), ["a b=1 1"])
        _, create, asked = server.asked
    assert (create.path, create.params) == ("/query", {"q": 'CREATE DATABASE "town"'})
    assert (asked.path, asked.params) == (
        "/write",
        {"db": "town", "precision": "ms", "rp": "raw"},
    )


def test_the_dialect_can_be_forced() -> None:
    with ForeignInflux("1.8.0") as server:
        write(InfluxSettings(url=server.url, api="2"), ["a b=1 1"])
        assert [one.path for one in server.asked] == ["/ping", "/api/v2/write"]


def test_without_the_header_health_tells_the_version() -> None:
    with ForeignInflux("") as server:
        server.script += [(401, {}, b""), (200, {}, b'{"name":"influxdb","version":"v2.7.1"}')]
        sink = InfluxSink(InfluxSettings(url=server.url))
        assert isinstance(sink.probe(), str)
        sink.close()
        assert [one.path for one in server.asked] == ["/ping", "/health"]


@pytest.mark.parametrize(
    "answers",
    [
        [(200, {}, b"<html>"), (200, {}, b"<html>")],
        [(204, {}, b""), (200, {}, b"[1]")],
        [(404, {}, b""), (404, {}, b"")],
        [(302, {"Location": "/login"}, b""), (302, {"Location": "/login"}, b"")],
    ],
)
def test_what_is_no_influxdb_stops(answers: list[tuple[int, dict[str, str], bytes]]) -> None:
    with ForeignInflux("") as server:
        server.script += answers
        outcome = write(InfluxSettings(url=server.url), ["a b=1 1"])
    assert isinstance(outcome.stop, Stop)
    assert outcome.rest == ("a b=1 1",)


def test_a_200_is_not_taken_for_stored() -> None:
    with ForeignInflux() as server:
        server.script.append((200, {}, b"<html>Please sign in</html>"))
        outcome = write(InfluxSettings(url=server.url), ["a b=1 1"])
    assert outcome.stop is not None
    assert outcome.stored == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_keeps_what_is_stored_and_says_when(status: int) -> None:
    lines = [f"a b={ix}i {ix}" for ix in range(25)]
    with ForeignInflux() as server:
        server.script += [(204, {}, b""), (status, {"Retry-After": "17"}, b'{"message":"busy"}')]
        outcome = write(InfluxSettings(url=server.url, batch_lines_max=10), lines)
    assert outcome.stored == 10
    assert outcome.rest == tuple(lines[10:])
    assert outcome.retry == Retry(f"{status}: busy", 17.0)


def test_a_probe_that_meets_a_passing_fault_is_retried() -> None:
    with ForeignInflux("") as server:
        server.script.append((503, {"Retry-After": "2"}, b"starting"))
        outcome = write(InfluxSettings(url=server.url), ["a b=1 1"])
    assert outcome.retry == Retry("503: starting", 2.0)


def test_a_fault_in_the_middle_of_the_search_loses_no_line() -> None:
    lines = [f"a b={ix}i {ix}" for ix in range(64)]
    with ForeignInflux() as server:
        server.refuse("b=13i")
        sink = InfluxSink(InfluxSettings(url=server.url))
        sink.probe()
        for at in range(1, 14):  # a fault at each step of the search
            server.script.clear()
            server.script += [(400, {}, b"bad")] * min(at, 6) + [(503, {}, b"")]
            outcome = sink.write(lines)
            again = sink.write(outcome.rest)
            assert again.settled
            assert outcome.stored + len(outcome.dead) + len(outcome.rest) == 64
            dead = [one.line for one in (*outcome.dead, *again.dead)]
            assert "a b=13i 13" in dead
            assert outcome.stored + again.stored + len(dead) == 64
        sink.close()


@given(bad=st.sets(st.integers(0, 40), max_size=8), batch_lines_max=st.integers(1, 50))
def test_the_search_finds_exactly_the_bad_lines(bad: set[int], batch_lines_max: int) -> None:
    lines = [f"a b={ix}i {'!' if ix in bad else ''}" for ix in range(41)]
    with ForeignInflux() as server:
        server.refuse("!")
        sink = InfluxSink(InfluxSettings(url=server.url, batch_lines_max=batch_lines_max))
        outcome = sink.write(lines)
        sink.close()
        writes = len(server.writes())
    assert [dead.line for dead in outcome.dead] == [lines[ix] for ix in sorted(bad)]
    assert outcome.stored == 41 - len(bad)
    batch_count = -(-41 // batch_lines_max)
    assert writes <= 2 * 41 - 1 + batch_count


def test_another_version_after_a_stop_is_met_in_its_dialect() -> None:
    with ForeignInflux("1.8.0") as server:
        sink = InfluxSink(InfluxSettings(url=server.url))
        sink.write(["a b=1 1"])
        server.become("v2.7.1")
        server.script.append((404, {}, b"no such path"))
        outcome = sink.write(["a b=2 2"])
        assert isinstance(outcome.stop, Stop)
        assert sink.write(outcome.rest).stored == 1
        sink.close()
        assert [one.path for one in server.writes()] == ["/write", "/write", "/api/v2/write"]


# Batching


@given(st.lists(st.sampled_from([10, 1_000_000, BATCH_BYTES_MAX, 2 * BATCH_BYTES_MAX]), max_size=9))
def test_batches_keep_order_and_bounds(sizes: list[int]) -> None:
    lines = ["x" * size for size in sizes]
    cut = list(batches(lines, 3))
    assert [line for batch in cut for line in batch] == lines
    assert all(0 < len(batch) <= 3 for batch in cut)
    assert all(
        len(batch) == 1 or sum(len(line) + 1 for line in batch) <= BATCH_BYTES_MAX for batch in cut
    )
