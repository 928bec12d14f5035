"""``lamplighter simulate swarm``."""

import json

import pytest
from click.testing import CliRunner

from ingest.storing import Storing
from simulators.cli import simulate
from simulators.swarm_cli import swarm
from simulators.virtual_influx import VirtualInflux
from vocabulary.exit_codes import ExitCode


def test_it_is_a_command_of_simulate() -> None:
    result = CliRunner().invoke(simulate, ["swarm", "--help"])
    assert result.exit_code == 0
    assert "--seeds" in result.output


def test_a_few_worlds_as_json() -> None:
    result = CliRunner().invoke(swarm, ["--seeds", "3", "--first", "5", "--minutes", "1", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["seeds"], found["violations"]) == (3, 0)
    assert found["simulated_h"] > 3 / 60
    assert found["records_generated"] >= found["records_stored"] > 0


def test_one_world_is_told_in_full() -> None:
    results = [CliRunner().invoke(swarm, ["--seed", "6", "--minutes", "1"]) for _ in range(2)]
    for result in results:
        assert result.exit_code == 0
        assert "digest" in result.stdout
        assert "gw-0: generated" in result.stdout
    first, second = (result.stdout.splitlines()[0] for result in results)
    assert first == second


def test_a_failing_seed_is_named_with_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Storing, "attempt", lambda _self: None)  # nothing is stored at all
    result = CliRunner().invoke(swarm, ["--seeds", "1", "--first", "6", "--minutes", "1"])
    assert result.exit_code == ExitCode.DEGRADED
    assert "commits never run ahead" in result.stderr
    assert "lamplighter simulate swarm --seed 6" in result.stderr
    assert "connects, bdSeq" in result.stderr
    assert "failing seeds: 6" in result.stdout


def test_an_exception_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(VirtualInflux, "_keep", breaks)
    result = CliRunner().invoke(swarm, ["--seed", "6", "--minutes", "1", "--json"])
    assert result.exit_code == ExitCode.DEGRADED
    (failure,) = json.loads(result.stdout)["failures"]
    assert failure["invariant"] == "no exception anywhere"
    assert "ZeroDivisionError" in failure["what"]
