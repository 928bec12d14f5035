"""Lines of `wall_equipment.py` are those that the schema allows, at times of the month."""

from collections.abc import Iterator

from ingest.line_points import Point, parse
from simulators.wall_equipment import EquipmentLines
from simulators.wall_month import Month
from simulators.wall_story import WallStory
from vocabulary.measurements import MEASUREMENTS

STORY = WallStory(aps=20, days=2, seed=3)
LINES = EquipmentLines(Month(STORY))


def points(lines: Iterator[str]) -> list[Point]:
    made = [parse(line) for line in lines]
    for point in made:
        schema = MEASUREMENTS[point.key.measurement]
        assert {tag for tag, _value in point.key.tags} <= set(schema.tags)
        assert set(point.fields) <= set(schema.fields)
        assert STORY.start_ms <= point.key.ts_ms <= STORY.end_ms
    return made


def test_gateways_and_the_host() -> None:
    made = points(LINES.gateways())
    assert {one.key.measurement for one in made} == {
        "gateway_hour",
        "gateway_facts",
        "completeness",
    }
    assert len(points(LINES.host())) == 2 * 48 * 60


def test_no_check_passes_without_service() -> None:
    for one in points(LINES.checks()):
        assert 0 <= int(one.fields["passed"]) <= int(one.fields["tried"])


def test_raw_usage_has_gaps_where_nobody_saw() -> None:
    made = points(LINES.raw(3_600))
    whole = len(STORY.town.inventory.access_point) * 48
    assert 0.8 * whole < len(made) <= whole
