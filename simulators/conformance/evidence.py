"""A drive, ordered for judging: whose connections there were, and what each said on them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

import msgspec
from google.protobuf.message import DecodeError

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.mqtt_packets import Connect, Kind, Other, Publish, Subscribe
from simulators.conformance.packet_log import Entry
from vocabulary import topics
from vocabulary.topics import NAMESPACE, StateTopic, Topic, Verb

BIRTHS: Final = frozenset({Verb.NBIRTH, Verb.DBIRTH})
DATA: Final = frozenset({Verb.NDATA, Verb.DDATA})
COMMANDS: Final = frozenset({Verb.NCMD, Verb.DCMD})
DEVICE: Final = frozenset({Verb.DBIRTH, Verb.DDATA, Verb.DDEATH})
PAYLOADS_KEPT: Final = 20_000
SEQUENCED: Final = BIRTHS | DATA | {Verb.DDEATH}


class Role(StrEnum):
    """Who is judged."""

    EDGE = "edge"
    HOST = "host"
    SPECIMEN_EDGE = "specimen edge"
    SPECIMEN_HOST = "specimen host"
    BYSTANDER = "bystander"


class Fact(NamedTuple):
    """What a case saw happen that no packet shows: what the host believes, what it is told."""

    name: str
    good: bool
    detail: str


class StateWords(msgspec.Struct, frozen=True):
    """A STATE payload, read as strictly as the standard means it."""

    online: bool
    timestamp: int


class Sent(NamedTuple):
    """A PUBLISH of a client."""

    entry: Entry
    packet: Publish
    session: "Session"
    meaning: Topic | StateTopic | None

    @property
    def verb(self) -> Verb | None:
        """Of a node's or a host's message; None for STATE and for foreign topics."""
        return self.meaning.verb if isinstance(self.meaning, Topic) else None

    @property
    def payload(self) -> pb.Payload | None:
        """Its body; None when it is no Sparkplug payload."""
        return read(self.packet.payload)

    @property
    def metrics(self) -> list[pb.Payload.Metric]:
        """Its metrics, none when it is no payload."""
        payload = self.payload
        return [] if payload is None else list(payload.metrics)

    def metric(self, name: str) -> pb.Payload.Metric | None:
        """The metric of a name."""
        return next((one for one in self.metrics if one.name == name), None)

    @property
    def where(self) -> str:
        """For a person who looks for it."""
        return str(self.entry)


@lru_cache(PAYLOADS_KEPT)
def read(raw: bytes) -> pb.Payload | None:
    """Bytes to a payload, which is shared and not to be changed; None when they are none."""
    payload = pb.Payload()
    try:
        payload.ParseFromString(raw)
    except DecodeError:
        return None
    return payload


def state(raw: bytes) -> StateWords | None:
    """Bytes to a host's words; None when they are none."""
    try:
        return msgspec.json.decode(raw, type=StateWords, strict=True)
    except (msgspec.DecodeError, RecursionError):
        return None


