"""What the host believes of every gateway and its devices, as rows to show and to send as JSON.

Sparkplug's view: who is born, who is dead, whose values are stale, how far deliveries reach and
what was refused. Whether somebody has an outage is another question, which the ledger answers.
"""

from collections import Counter
from enum import StrEnum

import msgspec

from ingest.commits import Commits
from ingest.intake import Intake
from ingest.node_session import NODE, NodeSession
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_MS


class NodeState(StrEnum):
    """Where a node or a device stands."""

    NEVER_SEEN = "never_seen"
    BIRTH_AWAITED = "birth_awaited"
    BORN = "born"
    DEAD = "dead"
    QUARANTINED = "quarantined"


class DeviceBelief(msgspec.Struct, frozen=True):
    """One access point or sensor."""

    device: str
    state: NodeState
    stale: bool
    listed: bool
    """Whether the inventory gives it to this gateway."""
    heard_ms: int | None


class EpochBelief(msgspec.Struct, frozen=True):
    """What was received of one epoch of a gateway's spool."""

    epoch: int
    current: bool
    committed: int
    """Every offset below it is stored, and the gateway was told so."""
    received_below: int
    """Every offset below it has arrived."""
    ranges: int
    """More than one: there are holes between them."""


class NodeBelief(msgspec.Struct, frozen=True):
    """One gateway."""

    gateway: str
    district: str
    state: NodeState
    stale: bool
    heard_ms: int | None
    born_ms: int | None
    bd_seq: int | None
    next_seq: int | None
    gap: bool
    """Whether messages are missing that may still come."""
    rebirth_wanted: bool
    configuration: str
    series: int
    quarantine_until_ms: int | None
    quarantines: int
    refused: dict[str, int]
    epochs: tuple[EpochBelief, ...]
    devices: tuple[DeviceBelief, ...]


_UNSEEN = NodeSession()


def _ms(at_ns: int) -> int | None:
    return at_ns // NS_PER_MS if at_ns else None


class Beliefs:
    """Asks one host's parts; use from its own thread."""

    def __init__(self, inventory: Inventory, intake: Intake, commits: Commits) -> None:
        self._intake, self._commits = intake, commits
        self._districts = {row.gateway_id: row.district for row in inventory.gateway}
        self._listed: dict[str, list[str]] = {gateway: [] for gateway in self._districts}
        for ap in inventory.access_point:
            self._listed[ap.gateway_id].append(ap.ap_id)
        for sensor in inventory.sensor:
            self._listed[sensor.gateway_id].append(sensor.sensor_id)

    def all(self, now_ns: int) -> tuple[NodeBelief, ...]:
        """Every gateway of the inventory, in its order."""
        refused: dict[str, Counter[str]] = {}
        for (gateway, reason), count in self._intake.all_counts().items():
            refused.setdefault(gateway, Counter())[reason] += count
        return tuple(
            self._node(gateway, refused.get(gateway, Counter()), now_ns)
            for gateway in self._districts
        )

    def _node(self, gateway: str, refused: Counter[str], now_ns: int) -> NodeBelief:
        intake = self._intake
        session = intake.sessions.get(gateway, _UNSEEN)
        sentence = intake.offenders.sentence(gateway, now_ns)
        return NodeBelief(
            gateway=gateway,
            district=self._districts[gateway],
            state=NodeState.QUARANTINED if sentence else _state(session),
            stale=session.is_stale(NODE) or sentence is not None,
            heard_ms=_ms(session.heard_ns),
            born_ms=_ms(session.born_ns),
            bd_seq=session.bd_seq,
            next_seq=session.expected_seq,
            gap=session.has_gap,
            rebirth_wanted=session.wants_rebirth,
            configuration=session.configuration,
            series=len(session.series),
            quarantine_until_ms=sentence.until_ns // NS_PER_MS if sentence else None,
            quarantines=refused["quarantine_begun"],
            refused=dict(sorted(refused.items())),
            epochs=tuple(self._epochs(gateway, session)),
            devices=tuple(self._devices(gateway, session)),
        )

    def _epochs(self, gateway: str, session: NodeSession) -> list[EpochBelief]:
        return [
            EpochBelief(
                epoch=epoch,
                current=epoch == session.epoch,
                committed=self._commits.below((gateway, epoch)),
                received_below=held.prefix_end,
                ranges=len(held.intervals()),
            )
            for (owner, epoch), held in self._intake.received.items()
            if owner == gateway
        ]

    def _devices(self, gateway: str, session: NodeSession) -> list[DeviceBelief]:
        listed = self._listed[gateway]
        names = dict.fromkeys([*listed, *sorted(session.devices - {NODE})])
        return [
            DeviceBelief(
                device=device,
                state=_device_state(session, device),
                stale=session.is_stale(device),
                listed=device in listed,
                heard_ms=_ms(session.device_heard_ns.get(device, 0)),
            )
            for device in names
        ]


def _state(session: NodeSession) -> NodeState:
    if session.born:
        return NodeState.BORN
    if session.born_ns:
        return NodeState.DEAD
    return NodeState.BIRTH_AWAITED if session.heard_ns else NodeState.NEVER_SEEN


def _device_state(session: NodeSession, device: str) -> NodeState:
    if device not in session.devices:
        return NodeState.NEVER_SEEN
    return NodeState.DEAD if session.is_stale(device) else NodeState.BORN
