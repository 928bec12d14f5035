"""The gateway's side of the Sparkplug conversation, without a socket.

The shell says what happened (connected, lost, a message came, sent) and asks ``next`` what to
publish. Births come first, then the live lane, then replay.
"""

from collections import Counter, deque
from enum import Enum, auto

import msgspec

from edge.alias_table import AliasTable
from edge.check_desk import CheckDesk
from edge.collector import NODE, Collector
from edge.configuration import GatewayConfiguration, digest
from edge.lanes import Lanes
from edge.presence import Presence
from edge.sparkplug_node import Outgoing, SparkplugNode
from edge.spool import CommitVerdict, Spool
from edge.spool_gaps import NO_CLASSES, Lost, Reason
from edge.spool_record import Record
from edge.time_keeper import TimeKeeper
from vocabulary import delivery, topics
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, Payload, PayloadMalformed, decode, interpret
from vocabulary.topics import StateTopic, Topic, Verb
from vocabulary.units import NS_PER_MS, NS_PER_S

_NAMED = {
    delivery.REBIRTH: Datatype.BOOLEAN,
    delivery.CHECK_NOW: Datatype.STRING,
    delivery.SPOOL_EPOCH: Datatype.INT64,
    delivery.SPOOL_COMMITTED: Datatype.INT64,
}


class HostState(msgspec.Struct, frozen=True):
    """What a host application says of itself; ``timestamp`` in UTC milliseconds."""

    online: bool
    timestamp: int


class Phase(Enum):
    """Where the session stands."""

    DOWN = auto()
    WAITING = auto()  # connected, and the births wait for the host
    BIRTHING = auto()
    LIVE = auto()
    LEAVING = auto()  # the host is not here: a farewell, and off to the next broker


