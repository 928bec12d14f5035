"""One event as one line: a name from our own lists and typed fields, never foreign bytes.

On a terminal logfmt, for a program JSON. The same event said again within ``COLLAPSE_NS`` is
counted and said once with its count. Writing and the clock are the caller's.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from vocabulary.units import NS_PER_S

COLLAPSE_NS: Final = 600 * NS_PER_S
TEXT_CHARS_MAX: Final = 80
REMEMBERED_MAX: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/+-@")

Field = bool | int | float | str
KeyT = TypeVar("KeyT", bound=Hashable)


class Level(StrEnum):
    """How much a person should care."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def rfc3339(wall_ns: int) -> str:
    """UTC with milliseconds, as in RFC 3339; the nearest representable for an absurd time."""
    try:
        moment = _EPOCH + timedelta(microseconds=wall_ns // 1_000)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _short(value: Field) -> Field:
    if isinstance(value, str) and len(value) > TEXT_CHARS_MAX:
        return value[: TEXT_CHARS_MAX - 1] + "…"
    return value


def logfmt(row: dict[str, Field]) -> str:
    """``key=value`` pairs; a value with anything unusual in it is quoted as JSON."""
    parts = []
    for key, value in row.items():
        text = value if isinstance(value, str) else json.dumps(value)
        parts.append(f"{key}={text if text and set(text) <= _PLAIN else json.dumps(text)}")
    return " ".join(parts)


class EventLog:
    """Says events through ``write``, one line each, collapsing repeats."""

    def __init__(
        self,
        component: str,
        *,
        as_json: bool,
        write: Callable[[str], object],
    ) -> None:
        self._component, self._as_json, self._write = component, as_json, write
        self._said: dict[tuple[str, str], tuple[int, int]] = {}

    def say(
        self,
        event: str,
        *,
        wall_ns: int,
        level: Level = Level.INFO,
        key: str = "",
        ends: str = "",
        **fields: Field,
    ) -> None:
        """Say ``event``; ``key`` tells apart what may be said side by side (a port, a gateway).

        ``ends`` names the event that this one puts an end to: a state that comes and goes is said
        each time it does, or the log would end on "lost" while all is well.
        """
        if ends:
            for said in [one for one in self._said if one[0] == ends]:
                del self._said[said]
        told_ns, held = self._said.get((event, key), (wall_ns - COLLAPSE_NS, 0))
        if 0 <= wall_ns - told_ns < COLLAPSE_NS:
            self._said[event, key] = (told_ns, held + 1)
            return
        if len(self._said) >= REMEMBERED_MAX:
            self._said.pop(next(iter(self._said)))
        self._said[event, key] = (wall_ns, 0)
        row: dict[str, Field] = {
            "ts": rfc3339(wall_ns),
            "level": level.value,
            "event": event,
            "component": self._component,
        }
        row |= {name: _short(value) for name, value in fields.items()}
        if held:
            row["repeated"] = held
        self._write((json.dumps(row, ensure_ascii=False) if self._as_json else logfmt(row)) + "\n")


class Risen(Generic[KeyT]):
    """Which counts have risen since the last look: what a log says of counters."""

    def __init__(self) -> None:
        self._seen: dict[KeyT, int] = {}

    def look(self, counts: Mapping[KeyT, int]) -> dict[KeyT, int]:
        """The counts that rose, as they stand now."""
        risen = {key: count for key, count in counts.items() if count > self._seen.get(key, 0)}
        self._seen.update(risen)
        return risen
