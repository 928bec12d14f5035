"""All lines of a month, in batches that hold each of them once."""

from collections import Counter

from ingest.line_points import parse
from simulators.wall_lines import batches, lines_of
from simulators.wall_story import WallStory
from vocabulary.measurements import MEASUREMENTS

NOT_IN_THE_MONTH = {"wifi_check", "sensor", "gateway"}
"""Raw series that no board reads."""


def test_every_series_that_a_board_reads_is_there() -> None:
    lines = lines_of(WallStory(aps=10, days=1, seed=2), raw_s=3_600)
    seen = Counter(parse(line).key.measurement for line in lines)
    assert set(seen) == set(MEASUREMENTS) - NOT_IN_THE_MONTH


def test_batches_hold_each_line_once() -> None:
    assert list(batches("abcde", 2)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(batches([], 2)) == []
