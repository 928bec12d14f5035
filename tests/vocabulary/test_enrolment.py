"""Codes survive people; what is signed cannot be read as anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary.enrolment import (
    CODE_ALPHABET,
    code_of,
    from_text,
    normal_code,
    shown_code,
    signed_bytes,
    to_text,
)


@given(st.binary(min_size=5, max_size=5))
def test_a_code_survives_being_shown_and_read(entropy: bytes) -> None:
    code = code_of(entropy)
    assert set(code) <= set(CODE_ALPHABET)
    assert normal_code(shown_code(code).lower()) == code
    assert int.from_bytes(entropy, "big") == sum(
        CODE_ALPHABET.index(one) << 5 * ix for ix, one in enumerate(reversed(code))
    )


@pytest.mark.parametrize("text", ["", "7KQ2", "7KQ2M4XDD", "7KQ2M4XU", "7" * 1_000, "ééééééée"])
def test_what_is_no_code(text: str) -> None:
    assert normal_code(text) is None


def test_misreadings() -> None:
    assert normal_code("OoIl-iL1 0") == "00111110"


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_two_requests_never_sign_alike(one: list[str], other: list[str]) -> None:
    if one != other:
        assert signed_bytes("/p", "gw", "n", *one) != signed_bytes("/p", "gw", "n", *other)


@given(st.binary(max_size=50))
def test_bytes_in_json(raw: bytes) -> None:
    assert from_text(to_text(raw)) == raw
    assert from_text("*") is None
