"""What screens are told: a node's state changed, when, why, and under which incident."""

from enum import StrEnum
from typing import NamedTuple

from processing.intervals import Cause, Level, Reason


class NodeState(StrEnum):
    """What the screens show of an access point or a gateway."""

    UNKNOWN = "unknown"
    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"
    UNOBSERVED = "unobserved"


class NodeChange(NamedTuple):
    """A node's state changed. ``since_ms`` is event time, ``at_ns`` the host's clock."""

    node: str
    level: Level
    at_ns: int
    state: NodeState
    reason: Reason
    since_ms: int
    cause: Cause
    incident: str
