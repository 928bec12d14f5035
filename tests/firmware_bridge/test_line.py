"""A line with one sensor that speaks by itself: nothing is ever sent to it."""

from firmware_bridge.events import Sample, Silent
from firmware_bridge.line import StreamLine
from firmware_bridge.sds011 import Sds011
from tests.firmware_bridge.vectors import SDS011
from vocabulary.units import NS_PER_S

READING = SDS011["reading"].wire


def test_all_bytes_are_the_sensors_and_nothing_is_said_to_it() -> None:
    line = StreamLine("air-1", Sds011(0))
    line.opened(0)
    (said,) = line.receive(READING, NS_PER_S)
    assert said.sensor_id == "air-1"
    assert isinstance(said.event, Sample)
    assert line.take_output() == b""
    assert set(line.sensors) == {"air-1"}


def test_a_close_forgets_half_a_unit() -> None:
    line = StreamLine("air-1", Sds011(0))
    line.receive(READING[:6], 0)
    line.closed()
    assert line.receive(READING[6:], 0) == []
    assert line.sensors["air-1"].counters.bytes_skipped >= 6


def test_its_silence_is_the_lines() -> None:
    line = StreamLine("air-1", Sds011(0))
    (said,) = line.tick(line.deadline_ns)
    assert said.sensor_id == "air-1"
    assert isinstance(said.event, Silent)
