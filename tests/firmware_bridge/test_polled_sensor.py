"""What all sensors that are asked share: life, silence, power."""

import pytest

from firmware_bridge.events import NEVER_NS, Event, Sample, Silent
from firmware_bridge.polled_sensor import PolledSensor
from vocabulary.units import NS_PER_S


class Echo(PolledSensor):
    metric_names = ("air/co2_ppm",)
    questions = ()

    def meaning(self, question_ix: int, wire: bytes, mono_ns: int) -> list[Event]:
        values = (("air/co2_ppm", float(question_ix)),)
        return self.warming(mono_ns, len(wire)) or [Sample(values, mono_ns)]


def made(warm_up_ns: int = 0) -> Echo:
    return Echo(0, baud=9_600, interval_ns=NS_PER_S, warm_up_ns=warm_up_ns)


def test_silence_is_told_once_until_an_answer_comes() -> None:
    sensor = made()
    assert sensor.tick(3 * NS_PER_S - 1) == []
    assert sensor.tick(3 * NS_PER_S) == [Silent(3 * NS_PER_S)]
    assert sensor.deadline_ns == NEVER_NS
    sensor.answered(4, b"x", 10 * NS_PER_S, 9 * NS_PER_S)
    assert sensor.deadline_ns == 13 * NS_PER_S
    assert (sensor.counters.frames, sensor.counters.silences) == (1, 1)


def test_power_begins_the_warming_again() -> None:
    sensor = made(5 * NS_PER_S)
    assert sensor.answered(0, b"x", 0, 4 * NS_PER_S)[0].reason == "warming_up"  # type: ignore[union-attr]
    assert isinstance(sensor.answered(0, b"x", 0, 5 * NS_PER_S)[0], Sample)
    sensor.powered(10 * NS_PER_S)
    assert not isinstance(sensor.answered(0, b"x", 0, 14 * NS_PER_S)[0], Sample)


def test_nobody_is_a_stranger_by_default() -> None:
    assert made().stranger(b"\xa0" * 7) == ""
    with pytest.raises(NotImplementedError):
        PolledSensor(0, baud=1, interval_ns=1).meaning(0, b"", 0)
