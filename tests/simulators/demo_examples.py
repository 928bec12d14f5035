"""Views and summaries for tests of the demo, plain but for what a test changes."""

import msgspec

from simulators.demo_summary import Summary
from simulators.demo_view import Row, View

_PERFECT = Summary(
    seed=1,
    simulated_s=60,
    readings_produced=10,
    readings_stored=10,
    readings_declared_lost=0,
    readings_waiting=0,
    readings_missing=0,
    readings_stored_twice=0,
    outages_true=1,
    outages_found=1,
    outages_false=0,
    outages=(),
    readings_per_s=1,
    wall_s=1,
)


def summary(**changes: object) -> Summary:
    """A run in which nothing went wrong, but for the changes."""
    return msgspec.structs.replace(_PERFECT, **changes)


def row(ap: str, state: str, cause: str = "") -> Row:
    """One access point of one site."""
    return Row("North Library", ap, "gw-1", state, cause, 65.0, 3 if state == "up" else None)


def view(*rows: Row) -> View:
    """One moment of a run."""
    return View(70.0, 600.0, 1_234, rows, {"North Library": 3}, 17)
