"""A host may die at any moment: what it had not committed comes again, and nothing shows.

The real ledger, the real file of lines, the real processor; only the gateway is a list of
messages that sends again whatever was not committed, as gateways do.
"""

import functools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from ingest.line_file import LineFile
from ingest.line_points import PointKey, distinct_points
from ingest.pipeline import Batch, Pipeline
from tests.ingest.node_messages import (
    EPOCH,
    KEY,
    TOWN,
    Node,
    at_ms,
    at_ns,
    commits_in,
    pipeline_of,
)
from vocabulary import delivery
from vocabulary.payload import Value

TURN_S = 2.5
TURNS = 64
SETTLE_TURNS = 5
HOUSE = msgspec.structs.replace(TOWN, gateway=TOWN.gateway[:1], access_point=TOWN.access_point[:2])
DARK = range(40, 100)
"""Seconds in which an access point does not answer."""
OF_THE_HOST = {"completeness", "node_state"}
"""What the host said of itself and its screens at the time, on its own clock."""
END_S = TURNS * TURN_S


class Death(StrEnum):
    """Where in the life of a batch the host dies."""

    BEFORE_STORE = "before"
    AFTER_LINES = "between"
    AFTER_LEDGER = "after"


class Record(NamedTuple):
    """One record of the gateway's spool."""

    second: float
    device: str
    values: dict[str, Value | None]


def records() -> Iterator[Record]:
    """What one gateway samples: beats, statuses and its own heartbeat, in order of time."""
    for tenth in range(0, int(END_S * 10), 25):
        second = tenth / 10
        if tenth % 50 == 0:
            yield Record(second, "", {"gateway/uplink_ok": True})
        for ix, device in enumerate(("ap-1", "ap-2")):
            if tenth % 100 == 25 * (ix + 1):
                dark = device == "ap-1" and int(second) in DARK
                yield Record(second, device, {"wifi/ok": not dark})
                if not dark:
                    yield Record(second + 0.1, device, _status(tenth, ix))


