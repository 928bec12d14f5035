"""Derived times, and what a configuration may not say."""

import msgspec
import pytest

from processing.settings import Settings


def test_a_hole_is_three_beats_or_what_makes_it_down() -> None:
    assert Settings(beat_ms=10_000, margin_ms=500).hole_ms == 30_500
    assert Settings(beat_ms=10_000, margin_ms=500, misses_down=2).hole_ms == 20_500


def test_a_gateway_is_dark_after_three_of_its_beats() -> None:
    assert Settings(gateway_beat_ms=5_000, margin_ms=500).gateway_silence_ms == 15_500


@pytest.mark.parametrize("wrong", [{"beat_ms": 0}, {"misses_down": 0}, {"beats_ms": 5}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Settings)