class Session:
    """One connection of one client, from CONNECT to its end."""

    def __init__(self, entries: list[Entry], ended_ns: int | None) -> None:
        self.entries, self.ended_ns = entries, ended_ns
        first = entries[0].packet
        assert isinstance(first, Connect)
        self.connect: Connect = first
        self.connect_ns = entries[0].wall_ns
        self.number, self.broker = entries[0].connection, entries[0].broker

    @cached_property
    def sent(self) -> list[Sent]:
        """What the client published, in its order."""
        return [
            Sent(entry, entry.packet, self, topics.parse(entry.packet.topic))
            for entry in self.entries
            if entry.from_client and isinstance(entry.packet, Publish)
        ]

    @cached_property
    def heard(self) -> list[Sent]:
        """What the broker passed to it."""
        return [
            Sent(entry, entry.packet, self, topics.parse(entry.packet.topic))
            for entry in self.entries
            if not entry.from_client and isinstance(entry.packet, Publish)
        ]

    def of(self, verb: Verb) -> list[Sent]:
        """Its messages of one kind."""
        return [one for one in self.sent if one.verb is verb]

    @property
    def states(self) -> list[Sent]:
        """Its STATE messages."""
        return [one for one in self.sent if isinstance(one.meaning, StateTopic)]

    @property
    def filters(self) -> list[tuple[str, int]]:
        """Everything it subscribed to."""
        return [
            pair
            for entry in self.entries
            if entry.from_client and isinstance(entry.packet, Subscribe)
            for pair in entry.packet.filters
        ]

    def first(self, kind: Kind, *, from_client: bool) -> int | None:
        """Where in ``entries`` the first packet of a kind stands."""
        return next(
            (
                at
                for at, entry in enumerate(self.entries)
                if entry.from_client is from_client and entry.packet.kind is kind
            ),
            None,
        )

    @property
    def disconnect(self) -> Other | None:
        """Its DISCONNECT, None if it never said goodbye."""
        at = self.first(Kind.DISCONNECT, from_client=True)
        packet = None if at is None else self.entries[at].packet
        return packet if isinstance(packet, Other) else None

    @property
    def where(self) -> str:
        """For a person who looks for it."""
        return f"{self.broker}{self.number} {self.connect.client_id}"


class Evidence:
    """Everything that a check may look at, of one role or of all."""

    def __init__(
        self, everyone: Iterable[Session], facts: Iterable[Fact], roles: Mapping[str, Role]
    ) -> None:
        self._roles, self.facts = roles, list(facts)
        self.everyone = list(everyone)
        self.sessions = self.everyone

    @classmethod
    def of_log(
        cls,
        entries: Iterable[Entry],
        ended: Mapping[int, int],
        facts: Iterable[Fact],
        roles: Mapping[str, Role],
    ) -> "Evidence":
        """Order a log by connection; one that never sent CONNECT is nobody's."""
        grouped: dict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            grouped[entry.connection].append(entry)
        sessions = [
            Session(held, ended.get(number))
            for number, held in sorted(grouped.items())
            if isinstance(held[0].packet, Connect)
        ]
        return cls(sessions, facts, roles)

    def by(self, role: Role) -> "Evidence":
        """The same, with only the sessions of one role in ``sessions``."""
        made = Evidence(self.everyone, self.facts, self._roles)
        made.sessions = [one for one in self.everyone if self.role(one) is role]
        return made

    def role(self, session: Session) -> Role:
        """Whose connection it is."""
        return self._roles.get(session.connect.client_id, Role.BYSTANDER)

    def sent(self, *verbs: Verb) -> Iterator[Sent]:
        """Messages of these kinds; of all Sparkplug kinds when none is named."""
        for session in self.sessions:
            for one in session.sent:
                if one.verb is not None and (not verbs or one.verb in verbs):
                    yield one

    def states(self, *, online: bool | None = None) -> Iterator[Sent]:
        """STATE messages; those that cannot be read count as both."""
        for session in self.sessions:
            for one in session.states:
                words = state(one.packet.payload)
                if online is None or words is None or words.online is online:
                    yield one

    def lives(self) -> Iterator[list[Session]]:
        """Sessions of one client after another, in their order in time."""
        grouped: dict[str, list[Session]] = defaultdict(list)
        for session in self.sessions:
            grouped[session.connect.client_id].append(session)
        yield from grouped.values()

    def births(self) -> Iterator[list[Sent]]:
        """Each NBIRTH of a session with all that followed it up to the next."""
        for session in self.sessions:
            current: list[Sent] = []
            for one in session.sent:
                if one.verb is Verb.NBIRTH:
                    if current:
                        yield current
                    current = [one]
                elif current and one.verb is not None:
                    current.append(one)
            if current:
                yield current


def is_ours(topic: str) -> bool:
    """Whether a topic is in Sparkplug's namespace."""
    return topic.startswith(f"{NAMESPACE}/")
