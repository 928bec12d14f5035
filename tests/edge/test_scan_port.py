"""Scans of real pseudo-terminals: a rate that is searched for, and ports that cannot be had."""

from pathlib import Path

from edge.clock import SystemClock
from edge.modbus_codec import PymodbusCodec
from edge.scan_port import scan
from edge.scan_probe import Outcome, PortProbe
from edge.serial_backoff import Reason
from edge.serial_line import SerialLine
from simulators.board_kinds import Start
from simulators.nmea_board import NmeaBoard
from simulators.pty_port import PtyPort
from tests.edge.pty_uart import PtyUart

CLOCK = SystemClock()


def probe() -> PortProbe:
    return PortProbe(CLOCK.mono_ns(), PymodbusCodec(), addresses=(1,), haste=2.0)


class Quick(NmeaBoard):
    """Ten seconds pass in one."""

    @property
    def next_ns(self) -> int:
        return super().next_ns

    def advance(self, now_ns: int) -> bytes:
        start_ns = self._start_ns
        return super().advance(start_ns + 10 * (now_ns - start_ns))


def test_a_rate_is_found_on_a_real_port(tmp_path: Path) -> None:
    with PtyUart(tmp_path / "gps", Quick(Start(CLOCK.mono_ns())), 4_800) as uart:
        made = probe()
        assert scan(uart.path, made, CLOCK.mono_ns) is None
    (found,) = made.found
    assert (found.kind, found.baud) == ("nmea", 4_800)
    assert 48 < dict(found.values)["gnss/lat_deg"] < 49


def test_a_port_that_is_not_there_or_not_free(tmp_path: Path) -> None:
    fault = scan(str(tmp_path / "nowhere"), probe(), CLOCK.mono_ns)
    assert fault is not None
    assert fault.reason is Reason.ABSENT
    with PtyPort(tmp_path / "busy") as line:
        other = SerialLine(str(line.path), 9_600)
        fault = scan(str(line.path), probe(), CLOCK.mono_ns)
        other.close()
    assert fault is not None
    assert fault.reason is Reason.BUSY


def test_a_port_that_is_pulled_under_the_scan(tmp_path: Path) -> None:
    line = PtyPort(tmp_path / "gone")
    made = probe()

    def clock() -> int:
        if line.opened:
            line.unplug()
        return CLOCK.mono_ns()

    fault = scan(str(line.path), made, clock)
    assert fault is not None
    assert fault.reason is Reason.LOST
    assert made.outcome is Outcome.NOTHING
