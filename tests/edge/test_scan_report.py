"""Every way a scan can end has its own words, code and remedy; its lines are a configuration."""

import pytest

from edge import configuration
from edge.modbus_codec import PymodbusCodec
from edge.scan_probe import Found, Outcome, PortProbe
from edge.scan_report import (
    CODES,
    REMEDIES,
    PortReport,
    configuration_lines,
    exit_code,
    new_lines,
    of_fault,
    of_probe,
    sensor_id,
    text_lines,
)
from edge.serial_backoff import Reason
from edge.serial_status import Adapter
from firmware_bridge.sensors import KINDS
from vocabulary.exit_codes import ExitCode

PORT = Adapter("/dev/serial/by-id/usb-1", "/dev/ttyUSB0", "no id of its own")
LEAST = 'gateway_id = "g"\ndistrict = "d"\n[uplink]\nbroker = "mqtt://h"\n'


def probe(**known: object) -> PortProbe:
    made = PortProbe(0, PymodbusCodec())
    made.done = True
    for name, value in known.items():
        setattr(made, name, value)
    return made


def report(configured_baud: int = 0, **known: object) -> PortReport:
    return of_probe(PORT, probe(**known), configured_baud=configured_baud, taken=set())


def test_every_outcome_has_a_code_and_a_remedy() -> None:
    assert set(CODES) == set(REMEDIES) == set(Outcome)
    told = [REMEDIES[one] for one in Outcome if one is not Outcome.FOUND]
    assert all(told)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"plain"}))
def test_the_lines_are_a_configuration(kind: str) -> None:
    found = Found(kind, KINDS[kind].baud, KINDS[kind].address)
    lines = configuration_lines("/dev/a", found, set())
    (row,) = configuration.parse(LEAST + lines, file="x").serial
    assert (row.protocol, row.port, row.rate) == (kind, "/dev/a", KINDS[kind].baud)
    other = Found("sdm120", 9_600, 7)
    (row,) = configuration.parse(
        LEAST + configuration_lines("/dev/a", other, set()), file="x"
    ).serial
    assert (row.rate, row.address) == (9_600, 7)


def test_ids_are_free_ones() -> None:
    taken = {"sds011-1"}
    assert sensor_id("sds011", taken) == "sds011-2"
    assert sensor_id("sds011", taken) == "sds011-3"


def test_found_with_values() -> None:
    made = report(found=[Found("mhz19b", 9_600, values=(("air/co2_ppm", 612.0),))])
    assert made.outcome is Outcome.FOUND
    assert "Winsen MH-Z19B (carbon dioxide) at 9600: air/co2_ppm 612" in made.said
    assert 'protocol = "mhz19b"' in made.lines


def test_a_wrong_rate_names_both() -> None:
    made = report(115_200, found=[Found("nmea", 9_600, values=(("gnss/fix", 1.0),))])
    assert made.code == "E-SER-03"
    assert "speaks at 9600, not at 115200" in made.said
    assert made.remedy == "Set baud = 9600 for this port in the configuration."


@pytest.mark.parametrize(
    ("known", "code", "said"),
    [
        ({"heard": b"\x81\x82"}, "E-SER-03", "make no unit at any rate"),
        ({"stranger": "a PMS3003"}, "E-SER-03", "a PMS3003"),
        ({"echoed": True}, "E-SER-04", "our own questions came back"),
        ({}, "E-SER-04", "not one byte"),
    ],
)
def test_each_has_its_own_words(known: dict[str, object], code: str, said: str) -> None:
    made = report(**known)  # type: ignore[arg-type]
    assert made.code == code
    assert said in made.said
    assert made.remedy


@pytest.mark.parametrize(
    ("reason", "code", "remedy"),
    [
        (Reason.ABSENT, "E-SER-01", "clicks"),
        (Reason.BUSY, "E-SER-02", "Stop the program"),
        (Reason.DENIED, "E-SER-06", "dialout"),
        (Reason.LOST, "E-SER-01", "cable"),
    ],
)
def test_a_port_that_cannot_be_opened(reason: Reason, code: str, remedy: str) -> None:
    made = of_fault(PORT, reason, "detail")
    assert (made.code, made.said) == (code, f"{reason}: detail")
    assert remedy in made.remedy


def test_text_gives_a_pattern_to_fill_in() -> None:
    lines = text_lines("/dev/a", "T:21.5 H:48*28", 9_600, set())
    assert "# It said: T:21.5 H:48*28" in lines
    assert all(line.startswith("#") for line in lines.splitlines())
    assert "(?P<v2>" in lines
    assert "(?P<v3>" not in lines  # what stands behind the star is its check, and that is right
    assert '# check = "xor"' in lines
    assert '# check = "none"' in text_lines("/dev/a", "T:21.5 H:48*29", 9_600, set())


def test_exit_codes() -> None:
    good = report(found=[Found("sds011", 9_600)])
    denied = of_fault(PORT, Reason.DENIED, "")
    assert exit_code([]) is ExitCode.UNAVAILABLE
    assert exit_code([good]) is ExitCode.FINE
    assert exit_code([good, report()]) is ExitCode.DEGRADED
    assert exit_code([good, report(), denied]) is ExitCode.PERMISSION


def test_only_new_ports_are_added() -> None:
    good = report(found=[Found("sds011", 9_600)])
    assert new_lines([good, report()], ()) == good.lines
    assert new_lines([good], (PORT.path,)) == ""
