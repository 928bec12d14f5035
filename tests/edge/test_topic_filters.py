"""Filters match as a broker matches, and made disjoint they deliver everything once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.topic_filters import disjoint, fault, is_exact, matches

LEVEL = st.sampled_from(["a", "b", "", "$x"])
TOPICS = st.lists(LEVEL, min_size=1, max_size=4).map("/".join).filter(bool)
PARTS = st.lists(st.sampled_from(["a", "b", "", "+"]), min_size=1, max_size=4)
FILTERS = st.builds(
    lambda parts, tail: "/".join([*parts, "#"] if tail else parts), PARTS, st.booleans()
).filter(lambda one: fault(one) is None)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "answer"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "b", False),
        ("#", "a/b", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
    ],
)
def test_matching(topic_filter: str, topic: str, *, answer: bool) -> None:
    assert matches(topic_filter, topic) is answer


@pytest.mark.parametrize(
    "text", ["", "a/#/b", "a/b#", "a+/b", "a\0", "x" * 513, "/".join("a" * 65)]
)
def test_what_is_no_filter(text: str) -> None:
    assert fault(text)


def test_a_filter_is_exact_without_wildcards() -> None:
    assert is_exact("a/b")
    assert not is_exact("a/+")
    assert not is_exact("#")


@pytest.mark.parametrize(
    ("filters", "made"),
    [
        ([], []),
        (["a/b", "a/b"], ["a/b"]),
        (["a/b", "a/#"], ["a/#"]),
        (["a/+/c", "a/b/+"], ["a/+/+"]),
        (["a/b", "c/d"], ["a/b", "c/d"]),
        (["a", "a/#"], ["a/#"]),
        (["a/+", "+/b", "c/d"], ["+/+"]),
    ],
)
def test_what_meets_is_widened_into_one(filters: list[str], made: list[str]) -> None:
    assert disjoint(filters) == made


@given(st.lists(FILTERS, max_size=6), TOPICS)
def test_everything_asked_for_comes_and_comes_once(filters: list[str], topic: str) -> None:
    made = disjoint(filters)
    times = sum(matches(one, topic) for one in made)
    assert times <= 1
    assert times == 1 or not any(matches(one, topic) for one in filters)


@given(st.lists(FILTERS, max_size=6), st.randoms())
def test_the_order_does_not_matter_to_what_is_covered(filters: list[str], rng: object) -> None:
    del rng
    assert disjoint(filters) == disjoint(reversed(filters))
