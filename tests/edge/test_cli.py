"""``lamplighter gateway``, through the door."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lamplighter.cli import run
from simulators.servers import LOOPBACK, free_port
from vocabulary.exit_codes import ExitCode

SAMPLE = Path(__file__).parents[2] / "deploy" / "gateway.toml"


def test_a_good_file_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gateway", "config", "check", str(SAMPLE)]) == ExitCode.FINE
    said = capsys.readouterr()
    assert "fine. Gateway gw-library in riverside" in said.out
    assert said.err == ""


def test_every_fault_of_a_bad_file_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('gateway_id = "GW"\n[uplink]\nbroker = "x"\nkeepalive_s = 0\n')
    assert run(["gateway", "config", "check", str(file)]) == ExitCode.CONFIGURATION
    said = capsys.readouterr().err
    for place in (f"{file}:1: gateway_id", f"{file}: district", f"{file}:3: uplink.broker"):
        assert place in said
    assert f"{file}:4: uplink.keepalive_s" in said
    assert "what to do:" in said


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = str(tmp_path / "absent.toml")
    assert run(["gateway", "config", "check", absent]) == ExitCode.CONFIGURATION
    assert run(["gateway", "run", "--config", absent]) == ExitCode.CONFIGURATION
    assert capsys.readouterr().err.count(absent) == 2


def test_a_word_nobody_knows() -> None:
    assert run(["gateway", "dance"]) == ExitCode.USAGE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_gateway_without_a_broker_runs_and_ends_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As a process of its own: it starts, says so, and ends at once with 0."""
    file = tmp_path / "gateway.toml"
    file.write_text(
        f"""
        gateway_id = "gw-one"
        district = "north"
        [uplink]
        broker = "mqtt://{LOOPBACK}:{free_port()}"
        [spool]
        directory = "{tmp_path / "spool"}"
        [metrics_page]
        port = 0
        """
    )
    command = [sys.executable, "-m", "lamplighter", "gateway", "run", "--config", str(file)]
    environment = {**os.environ, "LAMPLIGHTER_LOG_FORMAT": "json"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            process.send_signal(number)
            rest = process.stdout.read()
            assert process.wait(20) == ExitCode.FINE
        finally:
            process.kill()
    assert '"event": "gateway_started"' in first
    assert '"event": "gateway_stopped"' in rest
