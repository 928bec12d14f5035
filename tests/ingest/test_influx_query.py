"""InfluxQL answers as rows, and refusals as errors with a remedy."""

import pytest

from ingest.errors import DatabaseAway, QueryRefused
from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from simulators.servers import InfluxDb, free_port
from tests.ingest.foreign_influx import ForeignInflux


def test_rows_carry_their_tags_and_times_in_milliseconds(influx: InfluxDb) -> None:
    settings = InfluxSettings(url=influx.url, database="query-rows")
    sink, reader = InfluxSink(settings), InfluxReader(settings)
    sink.write(
        ["beat,ap=a,site=s clients=1i 1000", 'beat,ap=b,site=s clients=2i,why="ü \\"x\\"" 2000']
    )
    rows = reader.query(
        "SELECT clients, why FROM beat GROUP BY ap; SELECT count(clients) FROM beat"
    )
    assert rows == [
        {"ap": "a", "time": 1_000, "clients": 1, "why": None},
        {"ap": "b", "time": 2_000, "clients": 2, "why": 'ü "x"'},
        {"time": 0, "count": 2},
    ]
    assert reader.query("SELECT * FROM nothing") == []
    sink.close()
    reader.close()


def test_a_wrong_question_is_refused_with_the_reason(influx: InfluxDb) -> None:
    reader = InfluxReader(InfluxSettings(url=influx.url, database="query-wrong"))
    with pytest.raises(QueryRefused) as caught:
        reader.query("SELEC")
    assert "found SELEC" in str(caught.value)
    with pytest.raises(QueryRefused) as caught:
        reader.query("SELECT * FROM beat")  # no such database: 200, with the error inside
    assert "database not found" in caught.value.reason
    reader.close()


def test_no_answer_is_an_error_of_the_world() -> None:
    reader = InfluxReader(InfluxSettings(url=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(DatabaseAway) as caught:
        reader.query("SHOW DATABASES")
    assert caught.value.remedy
    reader.close()


@pytest.mark.parametrize("body", [b"<html>", b'{"results":7}', b"[" * 100_000])
def test_an_answer_that_is_none_is_an_error_of_the_world(body: bytes) -> None:
    with ForeignInflux() as server:
        server.script.append((200, {}, body))
        reader = InfluxReader(InfluxSettings(url=server.url))
        with pytest.raises(DatabaseAway):
            reader.query("SHOW DATABASES")
        reader.close()


def test_the_request_names_database_policy_and_unit_of_time() -> None:
    with ForeignInflux() as server:
        server.script.append((200, {}, b'{"results":[{"statement_id":0}]}'))
        settings = InfluxSettings(url=server.url, database="town", retention_policy="raw")
        reader = InfluxReader(settings)
        assert reader.query("SELECT 1") == []
        reader.close()
        (asked,) = server.asked
    assert asked.params == {"db": "town", "rp": "raw", "epoch": "ms", "q": "SELECT 1"}
