"""The stage: two brokers, each behind its proxy; what was written down is evidence."""

from pathlib import Path

from simulators.conformance.stage import Recording, open_stage, wall_ns


async def test_two_brokers_behind_two_proxies(tmp_path: Path) -> None:
    before_ns = wall_ns()
    async with open_stage(tmp_path) as stage:
        ports = [one.port for one in stage.brokers] + [one.port for one in stage.proxies]
        assert len(set(ports)) == 4
        async with stage.client("one"):
            pass
        stage.fact("calm", True, "nobody spoke")
        (session,) = stage.sessions("one")
        assert (session.broker, stage.sessions("one", "B")) == ("A", [])
        assert before_ns <= session.connect_ns <= wall_ns()
        seen = Recording(stage.log, stage.facts).evidence
    assert [one.name for one in seen.facts] == ["calm"]
    assert len(seen.sessions) == 1


def test_a_drive_writes_down_what_no_packet_shows(recording: Recording) -> None:
    assert {one.name for one in recording.facts} >= {
        "births_wait",
        "old_offline_ignored",
        "reorder_success",
        "ndeath_node_stale",
    }
