"""All sensors and boards on real ports, through everything real into a real database.

What is stored afterwards is compared with what the boards truly said, value by value; what is
missing must stand in the counters that the gateway shows.
"""

import http.client
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from edge.clock import SystemClock
from edge.metrics_page import SERIAL_PAGE
from edge.serial_configuration import SerialPort
from edge.serial_status import SensorStatus
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from simulators import three_boards
from simulators.board_pump import BoardPump
from simulators.cable import Faults
from simulators.eight_sensors import Bench, eight
from simulators.installation import (
    DATABASE,
    Rhythm,
    gateway_configuration,
    host_configuration,
    town,
)
from simulators.processes import GatewayProgram, HostProgram
from simulators.sent_values import strangers
from simulators.servers import LOOPBACK, InfluxDb, Mosquitto
from simulators.waiting import until
from vocabulary.inventory import Inventory, Sensor
from vocabulary.measurements import place_of

GATEWAY: Final = "gw-1"
BAD: Final = Faults(0.0003, 0.0003, 0.0003, 0.0003, cut=0.00005, cut_bytes_max=20)
PULL_EVERY_S: Final = 20.0
PULLED_S: Final = 3.0
READ_S: Final = 1.5
"""Until the last bytes are read and the page shows it."""
PAGE_S_MAX: Final = 10.0
DIGITS: Final = 6


class Pause:
    """False when it is first looked at, true from then on."""

    def __init__(self) -> None:
        self._over = False

    def __call__(self) -> bool:
        over, self._over = self._over, True
        return over


class SensorAccount(msgspec.Struct, frozen=True):
    """One sensor after the run."""

    sensor_id: str
    sent: int
    """Readings that its board truly said."""
    stored_values: int
    wrong: int
    """Values in the database that were never said."""
    samples: int
    """Readings that the gateway believed."""
    frames: int
    crc_errors: int
    refused: int
    timeouts: int
    resyncs: int
    reopens: int
    bytes_skipped: int


class Account(msgspec.Struct, frozen=True):
    """The whole run."""

    seconds: float
    sensors: tuple[SensorAccount, ...]
    numbered: int
    committed: int

    @property
    def sound(self) -> bool:
        """Nothing wrong is stored, nothing numbered is missing, and every sensor was read."""
        good = all(one.wrong == 0 and one.stored_values > 0 for one in self.sensors)
        return good and self.numbered == self.committed


