"""``lamplighter gateway lamp``: what stands on the card becomes light."""

from pathlib import Path

import msgspec

from edge import doctor_file
from edge.doctor import Report
from edge.doctor_finding import Finding, Severity
from edge.lamp import Sign
from edge.lamp_cli import sign_here
from edge.provision import Record, StepRow
from lamplighter.cli import run


def test_what_the_board_should_say(tmp_path: Path) -> None:
    assert sign_here(tmp_path) is Sign.NOT_ENROLLED
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "identity.pem").touch()
    assert sign_here(tmp_path) is Sign.WELL
    report = Report((Finding("E-SD-01", "", Severity.FATAL, "", ""),))
    doctor_file.keep(tmp_path, report)
    assert sign_here(tmp_path) is Sign.STORAGE
    (tmp_path / "provision").mkdir()
    row = StepRow("power", "", Severity.FINE, "", "", "", "", 1)
    for severity, sign in ((Severity.FINE, Sign.PROVISIONING), (Severity.FATAL, Sign.FAILED)):
        record = Record(steps={"power": msgspec.structs.replace(row, severity=severity)})
        (tmp_path / "provision" / "state.json").write_bytes(msgspec.json.encode(record))
        assert sign_here(tmp_path) is sign


def test_a_light_is_lit(tmp_path: Path) -> None:
    led = tmp_path / "ACT"
    led.mkdir()
    words = ["gateway", "lamp", "--state", str(tmp_path), "--led", str(led), "--rounds", "2"]
    assert run(words) == 69
    (led / "brightness").write_text("7", "ascii")
    assert run(words) == 0
    assert (led / "brightness").read_text("ascii") in ("0", "1")
    assert (led / "trigger").read_text("ascii") == "none"
