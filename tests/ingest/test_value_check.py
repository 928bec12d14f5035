"""A value is stored in the type of its field, or refused under one reason."""

import pytest

from ingest.node_session import TypedValue
from ingest.value_check import FUTURE_MS_MAX, checked
from vocabulary.payload import Value


def judged(name: str, value: Value, ts_ms: int = 0) -> Value:
    verdict = checked(TypedValue(name, value, ts_ms, historical=False), 0)
    return verdict if isinstance(verdict, str) else verdict.value


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("wifi/clients", 3, 3),
        ("wifi/clients", 3.0, 3),
        ("wifi/clients", True, 1),
        ("wifi/clients", 3.5, "value_of_another_type"),
        ("wifi/clients", -1, "value_out_of_range"),
        ("wifi/clients", "3", "text_not_kept"),
        ("wifi/ok", 1, True),
        ("wifi/ok", 0.5, True),
        ("wifi/ok", 2, "value_out_of_range"),
        ("env/temperature_c", 20, 20.0),
        ("env/temperature_c", float("nan"), "value_out_of_range"),
        ("strange/one", 1, "metric_unknown"),
    ],
)
def test_a_value_is_judged_by_the_catalogue(name: str, value: Value, verdict: Value) -> None:
    found = judged(name, value)
    assert found == verdict
    assert type(found) is type(verdict)


def test_the_future_begins_after_five_minutes() -> None:
    assert judged("wifi/ok", True, FUTURE_MS_MAX) is True
    assert judged("wifi/ok", True, FUTURE_MS_MAX + 1) == "from_the_future"
