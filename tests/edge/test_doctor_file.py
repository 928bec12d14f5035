"""The worst of each code, kept and found; what cannot be kept harms nobody."""

from pathlib import Path

from edge import doctor_file
from edge.doctor import Report
from edge.doctor_finding import Finding, Severity


def test_the_worst_is_kept(tmp_path: Path) -> None:
    rows = [("E-NET-13", Severity.FATAL), ("E-NET-13", Severity.FINE), ("E-SD-01", Severity.NOTE)]
    report = Report(tuple(Finding(code, "", severity, "", "") for code, severity in rows))
    doctor_file.keep(tmp_path, report)
    found = doctor_file.load(tmp_path)
    assert found == {"E-NET-13": Severity.FATAL, "E-SD-01": Severity.NOTE}
    doctor_file.keep(tmp_path / "absent", report)


def test_nothing_and_nonsense(tmp_path: Path) -> None:
    assert doctor_file.load(tmp_path) == {}
    (tmp_path / doctor_file.FILE).write_text("[1]", "ascii")
    assert doctor_file.load(tmp_path) == {}
