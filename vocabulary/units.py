"""Unit suffixes of names, a closed list, and the conversion constants between them.

A name carries quantity, unit, bound in that order (``silence_ns_max``). What is not listed here
is not a unit of Lamplighter; a test reads the metric catalogue against this list.
"""

from typing import Final

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
MS_PER_S: Final = 1_000
S_PER_MIN: Final = 60
S_PER_H: Final = 3_600
S_PER_DAY: Final = 86_400

INT32_MAX: Final = 2**31 - 1
INT64_MAX: Final = 2**63 - 1
INT64_MIN: Final = -(2**63)

SUFFIXES: Final[dict[str, str]] = {
    "ns": "nanoseconds",
    "us": "microseconds",
    "ms": "milliseconds",
    "s": "seconds",
    "bytes": "bytes",
    "pct": "per cent",
    "dbm": "decibel-milliwatts",
    "dba": "A-weighted decibels",
    "c": "degrees Celsius",
    "hpa": "hectopascals",
    "ppm": "parts per million",
    "ugm3": "micrograms per cubic metre",
    "v": "volts",
    "a": "amperes",
    "w": "watts",
    "wh": "watt-hours",
    "hz": "hertz",
    "deg": "degrees of arc",
    "mbps": "megabits per second",
    "records": "spool records",
}
"""Suffix -> what it stands for."""
