"""What may be told of serial ports, and what is refused before anything runs."""

import pytest

from edge import configuration
from edge.serial_configuration import SerialPort, by_port, needs_modbus, plan_share
from firmware_bridge.plain_form import Check, Form
from firmware_bridge.sensors import KINDS, Settings
from vocabulary.errors import ConfigurationInvalid
from vocabulary.units import NS_PER_S

LEAST = """
gateway_id = "gw-one"
district = "north"
[uplink]
broker = "mqtt://broker.example"
"""
METER = """
[[serial]]
sensor_id = "meter-{n}"
port = "/dev/serial/by-id/bus"
protocol = "sdm120"
address = {n}
baud = 9600
"""
PLAIN = """
[[serial]]
sensor_id = "own"
port = "/dev/own"
protocol = "plain"
[serial.plain]
{rest}
"""
VALUES = 'values = [{ name = "env/temperature_c", source = "t" }]'


def faults(rest: str) -> list[str]:
    with pytest.raises(ConfigurationInvalid) as caught:
        configuration.parse(LEAST + rest, file="x")
    return [str(finding) for finding in caught.value.findings]


def rows(rest: str) -> tuple[SerialPort, ...]:
    return configuration.parse(LEAST + rest, file="x").serial


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"plain"}))
def test_every_kind_needs_its_name_and_nothing_else(kind: str) -> None:
    text = f'[[serial]]\nsensor_id = "a"\nport = "/dev/a"\nprotocol = "{kind}"\n'
    (row,) = rows(text)
    assert row.rate == KINDS[kind].baud
    assert row.settings.kind == kind
    assert needs_modbus([row]) == KINDS[kind].modbus


def test_modbus_slaves_share_a_port() -> None:
    made = rows("".join(METER.format(n=n) for n in (1, 2, 3)))
    groups = {port: len(group) for port, group in by_port(made).items()}
    assert groups == {"/dev/serial/by-id/bus": 3}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (METER.format(n=1) + METER.format(n=1).replace("meter-1", "b"), "1 again"),
        (METER.format(n=1) + METER.format(n=2).replace("9600", "2400"), "as the line's first"),
        (
            METER.format(n=1)
            + METER.format(n=2).replace("sdm120", "sds011").replace("address = 2", ""),
            "a port of its own",
        ),
        (METER.format(n=1) + METER.format(n=248).replace("sdm120", "pzem004t"), "not alone"),
        (METER.format(n=1) + "interval_s = 0.15", "questions that take"),
        (METER.format(n=1).replace("sdm120", "sds011"), "no address"),
        (METER.format(n=255), "address"),
    ],
)
def test_a_line_that_cannot_work_is_refused(rest: str, expected: str) -> None:
    assert any(expected in one for one in faults(rest)), faults(rest)


def test_the_share_of_a_plan() -> None:
    pzem = Settings("pzem004t", address=1, interval_ns=NS_PER_S)
    assert plan_share([pzem]) == pytest.approx(0.0624, abs=0.002)  # 34 ms, a thought, silences
    assert plan_share([Settings("sds011")]) == 0
    assert plan_share([pzem] * 13) > 0.8


def test_lines_of_text() -> None:
    rest = f"pattern = '''T:(?P<t>-?\\d+)'''\ncheck = \"xor\"\n{VALUES}"
    (row,) = rows(PLAIN.format(rest=rest))
    form = row.settings.plain
    assert form is not None
    assert (form.form, form.check) == (Form.PATTERN, Check.XOR)
    assert form.values[0].name == "env/temperature_c"


GOOD = f"pattern = '(?P<t>x)'\n{VALUES}"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (PLAIN.format(rest=f"pattern = '(?P<t>(a+)+)'\n{VALUES}"), "repeat inside"),
        (PLAIN.format(rest=f"pattern = 'x'\n{VALUES}"), "named groups"),
        (PLAIN.format(rest=GOOD.replace("env/temperature_c", "wifi/ok")), "air, env, gnss, power"),
        (PLAIN.format(rest=f"format = 'csv'\n{VALUES}"), "a column's number"),
        (PLAIN.format(rest="format = 'json'\n" + VALUES.replace('"t"', '"a[0]"')), "plain path"),
        (PLAIN.format(rest="").replace("[serial.plain]", ""), "plain"),
        (PLAIN.format(rest=GOOD).replace('"plain"', '"nmea"'), "only"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(rest: str, expected: str) -> None:
    assert any(expected in one for one in faults(rest)), faults(rest)


BOARD = """
[[serial]]
sensor_id = "box"
port = "/dev/box"
protocol = "lamplighter"
{rest}
"""


def test_a_board_of_ours_and_what_may_be_asked_of_it() -> None:
    rest = 'uid = "0123456789abcdef"\ncommands = [1, 3]'
    made = configuration.parse(LEAST + BOARD.format(rest=rest), file="x")
    (row,) = made.serial
    assert row.rate == 115_200
    assert (row.board.uid, row.board.ops) == (0x0123456789ABCDEF, frozenset({1, 3}))
    empty = 'uid = ""\ncommands = []'
    assert configuration.parse(LEAST + BOARD.format(rest=empty), file="x").serial[0].board.uid == 0
    sensor = BOARD.format(rest=empty).replace("lamplighter", "sds011")
    configuration.parse(LEAST + sensor, file="x")  # as a program writes it, with every key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOARD.format(rest="commands = [1]"), "`uid` beside them"),
        (BOARD.format(rest='uid = "12"'), "uid"),
        (
            BOARD.format(rest='uid = "0123456789abcdef"').replace("lamplighter", "sds011"),
            'only with protocol = "lamplighter"',
        ),
    ],
)
def test_a_board_that_cannot_be_meant_is_refused(text: str, expected: str) -> None:
    assert expected in "\n".join(faults(text))
