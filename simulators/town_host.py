"""The host of a simulated town: the real pipeline, that may be stopped, cut off and overheard."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ingest.intake import Message as Arrival
from ingest.sink import WriteOutcome
from simulators.broker import Message
from simulators.virtual_host import VirtualHost
from vocabulary import topics
from vocabulary.units import NS_PER_S

_STATE: Final = f"{topics.NAMESPACE}/STATE/"


TURN_NS: Final = NS_PER_S
"""A turn a second instead of four: what is decided does not depend on it, only when it is told."""
Wire = Callable[[str, int], Sequence[int]]


class Forgetful:
    """A sink that keeps nothing but the count: the ledger is what a town is judged by."""

    def __init__(self) -> None:
        self.lines = 0

    def probe(self) -> str:
        """Nobody is on the other side."""
        return "nobody"

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        """Count them."""
        self.lines += len(lines)
        return WriteOutcome(stored=len(lines))

    def close(self) -> None:
        """Nothing to let go of."""


class TownHost(VirtualHost):
    """Arrivals are handed over in bulk, as the real shell does."""

    def prepare(self, wire: Wire | None = None) -> None:
        """Before ``start``; ``wire`` says when a message that is sent now arrives, each time."""
        self._arrived: list[Arrival] = []
        self._stopped = False
        self._wire = wire

    def _deliver(self, message: Message) -> None:
        if message.topic.startswith(_STATE):
            return
        now_ns = self._clock.now_ns()
        for arrival_ns in (now_ns,) if self._wire is None else self._wire(message.topic, now_ns):
            arrival = Arrival(message.topic, message.payload, arrival_ns, message.retain)
            if arrival_ns > now_ns:
                self._scheduler.at(arrival_ns, partial(self._arrived.append, arrival))
            else:
                self._arrived.append(arrival)

    def _take_in(self) -> None:
        arrived = list(self._arrived)
        self._arrived.clear()  # messages under way hold on to this list
        self.pipeline.receive_all(arrived)

    def _turn(self) -> None:
        if not self._stopped:
            self._take_in()
            super()._turn()
            self._alarm.set(self._clock.now_ns() + TURN_NS)

    def stop(self) -> None:
        """The process is stopped, as by a debugger or by a machine that swaps."""
        self._take_in()
        self._stopped = True

    def resume(self) -> None:
        """It goes on. What came meanwhile waited in the socket and is there now."""
        self._stopped = False
        now_ns = self._clock.now_ns()
        self._arrived[:] = [one._replace(arrival_ns=now_ns) for one in self._arrived]
        self._alarm.set(now_ns)

    def lose_broker(self) -> None:
        """Our own line is gone: silence says nothing from here on."""
        self._take_in()
        self.pipeline.hearing(self._clock.now_ns(), on=False)

    def regain_broker(self) -> None:
        """Subscribed again."""
        self._take_in()
        self.pipeline.hearing(self._clock.now_ns(), on=True)
        self.start()

    def finish(self) -> None:
        """Take in, step and store what is left."""
        self._take_in()
        super().finish()
