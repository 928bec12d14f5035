"""Nothing is clipped: what cannot be is refused by name, and its mates are kept."""

import math

import pytest

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Reason, Refused, Sample
from firmware_bridge.plausible import Span, believed

SPANS = {"env/temperature_c": Span(-40, 85), "env/humidity_pct": Span(0, 100)}


def test_the_ends_of_a_span_can_be() -> None:
    counters = LinkCounters()
    values = [("env/temperature_c", -40.0), ("env/humidity_pct", 100.0)]
    assert believed(values, SPANS, mono_ns=7, counters=counters) == [Sample(tuple(values), 7)]
    assert (counters.samples, counters.out_of_range) == (1, 0)


@pytest.mark.parametrize("value", [85.01, -40.01, 1e300, math.inf, -math.inf, math.nan])
def test_what_cannot_be_is_refused_and_never_clipped(value: float) -> None:
    counters = LinkCounters()
    values = [("env/temperature_c", value), ("env/humidity_pct", 40.0)]
    sample, refused = believed(values, SPANS, mono_ns=0, counters=counters)
    assert sample == Sample((("env/humidity_pct", 40.0),), 0)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.OUT_OF_RANGE
    assert "env/temperature_c" in refused.detail
    assert "-40 to 85" in refused.detail
    assert counters.out_of_range == 1


def test_nothing_believed_is_no_sample() -> None:
    counters = LinkCounters()
    (refused,) = believed([("env/humidity_pct", 101.0)], SPANS, mono_ns=0, counters=counters)
    assert isinstance(refused, Refused)
    assert counters.samples == 0
