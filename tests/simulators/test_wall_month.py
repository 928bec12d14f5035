"""Hours of the month add up, whatever happens in them."""

import numpy as np

from ingest.line_points import parse
from simulators.wall_month import Month
from simulators.wall_story import HOUR_MS, WallStory

MONTH = Month(WallStory(aps=20, days=2, seed=3))


def test_no_hour_holds_more_than_an_hour() -> None:
    for ap in MONTH.inventory.access_point:
        parts = MONTH.down[ap.ap_id] + MONTH.blind[ap.ap_id] + MONTH.work[ap.ap_id]
        assert parts.min() >= 0
        assert parts.max() <= HOUR_MS


def test_a_series_is_a_line_an_hour() -> None:
    columns = {"up_ms": np.arange(48), "down_ms": np.arange(48)}
    lines = list(MONTH.series("service_area_hour", {"area": "a"}, columns))
    assert len(lines) == 48
    point = parse(lines[7])
    assert point.fields == {"up_ms": 7, "down_ms": 7}
    assert point.key.ts_ms == MONTH.story.start_ms + 7 * HOUR_MS
