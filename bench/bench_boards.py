"""Boards on a filled database: how long a whole board takes, and how that grows with its range.

A month of a small city, written from the simulator's truth into a real InfluxDB 1.x; then each
board is loaded as a browser would, its queries one after the other. Growth is a ratio in one run;
the load is in seconds, for people wait in seconds, of the fastest of a few loads of each board.
"""

from typing import Final

import msgspec

from bench.figure import Figure
from dashboards.asking import Asking
from dashboards.check import DAY_MS, Check, Story
from dashboards.filled import Span
from ingest.influx_http import InfluxSettings
from simulators.servers import InfluxDb
from simulators.wall_cli import fill
from simulators.wall_story import WallStory, selections

FAMILY: Final = "boards"
APS: Final = 100
DAYS: Final = 30
SHORT_D: Final = 7
RAW_S: Final = 600
REPEATS: Final = 3


def run() -> list[Figure]:
    """Load every board over a week and over a month."""
    truth = WallStory(aps=APS, days=DAYS, seed=1)
    story = msgspec.convert(selections(truth), Story)
    spans = [Span(story.end_ms - days * DAY_MS, story.end_ms) for days in (SHORT_D, DAYS)]
    with InfluxDb() as server:
        fill(truth, InfluxSettings(server.url), raw_s=RAW_S)
        with Asking(server.url) as asking:
            outcome = Check(asking, "lamplighter", story).run(spans, repeats=REPEATS)
    return [
        Figure(
            name="boards.load_s_p95",
            value=outcome.load_s_p95(DAYS, best=True),
            unit="s",
            better="lower",
            beside={"a_week": outcome.load_s_p95(SHORT_D, best=True)},
        ),
        Figure(
            name="boards.growth_7_to_30",
            value=outcome.growth(SHORT_D, DAYS, best=True),
            unit="times as long",
            better="lower",
            beside={"as_the_data_grow": DAYS / SHORT_D},
        ),
    ]
