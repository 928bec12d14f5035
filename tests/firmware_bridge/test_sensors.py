"""What holds for every sensor out of the box, whichever it is."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.events import Silent
from firmware_bridge.line import Line, StreamLine
from firmware_bridge.plain_form import Form, PlainForm, PlainValue
from firmware_bridge.polled_line import PolledLine
from firmware_bridge.sensors import KINDS, Settings, make_line
from vocabulary.ids import is_slug
from vocabulary.metrics import CATALOGUE
from vocabulary.units import NS_PER_S

every_kind = pytest.mark.parametrize("kind", sorted({*KINDS} - {"lamplighter"}))
TEXT = PlainForm(Form.CSV, (PlainValue("env/temperature_c", "0"),))


def line_of(kind: str, mono_ns: int = 0) -> Line:
    plain = TEXT if kind == "plain" else None
    return make_line({"one": Settings(kind, plain=plain)}, mono_ns, PymodbusCodec())


@every_kind
def test_names_and_metrics_are_known_words(kind: str) -> None:
    sensor = line_of(kind).sensors["one"]
    assert is_slug(kind)
    assert KINDS[kind].title
    assert sensor.metric_names
    assert set(sensor.metric_names) <= set(CATALOGUE)
    assert sensor.baud == KINDS[kind].baud
    assert sensor.baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


@every_kind
@given(data=st.lists(st.binary(max_size=200), max_size=10))
def test_no_bytes_raise_or_are_lost_from_the_count(kind: str, data: list[bytes]) -> None:
    line = line_of(kind)
    line.opened(0)
    for second, chunk in enumerate(data):
        line.receive(chunk, second * NS_PER_S)
        line.tick(second * NS_PER_S + 1)
        line.take_output()
    line.closed()
    counters = line.sensors["one"].counters
    assert counters.bytes_received == sum(map(len, data))
    assert counters.bytes_skipped <= counters.bytes_received


@every_kind
def test_a_new_line_waits_before_it_calls_silence(kind: str) -> None:
    line = line_of(kind, 1_000)
    assert line.sensors["one"].heard_ns == 1_000
    assert line.deadline_ns > 1_000
    assert line.tick(line.deadline_ns - 1) == []
    (said,) = line.tick(line.deadline_ns)
    assert isinstance(said.event, Silent)
    assert line.sensors["one"].counters.silences == 1


@every_kind
def test_who_is_asked_and_who_speaks(kind: str) -> None:
    speaks = kind in ("sds011", "pms5003", "nmea", "plain")
    assert isinstance(line_of(kind), StreamLine if speaks else PolledLine)


def test_a_settings_own_numbers_come_first() -> None:
    made = Settings("sdm120", baud=9_600, interval_ns=NS_PER_S, address=7)
    assert (made.rate, made.every_ns) == (9_600, NS_PER_S)
    assert (Settings("sdm120").rate, Settings("sdm120").every_ns) == (2_400, 5 * NS_PER_S)
    line = make_line({"meter": made}, 0, PymodbusCodec())
    line.opened(0)
    line.tick(NS_PER_S)
    assert line.take_output()[0] == 7


def test_the_core_loads_no_event_loop_no_socket_and_no_port() -> None:
    code = (
        "import pkgutil, importlib, sys, firmware_bridge\n"
        "for one in pkgutil.iter_modules(firmware_bridge.__path__):\n"
        "    importlib.import_module('firmware_bridge.' + one.name)\n"
        "bad = {'asyncio', 'socket', 'ssl', 'serial', 'pymodbus', 'threading'} & set(sys.modules)\n"
        "print(sorted(bad))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.strip("[]\n").replace("'", "").split(", ")) - {""}
    assert loaded <= {"threading"}, done.stdout  # the standard library's functools brings it
