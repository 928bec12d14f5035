"""Values as people read them: units, states as words, nothing known as a dash."""

from typing import Any

import pytest

from dashboards.values import TEXT_CHARS_MAX, shown


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "none", "—"),
        ("", "none", "—"),
        (True, "none", "yes"),
        ("down", "none", "■ down"),
        ("unknown", "none", "? cannot tell"),
        ('مكتبة "النور"', "none", 'مكتبة "النور"'),
        (0, "dateTimeAsIso", "—"),
        (1_793_750_400_000, "dateTimeAsIso", "2026-11-04 00:00:00"),
        (5_400_000, "dtdurationms", "1 h 30 min"),
        (0, "dtdurationms", "0 s"),
        (5_000, "bytes", "4.9 KiB"),
        (2**80, "bytes", "1073741824.0 PiB"),
        (0.97, "percentunit", "97 %"),
        (99.5, "percent", "99.50 %"),
        (12, "s", "12 s"),
        (1_234_567, "none", "1,234,567"),
    ],
)
def test_a_value_is_shown(value: Any, unit: str, said: str) -> None:
    assert shown(value, unit) == said


def test_a_long_text_is_cut() -> None:
    assert len(shown("x" * 500)) == TEXT_CHARS_MAX