def _status(tenth: int, ix: int) -> dict[str, Value | None]:
    uptime_s = 1_000 + tenth // 10
    return {
        "wifi/clients": (tenth // 100 + ix) % 7,
        "wifi/rx_bytes": uptime_s * 1_000,
        "wifi/tx_bytes": uptime_s * 7_000,
        "wifi/uptime_s": uptime_s,
    }


STREAM = list(records())


@dataclass(frozen=True, repr=False)
class Found:
    """What is left when all is over."""

    points: dict[PointKey, dict[str, Any]]
    totals: list[tuple[int, ...]]
    outages: list[tuple[Any, ...]]
    incidents: list[tuple[Any, ...]]
    received: int

    def __repr__(self) -> str:
        return f"Found({self.received} records, {len(self.points)} points)"

    def points_other_than(self, other: "Found") -> dict[PointKey, tuple[Any, Any]]:
        """Where two runs differ: what each has."""
        keys = [*self.points, *(key for key in other.points if key not in self.points)]
        pairs = {key: (self.points.get(key), other.points.get(key)) for key in keys}
        return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


class Run:
    """One host after another over the same disk."""

    def __init__(self, directory: Path, *, store_turns: int) -> None:
        self.directory, self.store_turns = directory, store_turns
        self.node = Node()
        self.sent = 0
        self.committed = 0
        self.in_flight: tuple[int, Batch] | None = None
        self.sink = LineFile(directory / "points.lp")
        self.ledger = Ledger.open(directory / "ledger.sqlite")
        self.pipeline = self._host(0.0)

    def _host(self, second: float) -> Pipeline:
        made = pipeline_of(self.ledger, second=second, commit_s=5.0, inventory=HOUSE)
        for message in self.node.births("ap-1", "ap-2", second=second):
            made.receive(message)
        return made

    def _send(self, offset: int, second: float) -> None:
        record = STREAM[offset]
        ts_ms = at_ms(record.second)
        own = {delivery.TIME_MONOTONIC: ts_ms}  # of the record, however often it is sent
        self.pipeline.receive(
            self.node.data(record.values, offset, second, record.device, ts_ms=ts_ms, numbers=own)
        )

    def turn(self, number: int, death: Death | None) -> None:
        """One round of the host; it may die in it, and its successor begin."""
        second = number * TURN_S
        while self.sent < len(STREAM) and STREAM[self.sent].second <= second:
            self._send(self.sent, second)
            self.sent += 1
        self.pipeline.advance(at_ns(second))
        self._store(number, death)
        batch = self.pipeline.next_batch(at_ns(second))
        if batch is not None:
            self.in_flight = (number + self.store_turns, batch)
        if death is not None:
            self._die(second)
        self._commit(second)

    def _store(self, number: int, death: Death | None) -> None:
        if self.in_flight is None or self.in_flight[0] > number or death is Death.BEFORE_STORE:
            return
        batch = self.in_flight[1]
        assert self.sink.write(batch.lines).settled
        if death is Death.AFTER_LINES:
            return
        self.ledger.store(batch.ledger)
        if death is None:
            self.pipeline.stored(batch)
            self.in_flight = None

    def _commit(self, second: float) -> None:
        for gateway, epoch, below in commits_in(self.pipeline.commands(at_ns(second))):
            assert (gateway, epoch) == KEY
            assert below <= self.ledger.load().prefixes.get(KEY, 0)  # never ahead
            self.committed = max(self.committed, below)

    def _die(self, second: float) -> None:
        self.in_flight = None
        self.sink.close()
        self.ledger.close()
        self.sink = LineFile(self.directory / "points.lp")
        self.ledger = Ledger.open(self.directory / "ledger.sqlite")
        self.pipeline = self._host(second)
        for offset in (*range(self.committed, self.sent), *range(max(0, self.sent - 9), self.sent)):
            self._send(offset, second)
        self.pipeline.advance(at_ns(second))

    def end(self) -> Found:
        """Store what is left and read everything back from disk."""
        for number in range(TURNS + 1, TURNS + SETTLE_TURNS):
            self.turn(number, None)
        assert self.committed == len(STREAM)
        found = self._found()
        self.sink.close()
        self.ledger.close()
        return found

    def _found(self) -> Found:
        aps = self.pipeline.state.aps
        names = ("device_ms", "unobserved_ms", "rx_total_bytes", "tx_total_bytes")
        totals = list(zip(*(aps[name].tolist() for name in names), strict=True))
        with LedgerReader(self.ledger.path) as reader:
            states = ("down", "unobserved", "observed_up")
            outages = [
                (row.level, row.node, row.start_ms, row.end_ms, row.state, row.cause, row.incident)
                for row in reader.outages(states=states)
            ]
            incidents = [
                (row.incident, row.node, row.cause, row.start_ms, row.end_ms, row.members)
                for row in reader.incidents()
            ]
            (account,) = reader.accounts()
        assert account.epoch == EPOCH
        assert account.expected == account.received
        points = distinct_points(self.directory / "points.lp")
        for key, fields in points.items():
            if key.measurement == "outage":
                del fields["version"], fields["status"]
        counted = {
            key: held
            for key, held in points.items()
            if key.measurement not in OF_THE_HOST and held.get("state") != "withdrawn"
        }
        return Found(counted, totals, outages, incidents, account.received)


def run(directory: Path, deaths: dict[int, Death], *, store_turns: int) -> Found:
    """The whole stream, with deaths at these turns."""
    made = Run(directory, store_turns=store_turns)
    for number in range(TURNS + 1):
        made.turn(number, deaths.get(number))
    return made.end()


@functools.cache
def unbroken() -> Found:
    with tempfile.TemporaryDirectory() as directory:
        return run(Path(directory), {}, store_turns=0)


def test_the_unbroken_run_is_worth_comparing_with() -> None:
    found = unbroken()
    assert found.received == len(STREAM)
    assert [(row[1], row[4]) for row in found.outages] == [("ap-1", "down")]
    assert len(found.incidents) == 1
    assert found.totals[0][0] > 0
    assert found.totals[0][2] > 100_000


DEATHS = st.dictionaries(st.integers(0, TURNS), st.sampled_from(Death), max_size=5)
APART_TURNS = 5
"""Deaths so far apart let a batch be stored between them, so no host is blind for a beat."""


def apart(deaths: dict[int, Death]) -> dict[int, Death]:
    """Those deaths that leave the host before them time to store something."""
    kept: dict[int, Death] = {}
    for turn in sorted(deaths):
        if turn - max(kept, default=-APART_TURNS) >= APART_TURNS:
            kept[turn] = deaths[turn]
    return kept


@settings(max_examples=15)
@given(deaths=DEATHS, store_turns=st.integers(0, 2))
def test_wherever_it_dies_nothing_shows(
    tmp_path_factory: pytest.TempPathFactory, deaths: dict[int, Death], store_turns: int
) -> None:
    found = run(tmp_path_factory.mktemp("broken"), apart(deaths), store_turns=store_turns)
    expected = unbroken()
    assert found.received == expected.received
    assert found.totals == expected.totals
    assert found.outages == expected.outages
    assert found.incidents == expected.incidents
    assert found.points_other_than(expected) == {}


@settings(max_examples=15)
@given(deaths=DEATHS, store_turns=st.integers(0, 2))
def test_however_often_it_dies_no_reading_is_lost_or_counted_twice(
    tmp_path_factory: pytest.TempPathFactory, deaths: dict[int, Death], store_turns: int
) -> None:
    found = run(tmp_path_factory.mktemp("broken"), deaths, store_turns=store_turns)
    expected = unbroken()
    assert found.received == expected.received
    assert found.totals == expected.totals
    other = found.points_other_than(expected)
    assert [key for key in other if key.measurement != "outage"] == []
