"""Boards of ours through the real agent: in virtual time on bad cables, and on real terminals.

Every value that the city hears was truly said by the board, and the agent's losses are counted.
"""

from pathlib import Path
from typing import Any

import pytest

from edge.serial_configuration import SerialPort
from simulators.board_kinds import BOARD_KINDS, Level, Start
from simulators.cable import Faults
from simulators.pty_port import PtyPort
from simulators.sensor_street import SensorStreet
from tests.edge.one_gateway import OneGateway
from tests.edge.serial_desk import SerialDesk, configuration_of
from tests.firmware_bridge.board_world import TRUE
from vocabulary.moment import Moment

BAD = Faults(flip=0.0005, drop=0.0005, double=0.0005, garbage=0.0005, cut=0.0001)
MINUTES = 5
LEVELS = (Level.PYTHON, Level.C)


def row(level: Level, folder: str = "/dev", **more: Any) -> SerialPort:
    """One board's lines of the configuration."""
    return SerialPort(f"box-{level}", f"{folder}/box-{level}", "lamplighter", **more)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_value_the_city_hears_was_truly_said(seed: int) -> None:
    rows = {level: row(level) for level in LEVELS}
    gateway = OneGateway(configuration_of(*rows.values()))
    start = Start(gateway.now.mono_ns, seed)
    devices = {
        one.port: BOARD_KINDS["lamplighter"].make(level, start) for level, one in rows.items()
    }
    gateway.connect()
    gateway.host_commits(0)
    heard: dict[str, list[tuple[tuple[str, float], ...]]] = {
        one.sensor_id: [] for one in rows.values()
    }

    def after(now: Moment) -> None:
        gateway.now = now
        for message in gateway.say():
            values = tuple(
                (name, float(value))
                for name, (value, _ms) in message.readings.items()
                if not name.startswith("link/") and value is not None
            )
            if message.device in heard and values:
                heard[message.device].append(values)
        if gateway.spool.backlog_records > 100:
            gateway.host_commits_all()

    street = SensorStreet(gateway.agent, gateway.now, devices, faults=BAD, seed=seed, after=after)
    street.run(MINUTES * 60)
    for sensor_id, all_values in heard.items():
        counters = gateway.agent.sensors[sensor_id].counters
        assert {tuple(sorted(values)) for values in all_values if len(values) == 4} <= {
            tuple(sorted(values)) for values in TRUE
        }
        assert len(all_values) > 0.9 * MINUTES * 60, (sensor_id, counters)
        assert counters.crc_errors > 0
        assert counters.samples >= 0.9 * MINUTES * 60


async def test_a_board_on_a_real_terminal_is_greeted_and_read(tmp_path: Path) -> None:
    made = row(Level.PYTHON, str(tmp_path))
    desk = SerialDesk(made)
    with PtyPort(Path(made.port)) as line:
        start = Start(desk.clock.mono_ns())
        board = BOARD_KINDS["lamplighter"].make(Level.PYTHON, start)
        desk.ports.start()
        await desk.until(lambda: desk.samples(made.sensor_id) >= 2, {line: board})
        (status,) = desk.agent.serial.status(desk.clock.mono_ns())
        assert (status.link, status.protocol) == ("running", "lamplighter")
        assert {one.name for one in status.values} == {
            "env/temperature_c",
            "env/humidity_pct",
            "env/pressure_hpa",
            "power/voltage_v",
        }
        await desk.ports.stop()


def test_the_configuration_names_a_board_and_what_may_be_asked_of_it() -> None:
    one = row(Level.C, uid="0123456789ABCDEF", commands=(1, 3)).board
    assert (one.uid, one.ops, one.baud) == (0x0123456789ABCDEF, frozenset({1, 3}), 115_200)