def status_of(port: int) -> dict[str, SensorStatus]:
    """What the running gateway knows of its sensors."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PAGE_S_MAX)
    try:
        connection.request("GET", SERIAL_PAGE)
        body = connection.getresponse().read()
    finally:
        connection.close()
    rows = msgspec.json.decode(body, type=tuple[SensorStatus, ...])
    return {row.sensor_id: row for row in rows}


def stored_values(reader: InfluxReader, bench: Bench) -> list[tuple[str, float]]:
    """Every value of one sensor in the database, in catalogue names."""
    names = sorted({name for reading in bench.truth.readings for name, _ in reading.values})
    found = []
    for name in names:
        place = place_of(name)
        question = (
            f'SELECT "{place.field}" FROM "{place.measurement}" '  # noqa: S608 - our own names
            f"WHERE \"sensor\" = '{bench.row.sensor_id}'"
        )
        rows = reader.query(question)
        found += [(name, float(row[place.field])) for row in rows if row[place.field] is not None]
    return found


def _account(reader: InfluxReader, bench: Bench, shown: SensorStatus) -> SensorAccount:
    stored = stored_values(reader, bench)
    counters = shown.counters
    return SensorAccount(
        sensor_id=bench.row.sensor_id,
        sent=bench.truth.count,
        stored_values=len(stored),
        wrong=len(strangers(stored, bench.truth, digits=DIGITS)),
        samples=counters["samples"],
        frames=counters["frames"],
        crc_errors=counters["crc_errors"],
        refused=counters["out_of_range"] + counters["inconsistent"],
        timeouts=counters["timeouts"],
        resyncs=counters["resyncs"],
        reopens=shown.reopens,
        bytes_skipped=counters["bytes_skipped"],
    )


class SensorsRun:
    """Servers, host, gateway and boards for so many seconds."""

    def __init__(self, directory: Path, *, seconds: float, seed: int) -> None:
        self._directory, self._seconds, self._seed = directory, seconds, seed

    def run(self, progress: Callable[[float], None] = lambda _share: None) -> Account:
        """Everything, from the start of the servers to the account."""
        with Mosquitto() as broker, Mosquitto() as local, InfluxDb() as influx:
            return self._with(broker.url, local.url, influx.url, progress)

    def _with(
        self, broker: str, local: str, influx: str, progress: Callable[[float], None]
    ) -> Account:
        rows = (*(bench.row for bench in self._eight()), *three_boards.rows(str(self._directory)))
        inventory = self._inventory(rows)
        rhythm = Rhythm()
        made = gateway_configuration(
            inventory, GATEWAY, broker=broker, local=local, ports={}, rhythm=rhythm
        )
        made = msgspec.structs.replace(made, serial=rows)
        host = HostProgram(host_configuration(broker, influx, rhythm), inventory)
        with host, GatewayProgram(made) as gateway:
            # Plugged in now: a host may compile for a minute first.
            boards = three_boards.three(
                str(self._directory), SystemClock().mono_ns(), seed=self._seed
            )
            try:
                return self._read(gateway, influx, [*self._eight(), *boards], progress)
            finally:
                three_boards.close(boards)

    def _read(
        self,
        gateway: GatewayProgram,
        influx: str,
        benches: list[Bench],
        progress: Callable[[float], None],
    ) -> Account:
        devices = {Path(bench.row.port): bench.device for bench in benches}
        with BoardPump(devices, faults=BAD, seed=self._seed) as pump:
            self._live(pump, progress)
            pump.silence()
            until(Pause(), "the last bytes are read", pause_s=READ_S)
            shown = status_of(gateway.port)  # before anybody calls the boards silent
            return self._settle(gateway, influx, benches, shown)

    def _eight(self) -> list[Bench]:
        return eight(str(self._directory), SystemClock().mono_ns(), seed=self._seed)

    @staticmethod
    def _inventory(rows: tuple[SerialPort, ...]) -> Inventory:
        plain = town(gateways=1, aps_each=0, sensors_each=0)
        sensors = tuple(Sensor(row.sensor_id, GATEWAY, row.protocol) for row in rows)
        return msgspec.structs.replace(plain, sensor=sensors)

    def _live(self, pump: BoardPump, progress: Callable[[float], None]) -> None:
        """Time passes; in turn each port is pulled for a while."""
        clock = SystemClock()
        start_ns = clock.mono_ns()
        paths = list(pump.ports)
        turn = 0
        pulled: Path | None = None

        def passed_s() -> float:
            return (clock.mono_ns() - start_ns) / 1e9

        def step(until_s: float) -> bool:
            progress(min(1.0, passed_s() / self._seconds))
            return passed_s() >= until_s

        while passed_s() < self._seconds:
            next_s = min(self._seconds, passed_s() + (PULLED_S if pulled else PULL_EVERY_S))
            until(partial(step, next_s), f"second {next_s:.0f}", looks_max=10_000)
            if pulled is not None:
                pump.plug(pulled)
                pulled = None
            elif passed_s() < self._seconds - PULL_EVERY_S:
                pulled = paths[turn % len(paths)]
                turn += 1
                pump.pull(pulled)

    def _settle(
        self,
        gateway: GatewayProgram,
        influx_url: str,
        benches: list[Bench],
        shown: dict[str, SensorStatus],
    ) -> Account:
        committed = partial(gateway.metric, "lamplighter_spool_committed_records_total")
        waiting = partial(gateway.metric, "lamplighter_spool_records")
        numbered = round(committed() + waiting())
        until(lambda: committed() >= numbered, "every record is committed")
        reader = InfluxReader(InfluxSettings(influx_url, database=DATABASE))
        sensors = tuple(_account(reader, one, shown[one.row.sensor_id]) for one in benches)
        return Account(self._seconds, sensors, numbered, min(numbered, round(committed())))
