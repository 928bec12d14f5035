"""The sensors we understand as they come out of the box, by the name used in configurations."""

from collections.abc import Callable
from typing import Final, Protocol

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Event
from firmware_bridge.sds011 import Sds011


class Decoder(Protocol):
    """What a shell needs to know of any of them."""

    @property
    def baud(self) -> int:
        """The line rate of the data sheet."""
        ...

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What its samples can contain, in catalogue names."""
        ...

    @property
    def counters(self) -> LinkCounters:
        """What happened so far."""
        ...

    @property
    def heard_ns(self) -> int:
        """When something valid was last read; the start, before anything was."""
        ...

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        ...

    def receive(self, data: bytes, mono_ns: int) -> list[Event]:
        """Take bytes read at ``mono_ns``."""
        ...

    def tick(self, mono_ns: int) -> list[Event]:
        """Do what fell due."""
        ...

    def cut(self) -> None:
        """The port was closed or opened: forget the half unit."""
        ...


DECODERS: Final[dict[str, Callable[[int], Decoder]]] = {
    "sds011": Sds011,
}
"""Kind -> a new decoder, given the time of its start."""
