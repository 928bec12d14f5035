"""What the host believes of a node, read where the host keeps it.

The only file that knows where that is.
"""

from typing import NamedTuple

from ingest.host_process import HostProcess
from processing.changes import NodeChange
from processing.intervals import Level


class Belief(NamedTuple):
    """One node: does it live, are its values current, which of its devices are there."""

    known: bool
    online: bool
    devices: frozenset[str]
    change: NodeChange | None
    """What the screens were told of it last."""


def of(host: HostProcess, gateway: str) -> Belief:
    """What ``host`` believes of ``gateway``. Aliases and values die with the session."""
    session = host.pipeline.intake.sessions.get(gateway)
    change = host.pipeline.nodes.get((Level.GATEWAY, gateway))
    if session is None:
        return Belief(known=False, online=False, devices=frozenset(), change=change)
    devices = frozenset(session.devices - {""}) if session.alive else frozenset()
    return Belief(known=True, online=session.alive, devices=devices, change=change)


def count(host: HostProcess, gateway: str, reason: str) -> int:
    """How often the host counted something of a gateway."""
    return host.pipeline.intake.all_counts()[gateway, reason]
