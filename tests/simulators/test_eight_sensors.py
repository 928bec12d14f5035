"""The proof: the real agent reads all eight sensors at once, with habits and bad cables.

Every value that it publishes was truly sent by that very sensor, no port stops another, and what is
missing is in the counters.
"""

from collections import defaultdict

import pytest

from edge.serial_configuration import SerialPort
from firmware_bridge.sensors import KINDS
from simulators.cable import Faults
from simulators.eight_sensors import HABITS, eight
from simulators.sensor_street import SensorStreet
from simulators.sent_values import strangers
from tests.edge.one_gateway import OneGateway
from tests.edge.serial_desk import configuration_of
from vocabulary.moment import Moment

BAD = Faults(flip=0.0005, drop=0.0005, double=0.0005, garbage=0.0005, cut=0.0001)
SPEAKERS = ("sds011", "pms5003", "nmea")


class World:
    """The gateway, connected, with eight ports; what the host hears is kept."""

    def __init__(self, seed: int, faults: Faults | None, *, habits: bool = True) -> None:
        self.gateway = OneGateway()
        benches = eight("/dev/street", self.gateway.now.mono_ns, seed=seed, habits=habits)
        rows: list[SerialPort] = [bench.row for bench in benches]
        self.gateway = OneGateway(configuration_of(*rows))
        self.benches = {bench.row.sensor_id: bench for bench in benches}
        self.heard: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self.gateway.connect()
        self.gateway.host_commits(0)
        devices = {bench.row.port: bench.device for bench in benches}
        self.street = SensorStreet(
            self.gateway.agent,
            self.gateway.now,
            devices,
            faults=faults,
            seed=seed,
            after=self._after,
        )

    def _after(self, now: Moment) -> None:
        self.gateway.now = now
        for message in self.gateway.say():
            if message.device in self.benches:
                self.heard[message.device] += [
                    (name, float(value))
                    for name, (value, _ms) in message.readings.items()
                    if not name.startswith("link/") and value is not None
                ]
        if self.gateway.spool.backlog_records > 100:
            self.gateway.host_commits_all()


def losses_equal_the_counters(world: World) -> None:
    """Every byte, unit and question is accounted for."""
    for sensor_id, bench in world.benches.items():
        kind, port = bench.row.protocol, world.street.ports[bench.row.port]
        counters = world.gateway.agent.sensors[sensor_id].counters
        truth = port.to_agent.truth
        arrived = (
            truth.carried_bytes
            - truth.dropped_bytes
            - truth.cut_bytes
            + truth.doubled_bytes
            + truth.garbage_bytes
        )
        flying = arrived - port.arrived_bytes - port.unheard_bytes
        assert 0 <= flying < 300, sensor_id
        assert counters.bytes_received == port.arrived_bytes, sensor_id
        if kind in SPEAKERS:
            # A touched unit is lost, and no other; what is lost was skipped, byte for byte.
            if kind != "nmea":  # its units are several sentences
                assert port.untouched <= counters.frames + 1 <= len(port.sent) + 1, sensor_id
            size = {"sds011": 10, "pms5003": 32}.get(kind)
            if size:
                told = size * counters.frames + counters.bytes_skipped
                assert 0 <= counters.bytes_received - told < size, sensor_id
        elif kind != "plain":
            assert counters.requests == port.asked
            unanswered = counters.requests - counters.frames - counters.timeouts
            assert unanswered in (0, 1), sensor_id  # one may be out at the end
        assert counters.resyncs + counters.crc_errors + counters.timeouts > 0, sensor_id


@pytest.mark.parametrize(("seed", "minutes"), [(1, 5), (2, 2)])
def test_every_published_value_was_truly_sent_and_losses_equal_the_counters(
    seed: int, minutes: int
) -> None:
    world = World(seed, BAD)
    world.street.run(60 * minutes)
    for sensor_id, bench in world.benches.items():
        heard = world.heard[sensor_id]
        assert strangers(heard, bench.truth) == [], sensor_id
        assert len(heard) > 30, sensor_id
    losses_equal_the_counters(world)


def test_on_good_cables_nothing_is_missing() -> None:
    world = World(7, None, habits=False)
    world.street.run(60)
    for sensor_id, bench in world.benches.items():
        sent = sum(len(reading.values) for reading in bench.truth.readings)
        at_most = max(len(reading.values) for reading in bench.truth.readings)
        # The first line of text is half a line to us; one unit may be under way at the end.
        assert sent - 2 * at_most <= len(world.heard[sensor_id]) <= sent, sensor_id
        counters = world.gateway.agent.sensors[sensor_id].counters
        assert counters.crc_errors == counters.timeouts == 0


def test_every_kind_is_here() -> None:
    assert set(HABITS) == set(KINDS) - {"lamplighter"}  # boards of ours: test_board_run
