"""What a sensor can measure at all: values outside are refused with a reason, never clipped.

A clipped value is a lie that nobody sees. A refused one is counted, and its mates are kept.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Event, Reason, Refused, Sample


class Span(NamedTuple):
    """The closed range of a quantity, in the catalogue's unit."""

    low: float
    high: float


Spans = Mapping[str, Span]
"""Catalogue name -> what this sensor can measure."""


def believed(
    values: Iterable[tuple[str, float]],
    spans: Spans,
    *,
    mono_ns: int,
    counters: LinkCounters,
    value_bytes: int = 2,
) -> list[Event]:
    """One sample of the values that can be true, and a refusal for each that cannot."""
    good: list[tuple[str, float]] = []
    refused: list[Event] = []
    for name, value in values:
        low, high = spans[name]
        if low <= value <= high:  # never true of NaN
            good.append((name, value))
        else:
            detail = f"{name} {value:g} is not within {low:g} to {high:g}"
            refused.append(Refused(Reason.OUT_OF_RANGE, value_bytes, detail))
    counters.out_of_range += len(refused)
    if not good:
        return refused
    counters.samples += 1
    return [Sample(tuple(good), mono_ns), *refused]
