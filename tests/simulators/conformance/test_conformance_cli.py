"""The command: what it prints, and with what it ends."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from simulators.cli import simulate
from simulators.conformance import cases, conformance_cli
from simulators.conformance.evidence import Evidence
from simulators.conformance.packet_log import PacketLog
from simulators.conformance.stage import Recording
from simulators.conformance.verdicts import Verdict


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The drive is the one that was done already."""

    async def drive(directory: Path) -> Recording:
        assert directory.name.startswith(conformance_cli.PREFIX)
        return Recording(PacketLog(), [])

    monkeypatch.setattr(cases, "drive", drive)
    return CliRunner()


def judged(monkeypatch: pytest.MonkeyPatch, verdicts: list[Verdict]) -> None:
    def judge_all(seen: Evidence) -> list[Verdict]:
        assert seen.sessions == []
        return verdicts

    monkeypatch.setattr(conformance_cli, "judge_all", judge_all)


def test_it_prints_the_counts(
    run: CliRunner, verdicts: list[Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, verdicts)
    done = run.invoke(simulate, ["conformance"])
    assert done.exit_code == 0
    assert "fail              0" in done.stdout
    done = run.invoke(simulate, ["conformance", "--table"])
    assert "tck-id-topics-nbirth-topic: " in done.stdout


def test_it_fails_on_any_fault(
    run: CliRunner, verdicts: list[Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, verdicts[:100])
    done = run.invoke(simulate, ["conformance", "--json"])
    assert done.exit_code == 2
    assert "250 must" in msgspec.json.decode(done.stdout)["faults"][0]
