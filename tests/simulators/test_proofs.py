"""Proofs of life: fresh answers and heartbeats, and nothing else."""

from processing.columns import Reading, readings_of
from simulators.proofs import proofs_in
from tests.simulators.beat_world import HEARTBEAT, OK, Plan, city_of
from vocabulary.metrics import code_of

CITY = city_of(Plan(gateways=2, aps_per_gateway=2))
CLIENTS = code_of("wifi/clients")


def row(node_ix: int, metric: int, value: float = 1.0, **rest: object) -> Reading:
    return Reading(5_000_000, 7, node_ix, metric, value)._replace(**rest)  # type: ignore[arg-type]


def test_what_counts() -> None:
    rows = [
        row(0, OK),
        row(1, OK, 0.0),  # no answer
        row(2, OK, historical=True),
        row(3, CLIENTS),
        row(4, HEARTBEAT, 0.0),  # it says that its link is down, so it lives
        row(5, OK),  # a gateway is no access point
        row(0, HEARTBEAT),
    ]
    proofs = proofs_in(CITY, readings_of(rows))
    assert proofs.stream_ix.tolist() == [0, 4]
    assert proofs.at_ns.tolist() == [7, 7]
    assert proofs.sent_ms.tolist() == [5, 5]  # event time, for nobody told a monotonic one


def test_the_monotonic_clock_outranks_event_time() -> None:
    proofs = proofs_in(CITY, readings_of([row(0, OK, mono_ms=123, boot=9)]))
    assert (proofs.sent_ms.tolist(), proofs.boot.tolist()) == ([123], [9])


def test_nothing_is_nothing() -> None:
    assert proofs_in(CITY, readings_of([])).at_ns.size == 0
