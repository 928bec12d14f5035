"""The committed page on the schema says what the schema says."""

from tests.house.tree import HOUSE
from vocabulary.measurements import MEASUREMENTS
from vocabulary.measurements_page import page

COMMITTED = HOUSE / "docs" / "reference" / "measurements.md"


def test_the_committed_page_is_current() -> None:
    said = "run: lamplighter dashboards fields --markdown > docs/reference/measurements.md"
    assert COMMITTED.read_text("utf-8") == page(), said


def test_every_field_has_its_line() -> None:
    made = page()
    for row in MEASUREMENTS.values():
        assert f"\n## {row.name}\n" in made
        for name, kind in row.fields.items():
            assert f"| `{name}` | {kind} |" in made
