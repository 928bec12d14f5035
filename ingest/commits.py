"""Whom to tell what is stored, and when.

A commit goes out after each transaction, at most one per second and gateway; it is repeated every
``REPEAT_NS`` while the gateway speaks, because the message that carries it may be lost; and a
birth is answered at once, from what the ledger holds.

A gateway may replay an epoch other than the one it announced (a dead card's, or that of a time
without a card). Such an epoch is told of after each transaction that touched it: if the commit is
lost, the gateway sends again, and that is answered again.
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
        self._answers: set[str] = set()
        self._others: set[Key] = set()

    def stored(self, prefixes: Mapping[Key, int]) -> None:
        """A transaction is durable; these are the prefixes it holds."""
        self._stored.update(prefixes)
        self._others.update(key for key in prefixes if not self._is_current(key))

    def forget(self, key: Key) -> None:
        """Nothing more is said of this epoch."""
        self._stored.pop(key, None)
        self._said.pop(key, None)
        self._others.discard(key)

    def _is_current(self, key: Key) -> bool:
        return self._current.get(key[0]) == key[1]

    def below(self, key: Key) -> int:
        """Every offset below it is stored; 0 for an epoch never heard of."""
        return self._stored.get(key, 0)

    def born(self, key: Key) -> None:
        """The gateway announced its epoch: answer at once."""
        gateway, epoch = key
        before = (gateway, self._current.get(gateway, epoch))
        if before != key and before not in self._stored:
            self._said.pop(before, None)  # else a gateway with ever new epochs would fill us
        self._current[gateway] = epoch
        self._others.discard(key)
        self._answers.add(gateway)

    def due(self, now_ns: int, heard_ns: Mapping[str, int]) -> list[tuple[Key, int]]:
        """The commits to send now, as (key, below).

        ``heard_ns`` says when each gateway was last heard: a silent one is not repeated to.
        """
        answers, self._answers = self._answers, set()
        due = {(gateway, self._current[gateway]): None for gateway in sorted(answers)}
        for key, below in self._stored.items():
            said_below, said_ns = self._said.get(key, (-1, now_ns - REPEAT_NS))
            waited_ns = now_ns - said_ns
            if key in self._others:
                is_due = waited_ns >= PAUSE_NS
            else:
                fresh = below != said_below and waited_ns >= PAUSE_NS
                speaks = now_ns - heard_ns.get(key[0], 0) < REPEAT_NS
                is_due = self._is_current(key) and (fresh or (speaks and waited_ns >= REPEAT_NS))
            if is_due:
                due[key] = None
        made = []
        for key in due:
            below = self.below(key)
            self._said[key] = (below, now_ns)
            self._others.discard(key)
            made.append((key, below))
        return made
