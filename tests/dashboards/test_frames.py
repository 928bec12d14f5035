"""Answers become what a panel shows: named lines, one table, a week as a matrix."""

from dashboards.asking import Series
from dashboards.frames import Frame, frame_of, lines_of, transformed

TWO = (
    Series("m", {"ap": "a", "level": ""}, ["time", "x", "y"], [[1, 2, None], [5, None, 4]]),
    Series("m", {"ap": "b", "level": "ap"}, ["time", "x", "y"], [[1, 7, 8]]),
)


def test_a_line_is_named_by_its_alias_or_by_column_and_tags() -> None:
    assert [one.name for one in lines_of(TWO, "")] == ["x a", "y a", "x b, ap", "y b, ap"]
    made = lines_of(TWO, "$tag_ap: $col")
    assert [one.name for one in made] == ["a: x", "a: y", "b: x", "b: y"]
    assert made[0].values == [2, None]  # a gap stays a gap
    assert made[0].times_ms == [1, 5]


def test_one_table_of_all_series() -> None:
    made = frame_of(TWO)
    assert made.columns == ["time", "ap", "level", "x", "y"]
    assert made.rows[2] == [1, "b", "ap", 7, 8]
    assert frame_of(()) == Frame([], [])


def test_a_week_is_a_matrix() -> None:
    frame = Frame(["time", "day", "hour", "n"], [[0, 1, 9, 2.0], [1, 1, 9, 3.0], [2, 2, 8, 1.0]])
    grouped = {
        "id": "groupBy",
        "options": {
            "fields": {
                "day": {"operation": "groupby", "aggregations": []},
                "hour": {"operation": "groupby", "aggregations": []},
                "n": {"operation": "aggregate", "aggregations": ["sum"]},
            }
        },
    }
    matrix = {
        "id": "groupingToMatrix",
        "options": {"columnField": "day", "rowField": "hour", "valueField": "n (sum)"},
    }
    made = transformed(frame, [grouped, matrix])
    assert made.columns == ["hour\\day", "1", "2"]
    assert made.rows == [[8, None, 1.0], [9, 5.0, None]]
