"""``lamplighter gateway doctor``, as a technician types it."""

from pathlib import Path

import msgspec
from click.testing import CliRunner

from edge.configuration import MetricsPage
from edge.doctor_cli import doctor, gather, read_page
from edge.metrics_page import Page, Snapshot
from edge.serial_status import RefusedPiece, SensorStatus
from edge.source_state import SourceView
from simulators.servers import free_port
from vocabulary.exit_codes import ExitCode

CONFIGURATION = """
gateway_id = "gw-1"
district = "north"
[uplink]
broker = "mqtt://127.0.0.1"
[spool]
directory = "{directory}"
[metrics_page]
port = {port}
"""


def written(tmp_path: Path, port: int) -> str:
    path = tmp_path / "gateway.toml"
    path.write_text(CONFIGURATION.format(directory=tmp_path, port=port))
    return str(path)


def test_the_numbers_come_from_the_running_agents_page(tmp_path: Path) -> None:
    port = free_port()
    page = Page(MetricsPage(port=port))
    page.latest = Snapshot({"spool_in_memory": 1.0}, {"commits": 3.0}, {"rebirth": 1})
    page.start()
    try:
        facts = gather(written(tmp_path, port))
    finally:
        page.stop()
    assert facts.agent is not None
    assert facts.agent["spool_in_memory"] == 1.0
    assert facts.agent["commits_total"] == 3.0
    assert facts.total_bytes


def test_a_sensors_fault_is_shown_with_its_bytes(tmp_path: Path) -> None:
    port = free_port()
    page = Page(MetricsPage(port=port))
    bad = SensorStatus(
        sensor_id="air-1",
        port="/dev/air",
        protocol="sds011",
        port_state="open",
        link="garbage",
        silence_s=40.0,
        no_reading_s=400.0,
        interval_s=1.0,
        counters={"bytes_received": 900},
        pieces=(RefusedPiece("stray", "8182c3"),),
    )
    page.latest = Snapshot({}, {"commits": 1.0}, {}, serial=(bad,))
    page.start()
    try:
        path = written(tmp_path, port)
        with Path(path).open("a") as file:
            file.write('[[serial]]\nsensor_id = "air-1"\nport = "/dev/air"\n')
        said = CliRunner().invoke(doctor, ["--config", path])
    finally:
        page.stop()
    assert said.exit_code == ExitCode.DEGRADED
    assert "E-SER-03" in said.output
    assert "stray 8182c3" in said.output
    assert "lamplighter gateway scan" in said.output
    assert "E-SER-05" in said.output
    assert said.output.count("E-SER-01 ") == 1, "the agent's own word, and no second one"


def test_sources_and_strange_topics_come_back_as_they_were(tmp_path: Path) -> None:
    port = free_port()
    page = Page(MetricsPage(port=port))
    sources = (
        SourceView("ap-1", "ap/1", "json", 3.5, 90.0, "online", {"wifi/clients": 7.0}, {"x": 2}),
        SourceView("ap-2", "ap/2", "influx", -1.0, 60.0, "unknown", {}, {}),
    )
    page.latest = Snapshot({}, {}, {}, sources, {"ap/wrong": 4})
    page.start()
    try:
        facts = gather(written(tmp_path, port))
    finally:
        page.stop()
    assert facts.sources == sources
    assert facts.strange_topics == {"ap/wrong": 4}
    assert set(facts.agent or {}) == set()


def test_nobody_answers() -> None:
    assert read_page(MetricsPage(port=free_port())) is None
    assert read_page(MetricsPage(port=0)) is None


def test_findings_in_words_and_as_json(tmp_path: Path) -> None:
    path = written(tmp_path, free_port())
    said = CliRunner().invoke(doctor, ["--config", path])
    assert said.exit_code == ExitCode.FATAL_FINDING
    assert "E-SW-02" in said.output
    assert "remedy: Start it" in said.output
    as_json = CliRunner().invoke(doctor, ["--config", path, "--json"])
    shown = msgspec.json.decode(as_json.output)
    assert shown["code"] == 2
    assert {"E-SW-01", "E-SW-02"} <= {step["code"] for step in shown["steps"]}


def test_a_wrong_configuration_is_a_finding_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('gateway_id = "GW"\n')
    said = CliRunner().invoke(doctor, ["--config", str(path)])
    assert said.exit_code == ExitCode.FATAL_FINDING
    assert "gateway.toml:1: gateway_id" in said.output
