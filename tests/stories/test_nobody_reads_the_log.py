"""Whoever read a program's log goes away: the program goes on, and still ends when asked."""

import subprocess
from pathlib import Path

import pytest

from edge.configuration import GatewayConfiguration, Uplink
from simulators.installation import Rhythm, host_configuration, town
from simulators.processes import COMMAND, GatewayProgram, HostProgram, Program, metrics
from simulators.servers import free_port
from simulators.waiting import until

NOBODY = "127.0.0.1:9"


def made(room: str) -> Program:
    if room == "gateway":
        return GatewayProgram(GatewayConfiguration("gw-1", "riverside", Uplink(f"mqtt://{NOBODY}")))
    host = host_configuration(f"mqtt://{NOBODY}", f"http://{NOBODY}", Rhythm())
    return HostProgram(host, town(gateways=1, aps_each=1, sensors_each=1))


@pytest.mark.parametrize("room", ["gateway", "host"])
def test_it_works_on(room: str, tmp_path: Path) -> None:
    program = made(room)
    program.directory, program.port = tmp_path, free_port()
    config = tmp_path / f"{room}.toml"
    config.write_text(program.configuration(), "utf-8")
    with subprocess.Popen(
        [*COMMAND, room, "run", "--config", str(config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            reader = process.stdout
            assert reader is not None
            until(lambda: program.started.encode() in reader.readline(), "it started")
            reader.close()
            before = metrics(program.port)
            until(lambda: metrics(program.port) != before, "it works on")  # and says what is absent
            assert process.poll() is None
            process.terminate()
            process.wait(60)
        finally:
            process.kill()
    # 120 is Python's own word: it could not say all it had to say
    assert process.returncode in (0, 120)
