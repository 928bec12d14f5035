"""What must hold in every world, whatever befalls it; the names are those a failing run prints."""

from enum import StrEnum


class Invariant(StrEnum):
    """The closed list."""

    CONSERVED = "generated = stored + declared lost"
    ONCE = "nothing is stored twice"
    TAKEN_ONCE = "nothing is taken in twice"
    OWN_POINT = "two readings never share a point"
    UNCHANGED = "a record never changes"
    GENERATED = "only what was generated is sent"
    OFFSET_ONCE = "an offset is used once"
    DURABLE = "what is durable is never lost"
    PROMISE = "a power cut costs at most five seconds"
    MOVED = "nothing in memory is dropped"
    LEDGER_FIRST = "commits never run ahead of the ledger"
    DATABASE_FIRST = "commits never run ahead of the database"
    FREED = "freed only below the commit"
    LIVE_FIRST = "live before replay"
    LIVE_FRESH = "live is fresh"
    TIME_RIGHT = "a corrected time is right"
    BD_SEQ = "bdSeq survives"
    POISON_ALONE = "only the poison dies"
    QUARANTINE = "quarantine needs a reason"
    BOUNDED = "memory stays within bounds"
    NO_ERROR = "no exception anywhere"


class Violation(Exception):
    """Something that must never be was seen."""

    def __init__(self, invariant: Invariant, what: str) -> None:
        super().__init__(invariant, what)
        self.invariant, self.what = invariant, what

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"
