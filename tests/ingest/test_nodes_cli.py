"""``lamplighter host nodes``: the running host's own words, or who does not answer."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.configuration import MetricsPage
from ingest.metrics_page import Page
from lamplighter.cli import run
from simulators.servers import free_port
from tests.ingest.node_messages import Node, at_ns, pipeline_of
from vocabulary.exit_codes import ExitCode

INVENTORY = """
[[area]]
area_id = "north"
name = "North"
[[site]]
site_id = "library"
name = "City Library"
area_id = "north"
[[gateway]]
gateway_id = "gw-1"
site_id = "library"
district = "district-1"
"""


def configured(directory: Path, port: int) -> str:
    (directory / "inventory.toml").write_text(INVENTORY)
    path = directory / "host.toml"
    path.write_text(
        f'inventory = "{directory / "inventory.toml"}"\n'
        'broker = { address = "mqtt://127.0.0.1:1883" }\n'
        'influx = { url = "http://127.0.0.1:8086" }\n'
        f"metrics_page = {{ port = {port} }}\n"
    )
    return str(path)


@pytest.fixture
def page() -> Iterator[Page]:
    """A page whose questions are answered as a host's loop does."""
    pipeline, node = pipeline_of(), Node()
    for message in (*node.births("ap-1"), node.data({"wifi/clients": 1}, 0, 1.0, "ap-1")):
        pipeline.receive(message)
    for _ in range(100):
        pipeline.receive(Node("gw-2").birth(1.0)._replace(payload=b"\xff"))
    made, stop = Page(MetricsPage(port=free_port())), threading.Event()

    def loop() -> None:
        while not stop.wait(0.01):
            made.nodes.answer(lambda: msgspec.json.encode(pipeline.beliefs.all(at_ns(2))))

    thread = threading.Thread(target=loop)
    made.start()
    thread.start()
    yield made
    stop.set()
    thread.join()
    made.stop()


def test_as_json_and_as_text(
    page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, page._settings.port)
    assert run(["host", "nodes", "--config", config, "--json"]) == ExitCode.FINE
    first, second = json.loads(capsys.readouterr().out)
    assert (first["gateway"], first["state"], second["state"]) == ("gw-1", "born", "quarantined")
    assert [one["state"] for one in first["devices"]] == ["born", "never_seen", "never_seen"]
    assert run(["host", "nodes", "--config", config]) == ExitCode.FINE
    text = capsys.readouterr().out
    assert "district-1/gw-1  born  heard 2027-01-15T08:00:01.000Z  bdSeq 0" in text
    assert "  epoch 77  committed 0  received below 1  ranges 1" in text
    assert "gw-2  quarantined  until 2027-01-15T08:01:01.000Z  stale" in text
    assert "  refused not_protobuf" in text


def test_nobody_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for port in (free_port(), 0):
        config = configured(tmp_path, port)
        assert run(["host", "nodes", "--config", config]) == ExitCode.UNAVAILABLE
        assert "Start the host" in capsys.readouterr().err
