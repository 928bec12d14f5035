"""Whom to tell what is stored, and when.

A commit goes out after each transaction, at most one per second and gateway; it is repeated every
``REPEAT_NS`` while the gateway speaks, because the message that carries it may be lost; and a
birth is answered at once, from what the ledger holds.
"""

from collections.abc import Mapping
from typing import Final

from ingest.ledger_rows import Key
from vocabulary.units import NS_PER_S

PAUSE_NS: Final = NS_PER_S
REPEAT_NS: Final = 10 * NS_PER_S


class Commits:
    """The stored prefix of every (gateway, epoch), and what was last said about it."""

    def __init__(self, stored: Mapping[Key, int]) -> None:
        self._stored = dict(stored)
        self._said: dict[Key, tuple[int, int]] = {}
        self._current: dict[str, int] = {}
        self._answers: list[Key] = []

    def stored(self, prefixes: Mapping[Key, int]) -> None:
        """A transaction is durable; these are the prefixes it holds."""
        self._stored.update(prefixes)

    def below(self, key: Key) -> int:
        """Every offset below it is stored; 0 for an epoch never heard of."""
        return self._stored.get(key, 0)

    def born(self, key: Key) -> None:
        """The gateway announced its epoch: answer at once."""
        self._current[key[0]] = key[1]
        self._answers.append(key)

    def due(self, now_ns: int, heard_ns: Mapping[str, int]) -> list[tuple[Key, int]]:
        """The commits to send now, as (key, below).

        ``heard_ns`` says when each gateway was last heard: a silent one is not repeated to.
        """
        answers, self._answers = self._answers, []
        due = dict.fromkeys(answers)
        for key, below in self._stored.items():
            if self._current.get(key[0]) != key[1]:
                continue
            said_below, said_ns = self._said.get(key, (-1, now_ns - REPEAT_NS))
            fresh = below != said_below and now_ns - said_ns >= PAUSE_NS
            speaks = now_ns - heard_ns.get(key[0], 0) < REPEAT_NS
            if fresh or (speaks and now_ns - said_ns >= REPEAT_NS):
                due[key] = None
        made = []
        for key in due:
            below = self.below(key)
            self._said[key] = (below, now_ns)
            made.append((key, below))
        return made
