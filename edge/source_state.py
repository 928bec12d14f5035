"""What is known of one source: its last values and their age, what was refused, what it said last.

For the doctor. Topics are shown with anything that may be an address masked, for an access point
may have its own in its topic, or a client's by mistake.
"""

from collections import Counter
from enum import StrEnum
from typing import Final, NamedTuple

from edge.access_point_value import Reason
from edge.message_path import ADDRESS
from edge.source_configuration import Source
from vocabulary.payload import Value
from vocabulary.units import NS_PER_S

TOPIC_SHOWN_CHARS_MAX: Final = 120
MAX_AGE_S_UNTOLD: Final = 90.0
"""Silence that the doctor finds too long where the configuration says nothing."""


def shown(topic: str) -> str:
    """A topic as it may be logged: short, on one line, and without anybody's address."""
    masked = ADDRESS.sub("(address)", topic)
    text = "".join(char if char.isprintable() else "?" for char in masked)
    return text if len(text) <= TOPIC_SHOWN_CHARS_MAX else text[: TOPIC_SHOWN_CHARS_MAX - 1] + "…"


class Status(StrEnum):
    """What an access point said of itself. A retained ``online`` proves nothing: unknown."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    OFFLINE = "offline"


class SourceView(NamedTuple):
    """One source at one moment, safe to read from another thread; ``age_s`` -1 before any value."""

    ap_id: str
    topic: str
    format: str
    age_s: float
    max_age_s: float
    status: str
    values: dict[str, float]
    refused: dict[str, int]


class SourceState:
    """The life of one source as its messages come."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.status = Status.UNKNOWN
        self.counts: Counter[Reason] = Counter()
        self._values: dict[str, Value] = {}
        self._heard_ns: int | None = None

    def heard(self, values: tuple[tuple[str, Value], ...], mono_ns: int) -> None:
        """Good values came."""
        self._heard_ns = mono_ns
        self._values.update(values)
        self.status = Status.ONLINE

    def told(self, payload: bytes, *, retained: bool) -> Reason | None:
        """A word on the status topic; gives why it was not understood."""
        status = self.source.status
        assert status is not None
        word = payload[:64].decode("utf-8", "replace").strip("\0 \t\r\n")
        if word == status.offline:
            self.status = Status.OFFLINE
        elif word == status.online:
            self.status = Status.UNKNOWN if retained else Status.ONLINE
        else:
            return Reason.UNKNOWN_STATUS
        return None

    def died(self) -> None:
        """It said, or its broker said for it, that it is gone."""
        self.status = Status.OFFLINE

    def view(self, mono_ns: int) -> SourceView:
        """For the page."""
        age_s = -1.0 if self._heard_ns is None else (mono_ns - self._heard_ns) / NS_PER_S
        source = self.source
        return SourceView(
            source.ap_id,
            shown(source.topic),
            source.format,
            age_s,
            source.max_age_s or MAX_AGE_S_UNTOLD,
            str(self.status),
            {name: float(value) for name, value in self._values.items()},
            {str(reason): count for reason, count in self.counts.items()},
        )