class UplinkSession:
    """Births, lanes, commands and commits of one gateway."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        *,
        spool: Spool,
        aliases: AliasTable,
        collector: Collector,
        presence: Presence,
        checks: CheckDesk,
        keeper: TimeKeeper | None = None,
    ) -> None:
        self._presence, self._checks = presence, checks
        self._keeper = keeper
        self._uplink = configuration.uplink
        self._gateway_id, self._district = configuration.gateway_id, configuration.district
        self._spool, self._aliases = spool, aliases
        self.node = SparkplugNode(
            self._gateway_id,
            self._district,
            spool=spool,
            aliases=aliases,
            collector=collector,
            presence=presence,
            configuration=digest(configuration),
        )
        self.phase = Phase.DOWN
        self.lanes: Lanes | None = None
        self.commits = 0
        self.counts: Counter[str] = Counter()
        self._births: deque[Outgoing] = deque()
        self._pending: Record | Lost | None = None
        self._is_live = False
        self._sent_below: dict[int, int] = {}
        self._bd_seq_unused = False
        self._broker = 0
        self._state_ms: dict[int, int] = {}
        self._gate_until_ns = 0
        self._born = False
        self._announced = 0
        self._epoch_announced = 0

    @property
    def filters(self) -> list[tuple[str, int]]:
        """What to subscribe to, (filter, QoS), before the births."""
        command = Topic(self._district, Verb.NCMD, self._gateway_id)
        state = StateTopic(self._uplink.host_id)
        return [(topics.render(command), 1), (topics.render(state), 1)]

    def will(self, now: Moment) -> Outgoing:
        """Before each attempt: the NDEATH that the broker speaks if we fall silent."""
        if not self._bd_seq_unused:
            self.node.draw_bd_seq()
        self._bd_seq_unused = False
        return self.node.death(now)

    def attempt_failed(self, *, socket_opened: bool) -> None:
        """No connection came of it; a number that no broker saw is used again."""
        self._bd_seq_unused = not socket_opened

    def connected(self, now: Moment, *, broker: int = 0) -> None:
        """A broker accepted us and our subscriptions; ``broker`` is its place in the list."""
        self._broker, self._born = broker, False
        self.lanes = Lanes(
            self._spool, self._uplink, now, sent_below=self._sent_below, keeper=self._keeper
        )
        if self._uplink.gate_on_host:
            self.phase = Phase.WAITING
            self._gate_until_ns = now.mono_ns + round(self._uplink.gate_wait_s * NS_PER_S)
        else:
            self._rebirth(now)

    def _rebirth(self, now: Moment) -> None:
        if self.phase is Phase.BIRTHING and self._births:  # one sequence answers both
            self.counts["rebirth_merged"] += 1
            return
        self._pending = None
        self._births = deque(self.node.births(now))
        self._presence.take_changes()  # they are in the births
        self._announced, self._epoch_announced = len(self._aliases), self._spool.epoch
        self.phase = Phase.BIRTHING

    def lost(self) -> None:
        """The connection is gone; the next one begins with births."""
        if self.lanes is not None:
            self._sent_below = self.lanes.sent_below
        self.phase, self.lanes, self._pending = Phase.DOWN, None, None
        self._births.clear()

    def farewell(self, now: Moment) -> Outgoing | None:
        """The NDEATH of a clean stop, before DISCONNECT; None if nobody heard a birth."""
        return self.node.death(now) if self._born else None

    def leaves(self, now: Moment) -> bool:
        """Whether the host is not to be had on this broker, so that we must go."""
        if self.phase is Phase.WAITING and self._uplink.more_brokers:
            return now.mono_ns >= self._gate_until_ns
        return self.phase is Phase.LEAVING

    def receive(self, topic: str, payload: bytes, now: Moment) -> bool:
        """A command or a host's state came; gives whether it was a valid commit."""
        meaning = topics.parse(topic)
        if isinstance(meaning, StateTopic):
            self._host_state(meaning, payload, now)
            return False
        if meaning is None or meaning.verb is not Verb.NCMD or meaning.gateway != self._gateway_id:
            self.counts["command_foreign_topic"] += 1
            return False
        try:
            command = decode(payload)
        except PayloadMalformed as error:
            self.counts[f"command_{error.reason}"] += 1
            return False
        return self._command(command, now)

    def _host_state(self, meaning: StateTopic, payload: bytes, now: Moment) -> None:
        try:
            state = msgspec.json.decode(payload, type=HostState)
        except (msgspec.DecodeError, RecursionError):  # the second: nested on purpose
            self.counts["state_not_json"] += 1
            return
        last_ms = self._state_ms.get(self._broker, -1)  # a host counts on each broker for itself
        if meaning.host != self._uplink.host_id or state.timestamp < last_ms:
            self.counts["state_stale"] += 1
            return
        self._state_ms[self._broker] = state.timestamp
        if self.lanes is not None:
            self.lanes.host_state(online=state.online)
        if self._uplink.gate_on_host:
            self._gate(now, online=state.online)

    def _gate(self, now: Moment, *, online: bool) -> None:
        """The standard's rule for a primary host: no births without it, and none to stay for."""
        if online and self.phase is Phase.WAITING:
            self._rebirth(now)
        elif not online and self.phase is not Phase.DOWN:
            if self.phase is Phase.WAITING and not self._uplink.more_brokers:
                return  # there is nowhere else to look for it
            self._births.clear()
            self._pending = None
            self.phase = Phase.LEAVING

    def _command(self, command: Payload, now: Moment) -> bool:
        values: dict[str, object] = {}
        for metric in command.metrics:
            name = metric.name
            if name is None and metric.alias is not None:
                owner = self._aliases.describe(metric.alias)
                name = owner[1] if owner and owner[0] == NODE else None
            if name in _NAMED:
                values[name] = interpret(metric, _NAMED[name])
        if values.get(delivery.REBIRTH) is True:
            if self.phase in (Phase.BIRTHING, Phase.LIVE):
                self.counts["rebirth"] += 1
                self._rebirth(now)
            return False
        device = values.get(delivery.CHECK_NOW)
        if isinstance(device, str):
            self._checks.ask("" if device == self._gateway_id else device)
            return False
        epoch, below = values.get(delivery.SPOOL_EPOCH), values.get(delivery.SPOOL_COMMITTED)
        if len(command.metrics) != 2 or not isinstance(epoch, int) or not isinstance(below, int):
            self.counts["command_unknown"] += 1
            return False
        valid = self._commit(epoch, below, now)
        if valid and self._keeper is not None and command.timestamp_ms is not None:
            self._keeper.heard_host(command.timestamp_ms * NS_PER_MS, now)
        return valid

    def _commit(self, epoch: int, below: int, now: Moment) -> bool:
        first = not self._spool.host_acknowledges
        if self._uplink.commit == "none":
            return False
        verdict = self._spool.commit(epoch, below, now)
        self.counts[f"commit_{verdict}"] += 1
        if verdict not in (CommitVerdict.ACCEPTED, CommitVerdict.STALE):
            return False
        self.commits += 1
        if self.lanes is not None:
            self.lanes.committed(epoch, now, first=first)
        return True

    def next(self, now: Moment) -> Outgoing | None:
        """What to publish now. Each call spends a ``seq``: answer it with ``sent`` or ``lost``."""
        if self.phase not in (Phase.BIRTHING, Phase.LIVE) or self.lanes is None:
            return None
        if not self._births and self._announces_less():
            self._rebirth(now)
        if not self._births:
            for device in self._presence.take_changes():
                there = self._presence.is_there(device)
                said = self.node.device_messages if there else self._buried
                self._births.extend(said(device, now))
        if self._births:
            return self._births[0]
        self.phase = Phase.LIVE
        item: Record | Lost | None = self.lanes.next_live(now)
        self._is_live = item is not None
        item = item if item is not None else self.lanes.next_replay(now)
        return None if item is None else self._message(item, now)

    def _buried(self, device: str, now: Moment) -> list[Outgoing]:
        return [self.node.device_death(device, now)]

    def _message(self, item: Record | Lost, now: Moment) -> Outgoing:
        self._pending = item
        if isinstance(item, Lost):
            return self.node.lost(item, now)
        shift_ns = None
        if self._keeper is not None:
            shift_ns = self._keeper.shift_of(item)
            if shift_ns is None:
                self._keeper.goes_out(item)
        made = self.node.data(item, now, historical=not self._is_live, shift_ns=shift_ns)
        if made is not None:
            return made
        # nobody can say any more what its values mean; undeclared it would stop the commit for ever
        self.counts["record_unexplained"] += 1
        wall_ns = item.wall_ns
        self._pending = lost = Lost(
            item.epoch, item.offset, 1, Reason.CORRUPT, wall_ns, wall_ns, NO_CLASSES
        )
        return self.node.lost(lost, now)

    def _announces_less(self) -> bool:
        """Whether a metric came that no birth announced, or the spool goes on in another epoch."""
        known = (self._announced, self._epoch_announced)
        return known != (len(self._aliases), self._spool.epoch)

    def sent(self, outgoing: Outgoing) -> None:
        """The broker took what ``next`` gave."""
        if self._births and outgoing is self._births[0]:
            self._births.popleft()
            self._born = True
            return
        self._advance(len(outgoing.payload))

    def _advance(self, size_bytes: int) -> None:
        item, self._pending = self._pending, None
        if self.lanes is None or item is None:
            return
        if self._is_live:
            self.lanes.live_sent(item)
        else:
            self.lanes.replay_sent(item, size_bytes)

    def wake_ns(self, now: Moment) -> int | None:
        """When to ask ``next`` again if nothing else happens."""
        if self.phase is Phase.WAITING:
            return self._gate_until_ns if self._uplink.more_brokers else None
        return self.lanes.wake_ns(now) if self.lanes is not None else None
