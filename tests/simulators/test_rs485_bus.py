"""Several slaves on one pair of wires."""

from simulators.board_kinds import Start
from simulators.modbus_slave import framed
from simulators.rs485_bus import plugged_in
from vocabulary.units import NS_PER_S

READ_2 = framed(bytes.fromhex("020400000002"))


def test_who_is_meant_answers_alone() -> None:
    bus = plugged_in(Start(0))
    bus.receive(READ_2, 0)
    wire = bus.advance(bus.next_ns)
    assert (wire[0], len(wire)) == (2, 9)
    assert bus.advance(NS_PER_S) == b""


def test_an_adapter_that_hears_itself() -> None:
    bus = plugged_in(Start(0, 0, frozenset({"echo"})))
    bus.receive(READ_2, 0)
    assert bus.advance(bus.next_ns) == READ_2
    assert bus.advance(NS_PER_S)[0] == 2
