"""``lamplighter simulate``: each command as its user types it."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from firmware_bridge.events import Sample
from firmware_bridge.sds011 import Sds011
from simulators.cli import simulate


def test_every_command_shows_an_example() -> None:
    for name in simulate.commands:
        shown = CliRunner().invoke(simulate, [name, "--help"])
        assert shown.exit_code == 0
        assert "Example" in shown.output


def test_a_board_on_a_pty_that_any_program_can_open(tmp_path: Path) -> None:
    path = tmp_path / "air-1"
    command = [sys.executable, "-m", "lamplighter", "simulate", "board", "--port", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"Ctrl-C" in process.stdout.readline()
        line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        decoder, samples = Sds011(0), list[object]()
        while not samples:
            events = decoder.receive(os.read(line, 100), 0)
            samples = [event for event in events if isinstance(event, Sample)]
        os.close(line)
        process.terminate()
    assert process.returncode != 0
