"""The fast path against the full one: the same seed, the same beats, the same ledger.

The tolerance, where records come late: the fast path sends backlog evenly at the gateway's own
limit, the agent in a window with commits between. So a status more or less of the backlog may find
its gap; bytes and intervals are the same to the last digit.
"""

from pathlib import Path

import numpy as np
import pytest

from ingest.ledger_reader import LedgerReader
from processing.intervals import Interval, IntervalState
from simulators.full_path import FullPath, scratch_directory
from simulators.nature import BROKER, HOST
from simulators.scenario import Kind, Link, Scenario
from tests.simulators.town_worlds import SEED, once, run_of, seen

APS = 60
NOTE = f"seed {SEED}"
TROUBLE = (
    once(Kind.AP_CRASH, "ap-00000-001", 200, 150),
    once(Kind.GATEWAY_POWER, "gw-00001", 450, 200),
    once(Kind.BACKHAUL_CUT, "bh-0000", 900, 180),
    once(Kind.FEEDER_OUT, "fd-00000", 1_300, 240),
    once(Kind.GATEWAY_EXIT, "gw-00000", 1_700, 120),
)
Row = tuple[str, str, str, str, int, int | None]


def standing(rows: list[Interval]) -> set[Row]:
    last = {(row.level, row.node, row.start_ms): row for row in rows}
    return {
        (row.level, row.node, row.state, row.cause, row.start_ms, row.end_ms)
        for row in last.values()
        if row.state is not IntervalState.WITHDRAWN
    }


def played(scene: Scenario, seconds: float) -> tuple[FullPath, set[Row]]:
    with scratch_directory() as scratch:
        path = Path(scratch) / "ledger.sqlite"
        full = FullPath(run_of(scene, aps=APS, seconds=seconds), path)
        assert full.run()
        with LedgerReader(path) as ledger:
            rows = ledger.outages(states=("down", "unobserved", "observed_up"))
        full.close()
    return full, standing(list(rows))


def test_outages_and_bytes_are_the_same_to_the_last_digit() -> None:
    scene = Scenario(link=Link(loss=0.02), trouble=TROUBLE)
    fast_run = run_of(scene, aps=APS, seconds=2_100)
    fast = seen(fast_run)
    full, rows = played(scene, 2_100)
    assert standing(fast.intervals) == rows, NOTE
    assert any(row[2] == "down" for row in rows)
    ours, theirs = fast.state.aps, full.host.pipeline.state.aps
    for name in ("rx_total_bytes", "tx_total_bytes"):
        assert np.array_equal(ours[name], theirs[name]), f"{name}, {NOTE}"
    assert full.truth() == fast_run.truth()
    device, known = ours["device_ms"].sum(), theirs["device_ms"].sum()
    assert abs(int(device) - int(known)) <= 0.01 * known, NOTE


def test_in_a_calm_run_every_figure_is_the_same() -> None:
    scene = Scenario(link=Link(loss=0.02))
    fast = seen(run_of(scene, aps=APS, seconds=900))
    full, rows = played(scene, 900)
    assert standing(fast.intervals) == rows, NOTE
    theirs = full.host.pipeline.state.aps
    for name in ("state", "device_ms", "unobserved_ms", "rx_total_bytes", "tx_total_bytes"):
        assert np.array_equal(fast.state.aps[name], theirs[name]), f"{name}, {NOTE}"
    assert full.host.pipeline.intake.declared_lost == 0


@pytest.mark.parametrize(
    ("kind", "node", "length_s"),
    [(Kind.BROKER_RESTART, BROKER, 10), (Kind.PROCESSOR_PAUSE, HOST, 60)],
)
def test_trouble_of_our_own_darkens_no_access_point_on_either_path(
    kind: Kind, node: str, length_s: float
) -> None:
    scene = Scenario(trouble=(once(kind, node, 400, length_s),))
    fast = seen(run_of(scene, aps=APS, seconds=700))
    full, rows = played(scene, 700)
    assert standing(fast.intervals) == rows, NOTE
    assert not [row for row in rows if row[0] == "ap" and row[2] == "down"], NOTE
    counts = full.host.pipeline.intake.all_counts()
    assert full.host.pipeline.intake.readings > 0
    assert not [reason for (_gateway, reason), _ in counts.items() if "lost" in reason]


def test_a_run_may_be_stopped_and_is_whole_up_to_there() -> None:
    with scratch_directory() as scratch:
        full = FullPath(run_of(Scenario(), aps=APS, seconds=600), Path(scratch) / "l.sqlite")
        asked = iter([False] * 12 + [True] * 99)
        shares: list[float] = []
        assert not full.run(shares.append, lambda: next(asked))
        assert shares[-1] == pytest.approx(0.2)
        assert full.truth().end_ns == full.clock.now_ns()
        full.close()
