"""One look at one occasion: was it as it should be? A check is many of them.

A check that found no occasion has shown nothing, and says so by looking at nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from simulators.conformance.evidence import Evidence, Sent


class Look(NamedTuple):
    """Whether an occasion was good, and where it is: something that says so when it is asked."""

    good: bool
    where: object


Looks = Iterator[Look]
Check = Callable[[Evidence], Looks]


def each(messages: Iterable[Sent], is_good: Callable[[Sent], bool]) -> Looks:
    """Look at every message."""
    for one in messages:
        yield Look(is_good(one), one.entry)
