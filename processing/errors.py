"""What can go wrong in processing that is not our own mistake.

LamplighterError
└── PeerFault
    └── CheckpointForeign    a stored state that this version cannot read
"""

from enum import StrEnum

from vocabulary.errors import PeerFault


class Flaw(StrEnum):
    """What is wrong with a stored state."""

    SHORT = "it was cut short"
    DAMAGED = "it is damaged"
    VERSION = "another version wrote it"
    LAYOUT = "its records have other fields"
    COLUMNS = "its columns do not add up"


class CheckpointForeign(PeerFault):
    """The stored state is damaged or of another version."""

    remedy = "Start without it: the ledger is kept, evidence of silence starts afresh."

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw

    def __str__(self) -> str:
        return f"the stored state cannot be used: {self.flaw}"
