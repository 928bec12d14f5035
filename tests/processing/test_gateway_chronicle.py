"""Gateways that go dark, with the cause that the kernel saw, and those never seen."""

import numpy as np

from processing.book import Book
from processing.gateway_chronicle import GatewayChronicle
from processing.intervals import Cause, Level
from processing.settings import Settings
from tests.processing.asked_street import Spans, run, town_of

CITY = town_of(gateways=4, aps=12, backhauls=2)


def test_nothing_is_said_before_something_happens() -> None:
    shown = np.zeros(CITY.ap_count, dtype=np.int8)
    made = GatewayChronicle(Book(), shown, CITY, Settings())
    assert (made.changes, made.intervals, made.evidence) == ([], [], [])


def test_a_backhauls_incident_ends_with_its_last_gateway() -> None:
    gone: Spans = {"g0": [(300.0, 400.0)], "g2": [(300.0, 460.0)]}
    told, _, _ = run(CITY, 600.0, gone=gone)
    (row,) = told.latest_incidents().values()
    assert (row.level, row.node, row.cause) == (Level.BACKHAUL, "b0", Cause.BACKHAUL)
    ends = {r.node: r.end_ms for r in told.intervals if r.level is Level.GATEWAY and r.end_ms}
    assert row.end_ms == max(ends.values())
    assert len({one.incident for one in told.incidents}) == 1


def test_a_gateway_alone_is_its_own_incident() -> None:
    told, _, _ = run(CITY, 600.0, gone={"g1": [(300.0, 400.0)]})
    (row,) = told.latest_incidents().values()
    assert (row.level, row.node) == (Level.GATEWAY, "g1")
