"""The month of a `WallStory` by the hour: what rollups and lines are made from."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.points import Tags
from simulators.truth import Span
from simulators.wall_story import HOUR_MS, WallStory
from vocabulary import line_protocol
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS, S_PER_DAY, S_PER_MIN

DAY_MS: Final = S_PER_DAY * 1_000
Fields = dict[str, bool | int | float | str]


class Month:
    """Hours of every access point, shape (hours,) each."""

    def __init__(self, story: WallStory) -> None:
        self.story = story
        self.inventory = story.town.inventory
        self.tags = Tags(self.inventory)
        self.kind_of = {site.site_id: site.kind for site in self.inventory.site}
        self.area_of = {site.site_id: site.area_id for site in self.inventory.site}
        self.hours_ms = [story.start_ms + ix * HOUR_MS for ix in range(story.hours)]
        aps = self.inventory.access_point
        self.down = {ap.ap_id: story.hourly_ms(story.down(ap.ap_id)) for ap in aps}
        self.blind = {ap.ap_id: story.hourly_ms(story.unobserved(ap.ap_id)) for ap in aps}
        self.work = {ap.ap_id: story.hourly_ms(story.truth.maintenance(ap.ap_id)) for ap in aps}
        self.expected = {ap.ap_id: story.expected(ap.ap_id, self.kind_of[ap.site_id]) for ap in aps}
        self.started = {ap.ap_id: self._starts(story.down(ap.ap_id)) for ap in aps}

    def _starts(self, spans: list[Span]) -> NDArray[np.int64]:
        made = np.zeros(self.story.hours, dtype=np.int64)
        for start_ns, end_ns in spans:
            if end_ns - start_ns >= S_PER_MIN * 1_000 * NS_PER_MS:
                made[(start_ns // NS_PER_MS - self.story.start_ms) // HOUR_MS] += 1
        return made

    def series(
        self, measurement: str, tags: dict[str, str], columns: dict[str, NDArray[np.int64]]
    ) -> Iterator[str]:
        """Whole-number columns as lines, the schema checked on the first."""
        head, names = line_protocol.head(measurement, tags), list(columns)
        rows = zip(*(columns[name].tolist() for name in names), strict=True)
        for ix, row in enumerate(rows):
            if not ix:
                render(measurement, tags, dict(zip(names, row, strict=True)), 0)
            text = ",".join(f"{name}={one}i" for name, one in zip(names, row, strict=True))
            yield f"{head} {text} {self.hours_ms[ix]}"
