"""Bytes between a device and the agent: in time, in order, and harmed only by the cable."""

from edge.serial_configuration import SerialPort
from simulators.board_kinds import Start
from simulators.cable import Faults
from simulators.sdm120_board import Sdm120Board
from simulators.sensor_street import SensorStreet
from tests.edge.one_gateway import OneGateway
from tests.edge.serial_desk import configuration_of

ROW = SerialPort("meter", "/dev/meter", "sdm120", interval_s=2.0)


def street(faults: Faults | None = None) -> tuple[SensorStreet, OneGateway]:
    gateway = OneGateway(configuration_of(ROW))
    board = Sdm120Board(Start(gateway.now.mono_ns))
    return SensorStreet(gateway.agent, gateway.now, {ROW.port: board}, faults=faults), gateway


def test_questions_and_answers_take_their_time() -> None:
    made, gateway = street()
    made.run(20.5)
    port = made.ports[ROW.port]
    counters = gateway.agent.sensors["meter"].counters
    assert counters.frames == 22  # two blocks each two seconds, at 2400 baud
    assert port.untouched == len(port.sent) == 22
    assert counters.bytes_received == port.arrived_bytes


def test_a_dead_line_is_given_up_and_opened_again() -> None:
    made, gateway = street(Faults(drop=1.0))
    made.run(100)
    assert made.orders
    assert {why for _, why in made.orders} == {"mute"}
    assert made.ports[ROW.port].opens == 1 + len(made.orders)
    assert gateway.agent.sensors["meter"].counters.frames == 0
