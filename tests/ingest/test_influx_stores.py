"""Lines go where their measurement is kept, and a halt loses none of them."""

from collections.abc import Sequence

from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.influx_stores import InfluxStores, settings_of, store_of
from ingest.sink import DeadLine, Retry, Stop, WriteOutcome
from simulators.servers import InfluxDb
from vocabulary.line_protocol import render
from vocabulary.measurements import Store

USAGE = "usage_hour,ap=a device_ms=1i 1000"
SERVICE = "service_hour,ap=a up_ms=1i 1000"
RAW = ["wifi_usage,ap=a device_ms=1i 1000", "detector readings=1i 1000"]


class Book:
    """A sink that keeps what it is given, or halts."""

    def __init__(self, settings: InfluxSettings) -> None:
        self.settings, self.lines, self.halt = settings, list[str](), False

    def probe(self) -> str | Retry | Stop:
        return self.settings.database

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        if self.halt:
            return WriteOutcome(rest=tuple(lines), retry=Retry("busy", 3.0))
        self.lines += lines
        return WriteOutcome(len(lines) - 1, (DeadLine(lines[-1], "bad"),))

    def close(self) -> None:
        self.lines.clear()


def stores() -> tuple[InfluxStores, dict[str, Book]]:
    books: dict[str, Book] = {}

    def opening(settings: InfluxSettings) -> Book:
        return books.setdefault(settings.database, Book(settings))

    return InfluxStores(InfluxSettings("http://h", database="town"), opening), books


def test_a_line_knows_its_store() -> None:
    assert [store_of(line) for line in (*RAW, USAGE, SERVICE)] == [
        Store.RAW,
        Store.RAW,
        Store.USAGE,
        Store.HOURS,
    ]
    assert store_of("stranger x=1 5") is Store.RAW
    assert store_of("nonsense") is Store.RAW


def test_each_line_goes_to_its_database_in_order() -> None:
    made, books = stores()
    assert made.probe() == "town"
    outcome = made.write([SERVICE, *RAW, USAGE])
    assert books["town"].lines == RAW
    assert books["town_usage"].lines == [USAGE]
    assert books["town_hours"].lines == [SERVICE]
    assert (outcome.stored, len(outcome.dead)) == (1, 3)
    made.close()
    assert not books["town"].lines


def test_a_halt_of_one_leaves_the_rest_of_all() -> None:
    made, books = stores()
    books["town"].halt = True
    outcome = made.write([SERVICE, *RAW, USAGE])
    assert outcome.rest == (*RAW, USAGE)
    assert outcome.retry == Retry("busy", 3.0)
    assert outcome.stored + len(outcome.dead) + len(outcome.rest) == 4


def test_a_bucket_may_have_a_name_of_its_own() -> None:
    made = settings_of(InfluxSettings("http://h", database="a", bucket="b"), Store.HOURS)
    assert (made.database, made.bucket_name) == ("a_hours", "b_hours")


def test_three_databases_on_a_real_server(influx: InfluxDb) -> None:
    settings = InfluxSettings(influx.url, database="three")
    sink = InfluxStores(settings)
    lines = [
        render("wifi_usage", {"ap": "a"}, {"device_ms": 1}, 1_000),
        render("service_hour", {"ap": "a"}, {"up_ms": 2}, 1_000),
        render("usage_hour", {"ap": "a"}, {"device_ms": 3}, 1_000),
    ]
    assert sink.write(lines) == WriteOutcome(3)
    sink.close()
    for store, asked, held in (
        (Store.RAW, "SELECT device_ms FROM wifi_usage", 1),
        (Store.HOURS, "SELECT up_ms FROM service_hour", 2),
        (Store.USAGE, "SELECT device_ms FROM usage_hour", 3),
    ):
        reader = InfluxReader(settings_of(settings, store))
        (row,) = reader.query(asked)
        assert held in row.values()
        reader.query(f'DROP DATABASE "{reader.settings.database}"')
        reader.close()
