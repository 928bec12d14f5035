"""What the kernel writes of a number is what Python writes, or nothing."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.line_kernel import NUMBER_BYTES_MAX, put_real, put_whole
from vocabulary.units import INT64_MAX, INT64_MIN


def written(put: object, number: float) -> str | None:
    out = np.full(2 * NUMBER_BYTES_MAX, 1, dtype=np.uint8)
    assert callable(put)
    end = put(out, 3, number)
    if end < 0:
        return None
    assert end - 3 <= NUMBER_BYTES_MAX
    assert set(out[:3]) | set(out[end:]) == {1}
    return out[3:end].tobytes().decode()


@given(st.integers(INT64_MIN + 1, INT64_MAX))
@example(0)
@example(INT64_MAX)
@example(INT64_MIN + 1)
def test_whole_numbers(number: int) -> None:
    assert written(put_whole, number) == str(number)


@given(st.integers(-(10**14) + 1, 10**14 - 1), st.integers(0, 9))
@example(0, 0)
@example(1, 4)
def test_a_decimal_is_written_as_the_shortest(digits: int, places: int) -> None:
    number = digits / 10**places
    text = written(put_real, number)
    if text is None:
        assert number == 0 or abs(number) < 1e-4 or abs(number) * 10**places >= 1e15
    else:
        assert text == repr(number)


@given(st.floats())
@example(-0.0)
@example(0.1 + 0.2)
@example(1e15)
@example(9e-5)
def test_any_number_is_written_as_python_does_or_left(number: float) -> None:
    assert written(put_real, number) in (None, repr(number))


def test_ordinary_readings_are_not_left() -> None:
    for number in (0.0, 21.5, -4.25, 7.0, 1013.2, 0.0125, 99999.999, 230.1, 49.98):
        assert written(put_real, number) == repr(number)
