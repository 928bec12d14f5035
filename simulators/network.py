"""The wires between clients and the broker: slow, lossy, cut on one side or both, never fair.

A client connects through ``Network`` and gets a ``Link``. What it publishes reaches the broker
later or never; what the broker has for it likewise. A cut is noticed only by silence: by the
client and by the broker each for itself, after the keep-alive time.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulators.broker import Broker, Message, Session
from simulators.scheduler import Scheduler
from vocabulary.units import NS_PER_MS, NS_PER_S

SILENCE_NS: Final = 15 * NS_PER_S
"""One and a half keep-alive intervals: either side then gives the other up."""
RESET_NS: Final = 20 * NS_PER_MS
"""How long news of a closed connection takes when the wire is whole."""

RESEND_NS: Final = NS_PER_S
"""How soon a message that must be answered is sent again."""


@dataclass(slots=True)
class WireFaults:
    """What a client's wire does to messages; rates between 0 and 1."""

    loss: float = 0.0
    """Of QoS 0 only: a queue that was full. What needs an answer is sent again."""
    deaf: bool = False
    """Whether nothing of QoS 0 comes down to the client."""
    duplicate: float = 0.0
    delay_ns: int = 5 * NS_PER_MS
    jitter_ns: int = 0
    """Added at random; messages then overtake each other."""
    up_cut: bool = False
    down_cut: bool = False


class Link:
    """One connection of one client. ``closed`` is called once, when the client notices its end."""

    def __init__(
        self,
        network: "Network",
        wire: WireFaults,
        deliver: Callable[[Message], None],
        closed: Callable[[], None],
    ) -> None:
        self._network, self._wire, self._deliver, self._closed = network, wire, deliver, closed
        self.session: Session | None = None
        self.open = True
        self._up_ns = self._down_ns = 0

    def subscribe(self, topic_filter: str) -> None:
        """Take part in a topic."""
        if self.open and self.session is not None:
            self.session.subscribe(topic_filter)
            self._network.broker.pump()

    def publish(self, message: Message) -> None:
        """Send a message on its way; nobody says whether it arrives."""
        if self.open:
            self._up_ns = self._network.carry(self._wire, message, self._up_ns, self._reach_broker)

    def _reach_broker(self, message: Message) -> None:
        if self.session is None or self._is_held(
            message, self._reach_broker, cut=self._wire.up_cut
        ):
            return
        self.session.publish(message)
        self._network.broker.pump()

    def from_broker(self, message: Message) -> None:
        """The broker put a message on the wire."""
        if message.qos or not self._wire.deaf:
            self._down_ns = self._network.carry(
                self._wire, message, self._down_ns, self._reach_client
            )

    def _reach_client(self, message: Message) -> None:
        if self.open and not self._is_held(message, self._reach_client, cut=self._wire.down_cut):
            self._deliver(message)

    def _is_held(self, message: Message, arrive: Callable[[Message], None], *, cut: bool) -> bool:
        """A cut wire takes what nobody answers for; the rest is sent again while both ends wait."""
        if cut and message.qos and self.open:
            self._network.after(RESEND_NS, lambda: arrive(message))
        return cut

    def leave(self) -> None:
        """DISCONNECT: the will is forgotten."""
        self.open = False
        if self.session is not None and not self._wire.up_cut:
            self.session.disconnect()
            self._network.broker.pump()

    def die(self, *, silently: bool) -> None:
        """The client is gone: its kernel says so at once, or the power went and nobody does."""
        self.open = False
        wait_ns = SILENCE_NS if silently or self._wire.up_cut else RESET_NS
        self._network.after(wait_ns, self._broker_gives_up)

    def _broker_gives_up(self) -> None:
        if self.session is not None:
            self.session.drop()
            self._network.broker.pump()

    def check(self) -> None:
        """Whether either side must give up now; called by the network while a wire is cut."""
        if self._wire.up_cut:
            self._broker_gives_up()
        if self._wire.up_cut or self._wire.down_cut:
            self.end()

    def end(self) -> None:
        """The client learns that the connection is over."""
        if self.open:
            self.open = False
            if not self._wire.up_cut:
                self._network.after(RESET_NS, self._broker_gives_up)
            self._closed()


class Network:
    """All wires of one broker."""

    def __init__(self, scheduler: Scheduler, broker: Broker, rng: random.Random) -> None:
        self.broker, self.broker_up = broker, True
        self._scheduler, self._rng = scheduler, rng
        self._wires: dict[str, WireFaults] = {}
        self._links: dict[str, Link] = {}
        self.lost_messages = 0

    def wire(self, client_id: str) -> WireFaults:
        """The wire of one client; change its fields to break it."""
        return self._wires.setdefault(client_id, WireFaults())

    def after(self, wait_ns: int, action: Callable[[], None]) -> None:
        """Do something later."""
        self._scheduler.at(self._scheduler.clock.now_ns() + wait_ns, action)

    def connect(
        self,
        client_id: str,
        deliver: Callable[[Message], None],
        closed: Callable[[], None],
        will: Message,
    ) -> Link | None:
        """Open a connection; None when broker or wire is away."""
        wire = self.wire(client_id)
        if not self.broker_up or wire.up_cut or wire.down_cut:
            return None
        older = self._links.get(client_id)
        if older is not None:
            older.open = False
        link = self._links[client_id] = Link(self, wire, deliver, closed)
        link.session = self.broker.connect(client_id, link.from_broker, will)
        self.broker.pump()
        return link

    def carry(
        self, wire: WireFaults, message: Message, free_ns: int, arrive: Callable[[Message], None]
    ) -> int:
        """Take a message over a wire; gives when the wire is free for the next in order."""
        if message.qos == 0 and wire.loss and self._rng.random() < wire.loss:
            self.lost_messages += 1
            return free_ns
        now_ns = self._scheduler.clock.now_ns()
        due_ns = now_ns + wire.delay_ns
        if wire.jitter_ns:
            due_ns += self._rng.randrange(wire.jitter_ns)
        else:
            due_ns = max(due_ns, free_ns)
        self._scheduler.at(due_ns, lambda: arrive(message))
        if wire.duplicate and self._rng.random() < wire.duplicate:
            again_ns = due_ns + self._rng.randrange(2 * NS_PER_S)
            self._scheduler.at(again_ns, lambda: arrive(message))
        return due_ns

    def cut(self, client_id: str, *, up: bool, down: bool) -> None:
        """Cut one or both directions; whoever waits in vain gives up after its patience."""
        wire = self.wire(client_id)
        wire.up_cut, wire.down_cut = up, down
        link = self._links.get(client_id)
        if link is not None and (up or down):
            self.after(SILENCE_NS, link.check)

    def kick(self, client_id: str) -> None:
        """The broker throws a client out."""
        link = self._links.get(client_id)
        if link is not None and link.session is not None:
            link.session.drop()
            self.broker.pump()
            self.after(RESET_NS, link.end)

    def stop_broker(self) -> None:
        """The broker dies and forgets everything; each client learns of it if its wire is whole."""
        self.broker_up = False
        self.broker.stop()
        for client_id, link in self._links.items():
            wire = self.wire(client_id)
            whole = not (wire.up_cut or wire.down_cut)
            self.after(RESET_NS if whole else SILENCE_NS, link.end)

    def start_broker(self) -> None:
        """It is back, and empty."""
        self.broker_up = True
