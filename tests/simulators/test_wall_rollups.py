"""Lines of `wall_rollups.py` are those that the schema allows, at times of the month."""

from collections.abc import Iterator

from ingest.line_points import Point, parse
from simulators.wall_month import Month
from simulators.wall_rollups import RollupLines
from simulators.wall_story import WallStory
from vocabulary.measurements import MEASUREMENTS

STORY = WallStory(aps=20, days=2, seed=3)
LINES = RollupLines(Month(STORY))


def points(lines: Iterator[str]) -> list[Point]:
    made = [parse(line) for line in lines]
    for point in made:
        schema = MEASUREMENTS[point.key.measurement]
        assert {tag for tag, _value in point.key.tags} <= set(schema.tags)
        assert set(point.fields) <= set(schema.fields)
        assert STORY.start_ms <= point.key.ts_ms <= STORY.end_ms
    return made


def test_areas_are_the_sum_of_their_access_points() -> None:
    made = points(LINES.rollups())
    sums = {"service_hour": 0, "service_area_hour": 0, "usage_hour": 0, "usage_area_hour": 0}
    sums["usage_kind_hour"] = 0
    for one in made:
        name = "down_ms" if one.key.measurement.startswith("service") else "device_ms"
        sums[one.key.measurement] += int(one.fields[name])
    assert sums["service_hour"] == sums["service_area_hour"] > 0
    assert sums["usage_hour"] == sums["usage_area_hour"] == sums["usage_kind_hour"] > 0


def test_an_index_is_an_interval() -> None:
    days = [one for one in points(LINES.days()) if one.key.measurement == "service_day"]
    for one in days:
        low, high = (one.fields[f"availability_{end}_pct"] for end in ("low", "high"))
        assert float(low) <= float(high) <= 100.0
        assert float(one.fields["w_saidi_low_min"]) <= float(one.fields["w_saidi_high_min"])
    assert any(not one.key.tags for one in days)
