"""Requests for checks are bounded, and what a check found is in the catalogue's words."""

import pytest

from edge.check_desk import NAMES, WAITING_MAX, CheckDesk, found, split
from vocabulary.metrics import CATALOGUE, in_range


def desk() -> CheckDesk:
    return CheckDesk({f"ap-{ix}": f"10.0.0.{ix}:80" for ix in range(20)}, node="")


def test_a_request_waits_until_it_is_taken() -> None:
    one = desk()
    for device in ("ap-3", "", "ap-3", "nobody"):
        one.ask(device)
    assert len(one._waiting) == 2
    assert [one.take(), one.take(), one.take()] == ["ap-3", "", None]
    assert not desk().is_wanted
    assert one.address("ap-3") == "10.0.0.3:80"
    assert one.address("") == ""
    assert one.counts == {"check_asked": 2, "check_merged": 1, "check_unknown": 1}


def test_a_host_that_asks_without_end_fills_nothing() -> None:
    one = desk()
    for ix in range(20):
        one.ask(f"ap-{ix}")
    assert len(one._waiting) == WAITING_MAX
    assert one.counts["check_too_many"] == 20 - WAITING_MAX


def test_findings_are_readings_of_the_catalogue() -> None:
    assert found([None, 4.0, 2.0, None]) == [("check/loss_pct", 50.0), ("check/rtt_ms", 2.0)]
    assert found([None]) == [("check/loss_pct", 100.0)]
    for name, value in found([1.5]):
        assert name in NAMES
        assert not isinstance(value, str)
        assert in_range(CATALOGUE[name], value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.0.5:80", ("10.0.0.5", 80)),
        ("ap.lan:1", ("ap.lan", 1)),
        ("[fe80::1]:443", ("fe80::1", 443)),
        ("10.0.0.5", None),
        (":80", None),
        ("host:0", None),
        ("host:65536", None),
        ("host:8x", None),
        ("host:\u0663", None),
    ],
)
def test_addresses(text: str, place: tuple[str, int] | None) -> None:
    assert split(text) == place
