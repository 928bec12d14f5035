"""What the demo shows while it runs: one row per access point, from the host's own state."""

from typing import Final

import msgspec

from ingest.pipeline import Pipeline
from processing.changes import NodeState
from processing.intervals import Level
from vocabulary.inventory import Inventory
from vocabulary.units import MS_PER_S

WORDS: Final = {
    NodeState.UP: "● up",
    NodeState.SUSPECT: "◐ suspect",
    NodeState.DOWN: "✕ DOWN",
    NodeState.UNOBSERVED: "? unobserved",
    NodeState.UNKNOWN: "· not seen yet",
}
"""State -> shape and word: colour is never the only sign."""


def clock_text(at_s: float) -> str:
    """Seconds since the run began as MM:SS."""
    minutes, seconds = divmod(max(0, int(at_s)), 60)
    return f"{minutes:02d}:{seconds:02d}"


class Row(msgspec.Struct, frozen=True):
    """One access point as the screens show it. ``since_s`` counts from the run's beginning."""

    site: str
    ap: str
    gateway: str
    state: str
    cause: str
    since_s: float | None
    devices: int | None

    @property
    def since(self) -> str:
        """``since_s`` as a person reads it."""
        return "" if self.since_s is None else clock_text(self.since_s)


class View(msgspec.Struct, frozen=True):
    """One moment of the run."""

    at_s: float
    end_s: float
    readings: int
    rows: tuple[Row, ...]
    devices_by_site: dict[str, int]
    backlog_records: int = 0


def build(
    pipeline: Pipeline,
    inventory: Inventory,
    *,
    start_ms: int,
    now_ms: int,
    end_s: float,
    backlog_records: int,
) -> View:
    """Read the host; call it from the thread that steps it."""
    site_names = {site.site_id: site.name for site in inventory.site}
    clients = pipeline.state.aps["clients"].tolist()
    rows = []
    by_site = dict.fromkeys(site_names.values(), 0)
    for ix, ap in enumerate(inventory.access_point):
        change = pipeline.nodes.get((Level.AP, ap.ap_id))
        state = change.state if change else NodeState.UNKNOWN
        is_up = state in (NodeState.UP, NodeState.SUSPECT)
        name = site_names[ap.site_id]
        devices = clients[ix] if is_up else None  # a dark access point shows no devices
        by_site[name] += devices or 0
        since_s = (change.since_ms - start_ms) / MS_PER_S if change else None
        cause = str(change.cause or change.reason) if change and not is_up else ""
        rows.append(
            Row(
                name,
                ap.ap_id,
                ap.gateway_id,
                state.value,
                cause.replace("_", " "),
                since_s,
                devices,
            )
        )
    at_s = (now_ms - start_ms) / MS_PER_S
    readings = pipeline.intake.readings
    return View(at_s, end_s, readings, tuple(rows), by_site, backlog_records)
