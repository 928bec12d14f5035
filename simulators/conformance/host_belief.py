"""What the host believes of a node, read where the host keeps it.

The only file that knows where that is: a status command of the host would be read here instead.
"""

from typing import Final, NamedTuple

from ingest.host_process import HostProcess
from processing.changes import NodeChange, NodeState
from processing.intervals import Level

_STALE: Final = frozenset({NodeState.UNOBSERVED, NodeState.DOWN})


class Belief(NamedTuple):
    """One node: whether it lives, which devices are there, and what the screens were told.

    ``stale_ns`` is when its last values were withdrawn, on the host's clock; the same of its
    access points. None while they stand.
    """

    online: bool
    devices: frozenset[str]
    stale_ns: int | None
    devices_stale_ns: tuple[int | None, ...]


def _stale_ns(change: NodeChange | None) -> int | None:
    return change.at_ns if change is not None and change.state in _STALE else None


def of(host: HostProcess, gateway: str) -> Belief:
    """What ``host`` believes of ``gateway``; aliases die with the session."""
    pipeline = host.pipeline
    session = pipeline.intake.sessions.get(gateway)
    alive = session is not None and session.alive
    devices = frozenset(session.devices - {""}) if session is not None and alive else frozenset()
    nodes = dict(pipeline.nodes)  # its thread goes on
    points = sorted(
        name for level, name in nodes if level is Level.AP and name.startswith(f"{gateway}-")
    )
    return Belief(
        online=alive,
        devices=devices,
        stale_ns=_stale_ns(nodes.get((Level.GATEWAY, gateway))),
        devices_stale_ns=tuple(_stale_ns(nodes[Level.AP, name]) for name in points),
    )


def count(host: HostProcess, gateway: str, reason: str) -> int:
    """How often the host counted something of a gateway."""
    return host.pipeline.intake.all_counts()[gateway, reason]
