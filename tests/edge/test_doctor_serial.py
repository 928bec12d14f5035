"""Every serial finding of the doctor, provoked."""

from typing import Any

import msgspec
import pytest

from edge.doctor_finding import Severity
from edge.doctor_serial import findings
from edge.serial_status import LastValue, RefusedPiece, SensorStatus

FINE = SensorStatus(
    sensor_id="air-1",
    port="/dev/serial/by-id/air",
    protocol="sds011",
    port_state="open",
    link="running",
    silence_s=0.5,
    no_reading_s=0.5,
    interval_s=1.0,
    counters={"bytes_received": 10_000, "frames": 1_000, "requests": 1_000},
    values=(LastValue("air/pm2_5_ugm3", 12.3, 0.5),),
)


def of(**changes: Any) -> dict[str, tuple[Severity, str]]:
    given = msgspec.structs.replace(FINE, **changes)
    adapters = ("/dev/serial/by-id/other",)
    return {one.code: (one.severity, one.found) for one in findings([given], adapters)}


def counters(**more: int) -> dict[str, int]:
    return {**FINE.counters, **more}


def test_a_good_line_is_fine_in_every_point() -> None:
    found = of()
    assert set(found) == {"E-SER-01", "E-SER-03", "E-SER-04", "E-SER-05"}
    assert {severity for severity, _ in found.values()} == {Severity.FINE}
    assert "air/pm2_5_ugm3 12.3" in found["E-SER-05"][1]


@pytest.mark.parametrize(
    ("changes", "code", "severity", "said"),
    [
        ({"port_state": "absent: No such file"}, "E-SER-01", Severity.FATAL, "by-id/other"),
        ({"port_state": "busy: held: gpsd (pid 7)"}, "E-SER-02", Severity.FATAL, "pid 7"),
        ({"port_state": "denied: x; group dialout"}, "E-SER-06", Severity.FATAL, "dialout"),
        ({"counters": counters(crc_errors=30)}, "E-SER-03", Severity.DEGRADED, "30 of 1030"),
        ({"link": "garbage"}, "E-SER-03", Severity.DEGRADED, "none of them make a unit"),
        ({"counters": counters(timeouts=200)}, "E-SER-04", Severity.DEGRADED, "200 of 1000"),
        (
            {"alive_but_silent": True, "no_reading_s": 90.0, "why": "fatal error"},
            "E-SER-05",
            Severity.DEGRADED,
            "answers and gives no readings for 90 s (fatal error)",
        ),
        ({"no_reading_s": 61.0}, "E-SER-05", Severity.DEGRADED, "61 s old"),
        (
            {"counters": counters(out_of_range=3), "why": "air/co2_ppm 9 is not within 0 to 5"},
            "E-SER-05",
            Severity.DEGRADED,
            "3 values that cannot be true (air/co2_ppm 9",
        ),
    ],
)
def test_each_fault_has_its_code_its_words_and_a_remedy(
    changes: dict[str, Any], code: str, severity: Severity, said: str
) -> None:
    given = msgspec.structs.replace(FINE, **changes)
    (finding,) = [f for f in findings([given], ("/dev/serial/by-id/other",)) if f.code == code]
    assert finding.severity is severity
    assert said in finding.found
    assert finding.remedy
    assert finding.expected


def test_the_last_refused_pieces_are_shown_in_hex() -> None:
    pieces = tuple(RefusedPiece("checksum", f"{ix:02x}aabb") for ix in range(12))
    found = of(pieces=pieces, counters=counters(crc_errors=500))["E-SER-03"][1]
    assert "checksum 0baabb" in found
    assert "checksum 04aabb" in found
    assert "03aabb" not in found  # the last eight


def test_a_few_units_say_nothing_about_a_share() -> None:
    few = {"bytes_received": 90, "frames": 5, "crc_errors": 4}
    assert of(counters=few)["E-SER-03"][0] is Severity.FINE


def test_who_is_asked_once_a_minute_may_be_a_minute_late() -> None:
    assert of(interval_s=60.0, no_reading_s=500.0)["E-SER-05"][0] is Severity.FINE
    assert of(interval_s=60.0, no_reading_s=601.0)["E-SER-05"][0] is Severity.DEGRADED
