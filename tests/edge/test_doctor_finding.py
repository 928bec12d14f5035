"""A finding says everything or it says nothing."""

from edge.doctor_finding import Finding, Severity


def test_severities_in_order_and_a_finding_without_a_remedy() -> None:
    assert list(Severity) == ["fine", "note", "degraded", "fatal"]
    assert Finding("E-X-01", "what", Severity.FINE, "found", "expected").remedy == ""
