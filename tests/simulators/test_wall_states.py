"""Lines of `wall_states.py` are those that the schema allows, at times of the month."""

from collections.abc import Iterator

from ingest.line_points import Point, parse
from simulators.wall_month import Month
from simulators.wall_states import StateLines
from simulators.wall_story import WallStory
from vocabulary.measurements import MEASUREMENTS

STORY = WallStory(aps=20, days=2, seed=3)
LINES = StateLines(Month(STORY))


def points(lines: Iterator[str]) -> list[Point]:
    made = [parse(line) for line in lines]
    for point in made:
        schema = MEASUREMENTS[point.key.measurement]
        assert {tag for tag, _value in point.key.tags} <= set(schema.tags)
        assert set(point.fields) <= set(schema.fields)
        assert STORY.start_ms <= point.key.ts_ms <= STORY.end_ms
    return made


def test_an_incident_is_one_point_and_its_versions_are_kept() -> None:
    made = points(LINES.incidents())
    incidents = [one for one in made if one.key.measurement == "incident"]
    assert len({one.key for one in incidents}) == len(incidents) == len(STORY.told)
    revisions = [one for one in made if one.key.measurement == "incident_revision"]
    still = sum(one.incident.end_ms is None for one in STORY.told)
    assert len(revisions) == 2 * len(STORY.told) - still


def test_counts_add_up() -> None:
    for point in points(LINES.counts()):
        if point.key.measurement in ("state_count", "city_count"):
            parts = ("up", "down", "unobserved", "maintenance", "degraded")
            assert sum(int(point.fields[name]) for name in parts) == point.fields["listed"]


def test_states_and_rows_of_the_ledger() -> None:
    assert len(points(LINES.outages())) == len(STORY.intervals)
    assert {one.fields["service"] for one in points(LINES.states())} == {"up", "down", "unknown"}
