"""What one number of an access point becomes: a catalogue value, or the reason why not.

Shared by the readers of all formats. A message may hold clients' addresses, so what is refused
leaves its reason behind and nothing of what it was.
"""

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from edge.source_configuration import MetricPath
from vocabulary.metrics import CATALOGUE, Metric, in_range
from vocabulary.payload import Datatype, Value
from vocabulary.units import MS_PER_S, NS_PER_MS

MESSAGE_BYTES_MAX: Final = 64 * 1024
SOURCE_TIME_OFF_MS_MAX: Final = 5 * 60 * MS_PER_S
NUMBER_CHARS_MAX: Final = 32
NUMBER: Final = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\s*")
"""A number as text: many write 64-bit counters so."""
_IN_MS: Final = {"s": MS_PER_S, "ms": 1.0, "us": 1e-3, "ns": 1 / NS_PER_MS}


class Reason(StrEnum):
    """Why a message, or one value of it, was not taken."""

    TOO_LONG = "ap_message_too_long"
    NOT_JSON = "ap_message_not_json"
    NOT_COLLECTD = "ap_message_not_collectd"
    NOT_SPARKPLUG = "ap_message_not_sparkplug"
    BAD_LINE = "ap_line_bad"
    TOO_MANY_LINES = "ap_lines_too_many"
    TOO_MANY_TOPICS = "ap_topics_too_many"
    NOTHING_FOR_US = "ap_message_without_our_values"
    NOT_A_NUMBER = "ap_value_not_a_number"
    NULL = "ap_value_null"
    RATE = "ap_counter_is_a_rate"
    HISTORICAL = "ap_value_historical"
    NO_SUCH_PATH = "ap_path_absent"
    OUT_OF_RANGE = "ap_value_out_of_range"
    SOURCE_TIME_OFF = "ap_time_off"
    RETAINED = "ap_message_retained"
    UNKNOWN_ALIAS = "ap_alias_unknown"
    UNKNOWN_STATUS = "ap_status_unknown"
    DROPPED = "ap_message_dropped"


class Taken(NamedTuple):
    """What one message gave at one time: values by catalogue name, its own time, and refusals."""

    values: tuple[tuple[str, Value], ...]
    ts_ms: int | None
    refused: tuple[Reason, ...]


def refused(*reasons: Reason) -> Taken:
    """Nothing was taken."""
    return Taken((), None, reasons)


def number_of(found: Any, words: Mapping[str, float] | None = None) -> float | int | None:
    """A number, as such or as text, or a word that the configuration gives one."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        return found
    if isinstance(found, str) and len(found) <= NUMBER_CHARS_MAX:
        if words and (worth := words.get(found.strip())) is not None:
            return worth
        if NUMBER.fullmatch(found):
            return float(found) if set(found) & set(".eE") else int(found)
    if words and isinstance(found, bool):
        return words.get("true" if found else "false")
    return None


def _scaled(number: float, factor: float) -> float:
    if factor == 1.0:
        return number
    if isinstance(number, int) and factor.is_integer():
        return number * int(factor)  # a counter stays exact
    return number * factor


def typed(row: MetricPath, number: float, metric: Metric | None = None) -> Value | None:
    """The catalogue's value; None if it cannot be true."""
    metric = metric or CATALOGUE[row.name]
    try:
        scaled = _scaled(number, float(row.factor))
    except OverflowError:  # hundreds of digits
        return None
    if not in_range(metric, scaled):
        return None
    return float(scaled) if metric.datatype is Datatype.DOUBLE else round(scaled)


def take(row: MetricPath, found: Any) -> tuple[str, Value] | Reason:
    """One found thing as a named value, or why not."""
    number = number_of(found, row.words)
    if number is None:
        return Reason.NO_SUCH_PATH if found is None else Reason.NOT_A_NUMBER
    value = typed(row, number)
    return Reason.OUT_OF_RANGE if value is None else (row.name, value)


def source_ms(written: float, unit: str, wall_ms: int) -> int | Reason:
    """A message's own time; refused if it is far off, so that ours stands in its place."""
    try:
        ms = written * _IN_MS[unit]
        near = math.isfinite(ms) and abs(ms - wall_ms) <= SOURCE_TIME_OFF_MS_MAX
    except OverflowError:  # hundreds of digits
        return Reason.SOURCE_TIME_OFF
    return round(ms) if near else Reason.SOURCE_TIME_OFF
