"""What the screens show is what the host thinks, and nothing of a dark place."""

import pytest

from ingest.ledger_rows import LedgerContents
from ingest.pipeline import Pipeline
from processing.changes import NodeChange, NodeState
from processing.intervals import Cause, Level, Reason
from processing.settings import Settings
from simulators.clock import EPOCH_NS
from simulators.demo_view import WORDS, View, build, clock_text
from simulators.neighbourhood import build as neighbourhood
from vocabulary.units import NS_PER_MS

START_MS = EPOCH_NS // NS_PER_MS
INVENTORY = neighbourhood(1, 600.0).inventory


def pipeline() -> Pipeline:
    return Pipeline(
        INVENTORY,
        Settings(),
        contents=LedgerContents(0, None, {}),
        commit_s=1.0,
        pending_bytes_max=1 << 20,
        now_ns=EPOCH_NS,
    )


def view(host: Pipeline) -> View:
    return build(
        host,
        INVENTORY,
        start_ms=START_MS,
        now_ms=START_MS + 61_500,
        end_s=600.0,
        backlog_records=3,
    )


def change(
    node: str, state: NodeState, cause: Cause = Cause.NONE, reason: Reason = Reason.NONE
) -> NodeChange:
    return NodeChange(node, Level.AP, EPOCH_NS, state, reason, START_MS + 30_000, cause, "")


@pytest.mark.parametrize(
    ("at_s", "text"),
    [(0, "00:00"), (59.9, "00:59"), (61, "01:01"), (6_000, "100:00"), (-3, "00:00")],
)
def test_clock_text(at_s: float, text: str) -> None:
    assert clock_text(at_s) == text


def test_every_state_has_a_shape_and_a_word() -> None:
    assert set(WORDS) == set(NodeState)
    shapes = [word.split(" ")[0] for word in WORDS.values()]
    assert len(set(shapes)) == len(shapes)


def test_before_anybody_was_heard() -> None:
    made = view(pipeline())
    assert (made.at_s, made.end_s, made.readings, made.backlog_records) == (61.5, 600.0, 0, 3)
    assert [row.ap for row in made.rows] == [ap.ap_id for ap in INVENTORY.access_point]
    assert {(row.state, row.cause, row.since, row.devices) for row in made.rows} == {
        ("unknown", "", "", None)
    }
    assert made.devices_by_site == {"North Library": 0, "Market Park": 0, "Main Street": 0}


def test_a_dark_access_point_shows_its_cause_and_no_devices() -> None:
    host = pipeline()
    host.state.aps["clients"] = 7
    host.nodes = {
        (Level.AP, "ap-library-1"): change("ap-library-1", NodeState.UP),
        (Level.AP, "ap-library-2"): change("ap-library-2", NodeState.SUSPECT, Cause.ACCESS_POINT),
        (Level.AP, "ap-library-3"): change("ap-library-3", NodeState.DOWN, Cause.ACCESS_POINT),
        (Level.AP, "ap-library-4"): change(
            "ap-library-4", NodeState.UNOBSERVED, reason=Reason.BLIND_VIA_GATEWAY
        ),
    }
    made = view(host)
    shown = [(row.state, row.cause, row.since, row.devices) for row in made.rows[:4]]
    assert shown == [
        ("up", "", "00:30", 7),
        ("suspect", "", "00:30", 7),
        ("down", "access point", "00:30", None),
        ("unobserved", "blind via gateway", "00:30", None),
    ]
    assert made.devices_by_site["North Library"] == 14
