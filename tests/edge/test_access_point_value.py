"""What one number becomes: scaled, in range, in the catalogue's type, or a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_point_value import Reason, number_of, refused, source_ms, take, typed
from edge.source_configuration import MetricPath

NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("unit", "number", "value"),
    [("kB", 3, 3_000), ("MiB", 2, 2 << 20), ("bits", 80, 10), ("bytes", 2**53 + 1, 2**53 + 1)],
)
def test_units_are_brought_to_the_catalogues(unit: str, number: int, value: int) -> None:
    assert typed(MetricPath("wifi/rx_bytes", unit=unit), number) == value


def test_whole_factors_keep_counters_exact() -> None:
    assert typed(MetricPath("wifi/rx_bytes", unit="KiB"), 2**52 + 1) == (2**52 + 1) * 1_024


def test_a_share_becomes_per_cent() -> None:
    assert typed(MetricPath("wifi/channel_utilisation_pct", unit="ratio"), 0.25) == 25.0


@pytest.mark.parametrize(("found", "worth"), [("on", 1), (" off ", 0), ("7", 7), (True, 1)])
def test_words_have_the_worth_the_configuration_gives(found: object, worth: int) -> None:
    words = {"on": 1.0, "off": 0.0, "true": 1.0}
    assert number_of(found, words) == worth


@pytest.mark.parametrize("found", ["ON", "maybe", True, False, None, [], "1" * 33])
def test_other_words_have_none(found: object) -> None:
    assert number_of(found, {"on": 1.0}) is None
    assert number_of("on") is None


def test_why_a_value_was_not_taken() -> None:
    row = MetricPath("wifi/clients")
    assert take(row, 7) == ("wifi/clients", 7)
    assert take(row, None) is Reason.NO_SUCH_PATH
    assert take(row, "x") is Reason.NOT_A_NUMBER
    assert take(row, -1) is Reason.OUT_OF_RANGE
    assert refused(Reason.NULL).values == ()


@pytest.mark.parametrize(
    ("unit", "per_ms"), [("s", 0.001), ("ms", 1), ("us", 1_000), ("ns", 1_000_000)]
)
def test_a_time_in_any_unit(unit: str, per_ms: float) -> None:
    assert source_ms(NOW_MS * per_ms, unit, NOW_MS + 1_000) == NOW_MS
    assert source_ms((NOW_MS - 300_001) * per_ms, unit, NOW_MS) is Reason.SOURCE_TIME_OFF


@given(st.integers() | st.floats(), st.sampled_from(["s", "ms", "us", "ns"]))
def test_any_time_is_near_or_off(written: float, unit: str) -> None:
    found = source_ms(written, unit, NOW_MS)
    if isinstance(found, Reason):
        assert found is Reason.SOURCE_TIME_OFF
    else:
        assert abs(found - NOW_MS) <= 300_001
