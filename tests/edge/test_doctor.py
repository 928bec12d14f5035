"""Every finding of the doctor, provoked."""

from typing import Any

import pytest

from edge.doctor import CHECKS, REMEDIES, Facts, examine
from edge.doctor_finding import Severity
from edge.source_state import SourceView
from vocabulary.exit_codes import ExitCode

HEALTHY = {
    "spool_in_memory": 0.0,
    "spool_torn_tails_total": 0.0,
    "spool_oldest_age_seconds": 3.0,
    "spool_records": 4.0,
    "spool_lost_records_total": 0.0,
    "uplink_up": 1.0,
    "commits_total": 12.0,
}


def facts(agent: dict[str, float] | None = None, **more: Any) -> Facts:
    known: dict[str, Any] = {"free_bytes": 8 << 30, "total_bytes": 16 << 30, "clock_synced": True}
    return Facts(agent={**HEALTHY, **(agent or {})}, **{**known, **more})


def found(given: Facts) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in examine(given).findings}


def test_a_healthy_gateway_is_fine_in_every_point() -> None:
    assert set(found(facts()).values()) == {Severity.FINE}
    assert examine(facts()).exit_code is ExitCode.FINE


@pytest.mark.parametrize(
    ("given", "code", "severity"),
    [
        (facts(configuration_faults=("x",)), "E-SW-01", Severity.FATAL),
        (Facts(agent=None), "E-SW-02", Severity.FATAL),
        (facts({"spool_in_memory": 1}), "E-SD-02", Severity.FATAL),
        (facts({"spool_sync_seconds": 1.2}), "E-SD-01", Severity.DEGRADED),
        (facts({"spool_torn_tails_total": 2}), "E-SPL-01", Severity.NOTE),
        (facts(free_bytes=400 << 20), "E-DISK-01", Severity.FATAL),
        (facts(free_bytes=1 << 30, total_bytes=100 << 30), "E-DISK-01", Severity.FATAL),
        (facts({"spool_oldest_age_seconds": 601}), "E-SPL-02", Severity.DEGRADED),
        (facts({"spool_lost_records_total": 1}), "E-SPL-03", Severity.DEGRADED),
        (facts({"uplink_up": 0}), "E-MQ-01", Severity.DEGRADED),
        (facts({"commits_total": 0}), "E-E2E-01", Severity.DEGRADED),
        (facts(clock_synced=False), "E-TIME-01", Severity.NOTE),
    ],
)
def test_each_fault_has_its_code_and_a_remedy(given: Facts, code: str, severity: Severity) -> None:
    (finding,) = [one for one in examine(given).findings if one.code == code]
    assert finding.severity is severity
    assert finding.remedy
    worst = {Severity.FATAL: 2, Severity.DEGRADED: 1, Severity.NOTE: 0}[severity]
    assert examine(given).exit_code == worst


def test_a_gateway_that_is_cut_off_is_not_blamed_for_the_silence_of_the_host() -> None:
    assert found(facts({"uplink_up": 0, "commits_total": 0}))["E-E2E-01"] is Severity.FINE


def test_what_is_not_known_is_not_judged() -> None:
    assert set(found(Facts())) == {"E-SW-01", "E-SW-02"}
    assert len(CHECKS) == 9


SOURCE = SourceView("ap-one", "ap/one", "json", 12.0, 90.0, "online", {"wifi/clients": 7.0}, {})


def told(source: SourceView) -> tuple[Severity, str, str]:
    (finding,) = [one for one in examine(facts(sources=(source,))).findings if "E-AP" in one.code]
    assert finding.what == "access point ap-one (json, ap/one)"
    return finding.severity, finding.found, finding.remedy


def test_each_source_shows_its_last_value_its_age_and_its_errors() -> None:
    assert told(SOURCE) == (Severity.FINE, "12 s ago: wifi/clients 7; refused: nothing", "")
    severity, found, remedy = told(SOURCE._replace(refused={"ap_message_not_json": 3}))
    assert severity is Severity.NOTE
    assert found == "12 s ago: wifi/clients 7; refused: ap_message_not_json 3"
    assert "JSON" in remedy


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (SOURCE._replace(age_s=-1.0, values={}), "never heard"),
        (SOURCE._replace(age_s=91.0), "91 s ago"),
        (SOURCE._replace(status="offline"), "it said it is offline"),
    ],
)
def test_a_source_that_is_silent_or_gone_degrades(source: SourceView, word: str) -> None:
    severity, found, remedy = told(source)
    assert severity is Severity.DEGRADED
    assert word in found
    assert remedy


@pytest.mark.parametrize("reason", REMEDIES)
def test_what_was_refused_has_a_remedy_of_its_own(reason: str) -> None:
    assert told(SOURCE._replace(refused={reason: 1}))[2] == REMEDIES[reason]


def test_topics_that_nobody_reads_are_named() -> None:
    report = examine(facts(strange_topics={"ap/won": 3, "ap/two": 9}))
    (finding,) = [one for one in report.findings if one.code == "E-AP-02"]
    assert finding.found == "ap/two (9), ap/won (3)"
    assert (finding.severity, bool(finding.remedy)) == (Severity.NOTE, True)
