"""What all sensors that speak by themselves share, tried on each of them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.events import NEVER_NS, Sample, Silent
from firmware_bridge.nmea import Nmea
from firmware_bridge.pms5003 import Pms5003
from firmware_bridge.sds011 import Sds011
from firmware_bridge.stream_sensor import StreamSensor
from simulators.cable import Cable, Faults
from simulators.nmea_board import sentence
from tests.firmware_bridge import naive_units
from tests.firmware_bridge.vectors import SDS011, vectors_of
from vocabulary.units import NS_PER_S

NEXT = sentence("GPGGA,123520,4807.038,N,01131.000,E,1,09,0.8,545.4,M,46.9,M,,")
GGA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
CASES: dict[str, tuple[type[StreamSensor], Callable[[bytes, int], int], list[bytes]]] = {
    "sds011": (Sds011, naive_units.sds011, [SDS011["reading"].wire, SDS011["reading_field"].wire]),
    "pms5003": (
        Pms5003,
        naive_units.pms5003,
        [vectors_of("pms5003")[name] for name in ("city", "room")],
    ),
    "nmea": (Nmea, naive_units.nmea, [GGA, NEXT]),
}
every_sensor = pytest.mark.parametrize("name", CASES)


def accepted(sensor: StreamSensor, stream: bytes) -> list[bytes]:
    """The units that a sensor took, told by how far it counted."""
    taken: list[bytes] = []
    unit = sensor._unit

    def watched(wire: bytes, read_ns: int, mono_ns: int) -> list:  # type: ignore[type-arg]
        taken.append(wire)
        return unit(wire, read_ns, mono_ns)

    sensor._unit = watched  # type: ignore[method-assign]
    sensor.receive(stream, 0)
    return taken


def make(name: str) -> StreamSensor:
    kind = CASES[name][0]
    return kind(0, baud=9_600, interval_ns=NS_PER_S)


@every_sensor
@given(
    seed=st.integers(0), likelihood=st.floats(0, 0.03), order=st.lists(st.booleans(), max_size=9)
)
def test_it_finds_what_a_slow_search_finds(
    name: str, seed: int, likelihood: float, order: list[bool]
) -> None:
    _, unit_at, units = CASES[name]
    faults = Faults(likelihood, likelihood, likelihood, likelihood)
    sent = b"".join(units[second] for second in order)
    stream = b"".join(Cable(seed, faults=faults).carry(sent)) + naive_units.PADDING
    assert accepted(make(name), stream) == naive_units.search(stream, unit_at)


@every_sensor
@given(st.binary(max_size=300))
def test_random_bytes_are_judged_as_by_the_slow_search(name: str, noise: bytes) -> None:
    _, unit_at, units = CASES[name]
    stream = noise + units[0] + noise[:7] + units[1] + naive_units.PADDING
    assert accepted(make(name), stream) == naive_units.search(stream, unit_at)


@every_sensor
def test_one_fault_anywhere_costs_the_touched_unit_alone(name: str) -> None:
    """Three units: every bit turned, every byte dropped, doubled or zeroed, every cut."""
    units = CASES[name][2]
    sent = units[0] + units[1] + units[0]
    # Behind a fault stands a good unit, so that a search that waits for more is not at its end.
    clean = [event.values for event in samples(name, sent)]
    for ix in range(len(sent)):
        byte = sent[ix]
        spoiled = [sent[:ix] + bytes((byte ^ 1 << bit,)) + sent[ix + 1 :] for bit in range(8)]
        spoiled += [sent[:ix] + sent[ix + 1 :], sent[: ix + 1] + sent[ix:]]
        spoiled += [sent[:ix] + b"\0" + sent[ix + 1 :], sent[ix:]]
        for stream in spoiled:
            heard = [event.values for event in samples(name, stream + units[1])]
            assert set(heard) <= set(clean), (ix, stream.hex())
            if stream == sent[ix:]:  # cut: what was whole behind the cut is there
                assert len(heard) == len(stream) // len(units[0]) + 1
            else:
                assert len(heard) >= len(clean)  # of four, the touched one alone


def samples(name: str, stream: bytes) -> list[Sample]:
    return [event for event in make(name).receive(stream, 0) if isinstance(event, Sample)]


@every_sensor
@pytest.mark.parametrize("count", [1, 2, 9, 31, 40])
@pytest.mark.parametrize("byte", [0x00, 0x24, 0x42, 0x4D, 0xAA, 0xFF])
def test_itself_after_garbage(name: str, byte: int, count: int) -> None:
    sensor = make(name)
    unit = CASES[name][2][0]
    (sample,) = [
        event
        for event in sensor.receive(bytes((byte,)) * count + unit, NS_PER_S)
        if isinstance(event, Sample)
    ]
    assert sample.values
    assert sensor.counters.bytes_skipped == count


@every_sensor
@given(st.lists(st.binary(max_size=80), max_size=12))
def test_bytes_never_raise_and_are_all_accounted_for(name: str, chunks: list[bytes]) -> None:
    sensor = make(name)
    for ix, chunk in enumerate(chunks):
        sensor.receive(chunk, ix)
        assert sensor._scanner.rest_bytes < 124
    sensor.cut()
    assert sensor.counters.bytes_received == sum(map(len, chunks))
    assert sensor.counters.bytes_skipped <= sensor.counters.bytes_received


@every_sensor
def test_silence_is_told_once(name: str) -> None:
    sensor = make(name)
    sensor.receive(CASES[name][2][0], NS_PER_S)
    due_ns = NS_PER_S + 3 * NS_PER_S
    assert sensor.deadline_ns == due_ns
    assert sensor.tick(due_ns) == [Silent(3 * NS_PER_S)]
    assert sensor.deadline_ns == NEVER_NS
    sensor.receive(CASES[name][2][0], 9 * NS_PER_S)
    assert sensor.deadline_ns == 12 * NS_PER_S


def test_a_protocol_says_what_a_unit_is() -> None:
    with pytest.raises(NotImplementedError):
        StreamSensor.judge(b"", 0)
