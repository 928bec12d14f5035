"""A slug is an id, a topic level and a tag value at once, so it holds nothing special."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary.ids import SLUG_PATTERN, is_slug


@pytest.mark.parametrize("good", ["a", "0", "ap-1", "x" * 48, "-"])
def test_slugs(good: str) -> None:
    assert is_slug(good)


@pytest.mark.parametrize("bad", ["", "A", "a_b", "a b", "ä", "a\n", "x" * 49, "a/b", "+", "٣"])
def test_other_text(bad: str) -> None:
    assert not is_slug(bad)


@given(st.text(max_size=60))
def test_the_pattern_for_structs_agrees(text: str) -> None:
    assert is_slug(text) == bool(re.search(SLUG_PATTERN, text) and not text.endswith("\n"))
