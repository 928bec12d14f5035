"""A whole neighbourhood in one process, looked at from inside."""

from pathlib import Path

from ingest.line_file import LineFile
from ingest.line_points import distinct_points
from processing.settings import Settings
from simulators.neighbourhood import build
from simulators.world import World


def run(tmp_path: Path, seed: int) -> World:
    sink = LineFile(tmp_path / "points.lp")
    sink.probe()
    world = World(
        build(seed, 300),
        seed=seed,
        settings=Settings(),
        sink=sink,
        ledger_path=tmp_path / "ledger.sqlite",
    )
    world.run(300, lambda _share: None)
    world.close()
    sink.close()
    return world


def test_every_gateway_frees_what_the_host_has(tmp_path: Path) -> None:
    world = run(tmp_path, 3)
    for gateway in world.gateways.values():
        assert gateway.agent is not None
        waiting = gateway.agent.spool.backlog_records
        assert waiting < 100, (gateway.configuration.gateway_id, waiting)
        assert gateway.agent.spool.host_acknowledges


def test_every_status_that_was_heard_is_stored_with_its_values(tmp_path: Path) -> None:
    world = run(tmp_path, 5)
    points = distinct_points(tmp_path / "points.lp")
    stored = {
        (dict(key.tags)["ap"], key.ts_ms): fields.get("rx_bytes")
        for key, fields in points.items()
        if key.measurement == "wifi_usage"
    }
    missing = 0
    for ap_id, ap in world.street.access_points.items():
        for status in ap.sent[:-1]:
            found = stored.get((ap_id, round(status.sent_ns / 1e6)))
            missing += found != status.rx_bytes
    assert missing == 0


def test_usage_comes_close_to_the_truth(tmp_path: Path) -> None:
    world = run(tmp_path, 7)
    aps = world.host.pipeline.state.aps
    found_ms = int(aps["device_ms"].sum())
    true_ms = sum(ap.device_ns for ap in world.street.access_points.values()) / 1e6
    assert abs(found_ms - true_ms) / true_ms < 0.15, (found_ms, true_ms)
