"""The account of a crash run: each kind of fault in it is found, and nothing else."""

from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.ledger_reader import Account, Outage
from processing.intervals import Cause, IntervalState, Level, Reason, Status
from simulators import access_point
from simulators.crash_account import (
    FINDINGS_MAX,
    SLACK_NS,
    Away,
    Figures,
    compare_accounts,
    compare_outages,
    compare_spools,
    compare_street,
    stored_values,
)
from simulators.installation import town
from simulators.real_street import RealStreet
from simulators.sds011_board import Sds011Board, Sent
from simulators.servers import InfluxDb
from simulators.spool_harvest import Harvest, Reading
from tests.simulators.spooled import Spooled
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS, NS_PER_S

GATEWAY, AP, SENSOR = "gw-1", "ap-1-1", "air-1-1"
INVENTORY = town(gateways=1, aps_each=1, sensors_each=1)
AT_NS = 1_800_000_000 * NS_PER_S
STATUS = access_point.Status(AT_NS, 3, 100, 200, 9)
FRAME = Sent(AT_NS, 1, 5_001, settled=True)
_databases = count()


class Database:
    """A database of its own, to be written to and compared with."""

    def __init__(self, server: InfluxDb) -> None:
        settings = InfluxSettings(server.url, database=f"crashed{next(_databases)}")
        self._sink, self.reader = InfluxSink(settings), InfluxReader(settings)
        self._sink.probe()
        self._ms = count(AT_NS // NS_PER_MS)

    def write(self, measurement: str, tags: dict[str, str], **fields: float | bool) -> None:
        """One point with a time of its own."""
        line = render(measurement, {"gateway": GATEWAY, **tags}, dict(fields), next(self._ms))
        assert self._sink.write([line]).stored == 1

    def status(self) -> None:
        """``STATUS`` as the host stores it."""
        usage = {"clients": 3, "rx_bytes": 100, "tx_bytes": 200, "uptime_s": 9}
        self.write("wifi_usage", {"ap": AP}, **usage)

    def frame(self) -> None:
        """``FRAME`` as the host stores it."""
        self.write("sensor", {"sensor": SENSOR}, pm2_5_ugm3=0.1, pm10_ugm3=500.1)


@pytest.fixture
def database(influx: InfluxDb) -> Database:
    return Database(influx)


@pytest.fixture
def street(tmp_path: Path) -> RealStreet:
    made = RealStreet(INVENTORY, seed=1, beat_s=1, directory=tmp_path)
    made.access_points[AP].sent.append(STATUS)
    made.boards[SENSOR] = board = Sds011Board(0, lambda _now_ns: (1, 2))
    board.sent.append(FRAME)
    return made


def against_street(street: RealStreet, database: Database, *away: Away) -> Figures:
    figures = Figures()
    compare_street(figures, street, database.reader, INVENTORY, away)
    return figures


def test_every_reading_of_the_database_is_named(database: Database) -> None:
    database.status()
    database.write("wifi_usage", {"ap": AP}, clients=3, device_ms=1_000)
    database.write("wifi_check", {"ap": AP}, ok=True, seq=4)
    database.write("gateway", {}, uptime_s=5)
    database.write("completeness", {}, expected=5)
    found = stored_values(database.reader)
    assert found.total() == 8
    assert found[Reading(AP, "wifi_usage", "clients", 3)] == 2
    assert found[Reading(AP, "wifi_check", "ok", True)] == 1
    assert found[Reading(GATEWAY, "gateway", "uptime_s", 5)] == 1


def test_all_that_was_said_is_stored(street: RealStreet, database: Database) -> None:
    database.status()
    database.frame()
    assert against_street(street, database) == Figures(said=2)


def test_said_and_not_stored_is_missing(street: RealStreet, database: Database) -> None:
    database.status()
    figures = against_street(street, database)
    assert (figures.missing, figures.unheard) == (1, 0)
    assert SENSOR in figures.findings[0]


@pytest.mark.parametrize("off_ns", [-SLACK_NS, 0, SLACK_NS])
def test_said_to_a_dead_gateway_is_unheard(
    street: RealStreet, database: Database, off_ns: int
) -> None:
    away = Away(GATEWAY, AT_NS + off_ns, AT_NS + off_ns, deaf=True)
    assert against_street(street, database, away) == Figures(said=2, unheard=2)


@pytest.mark.parametrize(
    "away",
    [
        Away(GATEWAY, AT_NS, AT_NS, deaf=False),
        Away("gw-2", AT_NS, AT_NS, deaf=True),
        Away(GATEWAY, AT_NS + SLACK_NS + 1, AT_NS + NS_PER_S * 9, deaf=True),
        Away(GATEWAY, AT_NS - NS_PER_S * 9, AT_NS - SLACK_NS - 1, deaf=True),
    ],
)
def test_a_frozen_gateway_another_one_and_another_time_excuse_nothing(
    street: RealStreet, database: Database, away: Away
) -> None:
    assert against_street(street, database, away).missing == 2


def test_stored_twice_and_invented(street: RealStreet, database: Database) -> None:
    for _time in range(2):
        database.status()
    database.frame()
    database.write("sensor", {"sensor": SENSOR}, pm2_5_ugm3=0.7, pm10_ugm3=0.8)
    figures = against_street(street, database)
    assert (figures.stored_twice, figures.invented, figures.missing) == (1, 1, 0)
    assert len(figures.findings) == 2


@pytest.fixture
def recorded(tmp_path: Path) -> dict[str, Harvest]:
    spooled = Spooled(tmp_path / "gateway")
    for ts_ms in range(3):
        spooled.record(AP, ts_ms, wifi__clients=3, wifi__uptime_s=ts_ms)
    harvest = Harvest(GATEWAY, tmp_path / "gateway")
    harvest.look()
    return {GATEWAY: harvest}


def against_spools(recorded: dict[str, Harvest], stored: Counter[Reading]) -> Figures:
    figures = Figures()
    compare_spools(figures, recorded, stored)
    return figures


def test_recorded_and_stored_alike(recorded: dict[str, Harvest]) -> None:
    stored = recorded[GATEWAY].readings()
    assert against_spools(recorded, stored) == Figures(records=3, produced=6, stored=6)


def test_each_difference_between_recorded_and_stored_is_found(
    recorded: dict[str, Harvest],
) -> None:
    stored = recorded[GATEWAY].readings()
    stored[Reading(AP, "wifi_usage", "clients", 3)] += 2
    del stored[Reading(AP, "wifi_usage", "uptime_s", 1)]
    stored[Reading(AP, "wifi_usage", "uptime_s", 77)] += 1
    figures = against_spools(recorded, stored)
    assert (figures.missing, figures.stored_twice, figures.invented) == (1, 2, 1)
    assert len(figures.findings) == 3


def test_a_record_that_was_never_on_the_disk_is_found(recorded: dict[str, Harvest]) -> None:
    harvest = recorded[GATEWAY]
    del harvest.bodies[min(harvest.bodies)]
    assert "1 numbered" in against_spools(recorded, harvest.readings()).findings[0]


def account(epoch: int, **changed: int) -> Account:
    counts = dict.fromkeys(
        ("pending", "late", "duplicate", "quarantined", "lost", "skipped", "shed"), 0
    )
    counts |= dict.fromkeys(("committed", "expected", "received"), 3)
    return Account(gateway=GATEWAY, epoch=epoch, **(counts | changed))


def against_ledger(recorded: dict[str, Harvest], **changed: int) -> Figures:
    (epoch,) = recorded[GATEWAY].offsets
    figures = Figures()
    compare_accounts(figures, recorded, [account(epoch, **changed)])
    return figures


def test_numbered_and_received_alike(recorded: dict[str, Harvest]) -> None:
    assert against_ledger(recorded, duplicate=5, late=2) == Figures(duplicates_refused=5)


@pytest.mark.parametrize(
    "what", ["received", "expected", "committed", "pending", "quarantined", "shed"]
)
def test_any_difference_in_the_ledger_is_found(recorded: dict[str, Harvest], what: str) -> None:
    assert len(against_ledger(recorded, **{what: 2}).findings) == 1


@pytest.mark.parametrize("what", ["lost", "skipped"])
def test_what_is_declared_lost_is_counted(recorded: dict[str, Harvest], what: str) -> None:
    figures = against_ledger(recorded, **{what: 2})
    assert figures.declared_lost == 2
    assert len(figures.findings) == 1


def test_epochs_that_only_one_side_knows_are_found(recorded: dict[str, Harvest]) -> None:
    figures = Figures()
    compare_accounts(figures, recorded, [account(1)])
    assert len(figures.findings) == 2


def outage(level: Level, node: str, start_ns: int) -> Outage:
    return Outage(
        node=node,
        level=level,
        version=1,
        start_ms=start_ns // NS_PER_MS,
        end_ms=None,
        state=IntervalState.DOWN,
        reason=Reason.SILENCE,
        cause=Cause.GATEWAY,
        incident="",
        status=Status.PROVISIONAL,
        recorded_ms=0,
        site="market",
        area="riverside",
        name="Market",
    )


@pytest.mark.parametrize(
    ("row", "false"),
    [
        (outage(Level.GATEWAY, GATEWAY, AT_NS), 0),
        (outage(Level.GATEWAY, GATEWAY, AT_NS + 9 * NS_PER_S), 1),
        (outage(Level.GATEWAY, "gw-2", AT_NS), 1),
        (outage(Level.AP, AP, AT_NS), 1),
        (outage(Level.AP, AP, AT_NS + 60 * NS_PER_S), 0),
    ],
)
def test_only_a_gateway_that_was_hit_was_down(row: Outage, false: int) -> None:
    figures = Figures()
    hit = [Away(GATEWAY, AT_NS, AT_NS + NS_PER_S, deaf=False)]
    compare_outages(figures, [row], hit, end_ns=AT_NS + 60 * NS_PER_S)
    assert (figures.false_outages, len(figures.findings)) == (false, false)


def test_findings_are_bounded() -> None:
    figures = Figures()
    for number in range(2 * FINDINGS_MAX):
        figures.find(str(number))
    assert len(figures.findings) == FINDINGS_MAX
