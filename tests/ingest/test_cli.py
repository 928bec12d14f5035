"""``lamplighter host``: exit codes a script can read, and a ledger that can be asked."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from ingest.ledger_rows import Completeness, Received
from lamplighter.cli import run
from simulators.servers import Mosquitto
from tests.ingest.foreign_influx import ForeignInflux
from tests.ingest.ledger_examples import NOW_MS, TOWN, batch, incident, interval
from tests.ingest.mqtt_peer import PATIENCE_S, Peer, committed
from tests.ingest.node_messages import Node
from vocabulary.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "deploy" / "host.toml"
LEDGER_COMMANDS = ["outages", "incidents", "completeness"]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as made:
        made.set_inventory(TOWN)
        made.store(
            batch(
                1,
                intervals=(interval(end_ms=NOW_MS + 60_000), interval(node="ap-2")),
                incidents=(incident(),),
                received=(Received("gw-1", 7, 0, ((0, 3), (5, 6))),),
                completeness=(Completeness("gw-1", 7, 500_000, 5, 4, 1),),
            )
        )
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(["host", *words]) == ExitCode.FINE
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], name: str, ledger: Path) -> list[dict[str, Any]]:
    rows = json.loads(answer(capsys, "ledger", name, "--ledger", str(ledger), "--json"))
    assert isinstance(rows, list)
    return rows


def test_outages(capsys: pytest.CaptureFixture[str], ledger: Path) -> None:
    ended, lasting = as_json(capsys, "outages", ledger)
    assert (ended["node"], ended["start_ms"], ended["end_ms"]) == ("ap-1", NOW_MS, NOW_MS + 60_000)
    assert (lasting["end_ms"], lasting["site"], lasting["cause"]) == (None, "park", "access_point")
    text = answer(capsys, "ledger", "outages", "--ledger", str(ledger))
    assert "2027-01-15T08:00:00.000Z  2027-01-15T08:01:00.000Z  ap ap-1  down" in text
    assert "still open  ap ap-2" in text


def test_incidents(capsys: pytest.CaptureFixture[str], ledger: Path) -> None:
    (row,) = as_json(capsys, "incidents", ledger)
    assert (row["node"], row["members"], row["end_ms"]) == ("ap-1", ["ap-1"], None)
    text = answer(capsys, "ledger", "incidents", "--ledger", str(ledger))
    assert "1 affected: ap-1" in text


def test_completeness(capsys: pytest.CaptureFixture[str], ledger: Path) -> None:
    (row,) = as_json(capsys, "completeness", ledger)
    assert (row["gateway"], row["committed"], row["received"], row["late"]) == ("gw-1", 3, 4, 1)
    text = answer(capsys, "ledger", "completeness", "--ledger", str(ledger))
    assert "gateway=gw-1  epoch=7  committed=3" in text


@pytest.mark.parametrize("name", LEDGER_COMMANDS)
def test_an_empty_ledger_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger.open(path).close()
    assert as_json(capsys, name, path) == []
    assert answer(capsys, "ledger", name, "--ledger", str(path)).startswith("no ")


@pytest.mark.parametrize("name", LEDGER_COMMANDS)
def test_a_missing_ledger_is_an_error_with_a_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    words = ["host", "ledger", name, "--ledger", str(tmp_path / "absent"), "--json"]
    assert run(words) not in (ExitCode.FINE, ExitCode.INTERNAL)
    told = capsys.readouterr()
    assert told.out == ""
    assert "what to do:" in told.err


def test_a_ledger_may_be_read_while_it_is_written(
    capsys: pytest.CaptureFixture[str], ledger: Path
) -> None:
    with Ledger.open(ledger):
        assert len(as_json(capsys, "outages", ledger)) == 2


def test_the_samples_are_fine(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "config", "check", str(SAMPLE))
    assert "1 sites, 1 gateways, 1 access points, 1 sensors" in text


@pytest.mark.parametrize("command", ["check", "run"])
def test_every_fault_of_both_files_is_named_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    host, city = tmp_path / "host.toml", tmp_path / "inventory.toml"
    text = SAMPLE.read_text("utf-8").replace("keepalive_s = 10", 'keepalive_s = "ten"')
    host.write_text(text.replace("port = 9465", "prot = 9465"))
    sample = (SAMPLE.parent / "inventory.toml").read_text("utf-8")
    city.write_text(sample.replace('site_id = "library-north"', 'site_id = "elsewhere"', 1))
    words = ["config", "check", str(host)] if command == "check" else ["run", "--config", str(host)]
    assert run(["host", *words]) == ExitCode.CONFIGURATION
    told = capsys.readouterr().err
    for where, found in (
        (host, "broker.keepalive_s: found 'ten', expected"),
        (host, "metrics_page.prot: found an unknown key, expected the key `port`"),
        (city, "access_point[0].site_id: found `library-north`, expected"),
    ):
        assert any(
            line.strip().startswith(f"{where}:") and found in line for line in told.splitlines()
        ), (found, told)


@pytest.mark.parametrize("text", ["[", 'inventory = 5\n[broker]\naddress = "mqtt://b"'])
def test_a_file_that_is_none_ends_with_78(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "host.toml"
    path.write_text(text)
    assert run(["host", "run", "--config", str(path)]) == ExitCode.CONFIGURATION
    assert str(path) in capsys.readouterr().err


def configured(directory: Path, broker: str, influx: str) -> Path:
    path = directory / "host.toml"
    path.write_text(
        f"""
inventory = "city.toml"
host_id = "host-cli"
[broker]
address = "{broker}"
[influx]
url = "{influx}"
[ledger]
path = "{directory / "ledger.sqlite"}"
[metrics_page]
port = 0
"""
    )
    (directory / "city.toml").write_text(
        """
[[area]]
area_id = "north"
name = "North"
[[site]]
site_id = "library"
name = "Library"
area_id = "north"
[[gateway]]
gateway_id = "gw-1"
site_id = "library"
district = "district-1"
[[access_point]]
ap_id = "ap-1"
site_id = "library"
gateway_id = "gw-1"
"""
    )
    return path


def test_the_process_ends_cleanly_on_sigterm_and_keeps_its_ledger_to_itself(
    broker: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Node()
    with ForeignInflux("1.8.10") as influx, Peer(broker.port, "gw-cli") as peer:
        path = configured(tmp_path, broker.url, influx.url)
        words = [sys.executable, "-m", "lamplighter", "host", "run", "--config", str(path)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            peer.until(
                lambda heard: any(
                    b'"online": true' in one.payload
                    for one in heard
                    if one.topic == "spBv1.0/STATE/host-cli"
                )
            )
            assert run(["host", "run", "--config", str(path)]) == ExitCode.TRY_AGAIN
            assert "another host process" in capsys.readouterr().err
            births = node.births("ap-1")
            record = node.data({"wifi/clients": 4}, 0, 1.0, "ap-1", ts_ms=1_700_000_000_000)
            for one in (*births, record):
                peer.say(one.topic, one.payload)
            peer.until(lambda heard: committed(heard, 1))
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
        peer.until(lambda heard: any(b'"online": false' in one.payload for one in heard))
        assert any("clients=4i" in one.body for one in influx.writes())
    assert process.returncode == ExitCode.FINE
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert (events[0], events[-1]) == ("host_started", "host_stopped")
    with LedgerReader(tmp_path / "ledger.sqlite") as reader:
        assert [row.committed for row in reader.accounts()] == [1]
        assert [row.node for row in reader.nodes() if row.level == "ap"] == ["ap-1"]
