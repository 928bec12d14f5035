"""Questions to a real database, and strangers that give none of its answers."""

import pytest

from dashboards.asking import AddressUnfit, Asking, DatabaseSilent
from simulators.servers import InfluxDb
from tests.ingest.foreign_influx import ForeignInflux


def test_a_question_and_its_answer(influx: InfluxDb) -> None:
    with Asking(influx.url) as asking:
        assert not asking.ask("", "CREATE DATABASE asked").error
        assert asking.ask("asked", "SHOW MEASUREMENTS").points == 0
        told = asking.ask("asked", "SELECT FROM")
        assert "error parsing query" in told.error
        (series,) = asking.ask("", "SHOW DATABASES").series
        assert ["asked"] in series.values


@pytest.mark.parametrize("url", ["influx", "ftp://h", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressUnfit):
        Asking(url)


def test_nobody_and_a_stranger() -> None:
    with Asking("http://127.0.0.1:9") as asking, pytest.raises(DatabaseSilent):
        asking.ask("x", "SHOW DATABASES")
    with ForeignInflux() as server:
        server.script.append((200, {}, b"<html>sign in</html>"))
        with Asking(server.url) as asking, pytest.raises(DatabaseSilent, match="not an InfluxQL"):
            asking.ask("x", "SHOW DATABASES")
