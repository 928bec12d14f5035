"""A real database with three days of a small city, filled once for all tests of this room."""

from typing import NamedTuple

import msgspec
import pytest

from dashboards.check import Story
from ingest.influx_http import InfluxSettings
from simulators.servers import InfluxDb
from simulators.wall_cli import fill
from simulators.wall_story import WallStory, selections
from tests.servers import influx

__all__ = ["influx"]


class SmallCity(NamedTuple):
    """What is in the database, and what must be seen of it."""

    url: str
    database: str
    truth: WallStory
    story: Story


@pytest.fixture(scope="session")
def city(influx: InfluxDb) -> SmallCity:
    """Sixty access points; the last of the three days is the night of the clock change's week."""
    truth = WallStory(aps=60, days=3, seed=1, start="2026-10-31T00:00:00+00:00")
    fill(truth, InfluxSettings(influx.url, database="city"), raw_s=600)
    return SmallCity(influx.url, "city", truth, msgspec.convert(selections(truth), Story))
