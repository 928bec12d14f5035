"""What we write we can read back, and the same point twice is one point."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import LineUnreadable
from ingest.line_points import PointKey, distinct_points, merged, parse
from vocabulary import line_protocol
from vocabulary.measurements import MEASUREMENTS, FieldType

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
TAG_VALUES = TEXT.filter(lambda text: "\\" not in text)
FIELD_VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.INTEGER: st.integers(-(2**63), 2**63 - 1),
    FieldType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
}


@given(data=st.data(), ts_ms=st.integers(-(2**62), 2**62))
def test_reading_undoes_rendering(data: st.DataObject, ts_ms: int) -> None:
    schema = MEASUREMENTS[data.draw(st.sampled_from(sorted(MEASUREMENTS)))]
    tags = {tag: data.draw(TAG_VALUES) for tag in schema.tags if data.draw(st.booleans())}
    names = data.draw(st.sets(st.sampled_from(sorted(schema.fields)), min_size=1))
    fields = {name: data.draw(FIELD_VALUES[schema.fields[name]]) for name in names}
    point = parse(line_protocol.render(schema.name, tags, fields, ts_ms))
    assert point.key == PointKey(schema.name, tuple(sorted(tags.items())), ts_ms)
    assert point.fields == fields
    assert {name: type(value) for name, value in point.fields.items()} == {
        name: type(value) for name, value in fields.items()
    }


@pytest.mark.parametrize(
    "line",
    ["", "a", "a 1", "a x=1", "a x=1i", "a x=1i 1x", "a,b x=1i 1", "a x 1", 'a x="1 1', "a x=k 1"],
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(LineUnreadable):
        parse(line)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(LineUnreadable):  # and nothing else
        parse(text)


def test_the_same_point_is_one_and_later_fields_win() -> None:
    points = merged(["a,t=1 x=1i,y=2i 5", "a,t=2 x=1i 5", "a,t=1 x=3i 5"])
    assert points == {
        PointKey("a", (("t", "1"),), 5): {"x": 3, "y": 2},
        PointKey("a", (("t", "2"),), 5): {"x": 1},
    }


def test_a_file_with_a_torn_tail_is_read_up_to_it(tmp_path: Path) -> None:
    path = tmp_path / "points.lp"
    path.write_text("a x=1i 5\na x=1i 5\nb x=\u2028")
    assert list(distinct_points(path)) == [PointKey("a", (), 5)]
