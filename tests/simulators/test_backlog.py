"""What was kept is told once, in its order, by copies that begin where the others stood."""

import numpy as np

from simulators.backlog import Backlog
from simulators.beat_records import AP_DTYPE, GATEWAY_DTYPE, STALE_NS, Piece
from simulators.scenario import Kind, Scenario, Sender
from tests.simulators.town_worlds import at, once, readings_of, run_of
from vocabulary.metrics import code_of


def test_copies_are_taken_just_before_and_walk_as_far_as_has_arrived() -> None:
    aps, gateways = np.zeros(3, dtype=AP_DTYPE), np.zeros(2, dtype=GATEWAY_DTYPE)
    aps["gateway_ix"] = [1, 0, 1]
    aps["piece_at"] = 7
    made = Backlog([[], [Piece(100, 200, 300, 0.1)]], aps, gateways)
    made.prepare(100, aps, gateways)
    assert made.walk(100) is None
    aps["clients"] = 5
    made.prepare(150, aps, gateways)
    assert made.walk(300) is None
    walk = made.walk(305)
    assert walk is not None
    assert sorted(walk.chosen.tolist()) == [0, 2]
    assert walk.until_ns.tolist() == [0, 150]
    assert walk.aps["clients"].tolist() == [5, 0, 5]
    assert walk.aps["piece_at"].tolist() == [0, 7, 0]
    assert walk.aps["shut_ns"][0] == STALE_NS
    last = made.walk(1_000)
    assert last is not None
    assert last.until_ns.tolist() == [0, 200]
    assert made.walk(2_000) is None


def test_everything_of_a_cut_comes_later_marked_and_nothing_twice() -> None:
    calm = readings_of(run_of(Scenario(), seconds=2_400))
    scene = Scenario(
        trouble=(once(Kind.BACKHAUL_CUT, "bh-0000", 600, 600),), sender=Sender(flush_factor=10.0)
    )
    cut = readings_of(run_of(scene, seconds=2_400))
    ok = code_of("wifi/ok")

    def beats(readings: object, historical: bool | None = None) -> set[tuple[int, int]]:
        mine = readings.metric == ok  # type: ignore[attr-defined]
        if historical is not None:
            mine &= readings.historical == historical  # type: ignore[attr-defined]
        rows = np.stack([readings.node_ix[mine], readings.ts_ns[mine]]).T  # type: ignore[attr-defined]
        made = {(int(node), int(ts)) for node, ts in rows}
        assert len(made) == len(rows), "a beat came twice"
        return made

    assert beats(cut) == beats(calm)
    kept = {ts for _node, ts in beats(cut, historical=True) if ts > at(120)}
    assert min(kept) >= at(600)
    assert max(kept) <= at(1_206)
    order = cut.ts_ns[cut.historical & (cut.ts_ns > at(120))]
    assert np.all(np.diff(order) >= 0), "first things first"
    lag = cut.arrival_ns[cut.historical].max()
    assert lag <= at(1_206 + 61)
