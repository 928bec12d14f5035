"""Every line that a host would have written in the month of a `WallStory`, rollups and all.

Rendered by the same code as the host's, held to the schema. Raw usage is the bulk; how often it is
written is an argument, for a small machine may not want a month of it by the minute.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from simulators.wall_equipment import EquipmentLines
from simulators.wall_month import Month
from simulators.wall_rollups import RollupLines
from simulators.wall_states import StateLines
from simulators.wall_story import WallStory


def lines_of(story: WallStory, *, raw_s: int) -> Iterator[str]:
    """All of them."""
    month = Month(story)
    states, rollups, equipment = StateLines(month), RollupLines(month), EquipmentLines(month)
    return chain(
        states.incidents(),
        states.outages(),
        states.states(),
        states.counts(),
        rollups.rollups(),
        rollups.days(),
        equipment.gateways(),
        equipment.host(),
        equipment.checks(),
        equipment.raw(raw_s),
    )


def batches(lines: Iterable[str], count: int) -> Iterator[list[str]]:
    """Lines in lists of at most ``count``."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == count:
            yield held
            held = []
    if held:
        yield held
