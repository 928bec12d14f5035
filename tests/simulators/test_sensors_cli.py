"""``lamplighter simulate sensors``, without the five minutes."""

from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from simulators import sensors_cli
from simulators.sensors_cli import sensors
from simulators.sensors_run import Account
from tests.simulators.test_sensors_run import GOOD
from vocabulary.exit_codes import ExitCode


class Done:
    """A run that is over at once."""

    account = Account(60.0, (GOOD,), 7, 7)

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        pass

    def run(self, progress: Any) -> Account:
        progress(1.0)
        return self.account


def said(monkeypatch: pytest.MonkeyPatch, account: Account, *words: str) -> tuple[int, str]:
    monkeypatch.setattr(Done, "account", account)
    monkeypatch.setattr(sensors_cli, "SensorsRun", Done)
    result = CliRunner().invoke(sensors, list(words))
    return result.exit_code, result.stdout


def test_a_line_a_sensor_and_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = said(monkeypatch, Done.account)
    assert code == ExitCode.FINE
    assert "a-1" in text
    assert "7 of 7 records stored; sound" in text


def test_a_wrong_value_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = msgspec.structs.replace(GOOD, wrong=1)
    code, text = said(monkeypatch, Account(60.0, (bad,), 7, 7), "--json")
    assert code == ExitCode.DEGRADED
    assert msgspec.json.decode(text)["sensors"][0]["wrong"] == 1
