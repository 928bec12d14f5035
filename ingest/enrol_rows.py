"""What the enrolment register holds, and what the desk asks of it."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from ingest.authority import Leaf

_OURS: Final = re.compile(r"(host|consumer)[0-9]*")


def is_ours(name: str) -> bool:
    """Whether the broker's access list gives this name the rights of a host or a consumer.

    No gateway may bear one: its certificate would open every topic.
    """
    return _OURS.fullmatch(name) is not None


class GatewayState(StrEnum):
    """A gateway's place in its life; the inventory comes first, the device later."""

    EXPECTED = "expected"
    ENROLLED = "enrolled"
    RETIRED = "retired"


class GatewayRow(msgspec.Struct, frozen=True):
    """One gateway as the authority knows it. ``flag`` says why a person should look."""

    gateway_id: str
    site_id: str
    district: str
    generation: int
    state: GatewayState
    board: str = ""
    flag: str = ""
    changed_s: int = 0


class CodeRow(msgspec.Struct, frozen=True):
    """One enrolment code, known by its hash only; ``key_hash`` is set by its first use."""

    code_hash: str
    gateway_id: str
    batch: str
    expires_s: int
    key_hash: str = ""
    used_s: int = 0
    foreign_tries: int = 0


class CertificateRow(msgspec.Struct, frozen=True):
    """One certificate that we signed; ``revoked_s`` is 0 while it is good."""

    serial: str
    gateway_id: str
    generation: int
    key_hash: str
    not_after_s: int
    pem: str
    revoked_s: int = 0


class AuditRow(msgspec.Struct, frozen=True):
    """One thing that happened, for whoever asks later."""

    at_s: int
    who: str
    event: str
    gateway_id: str
    detail: str


class Register(Protocol):
    """What the desk needs; every method that changes something is one transaction."""

    def gateway(self, gateway_id: str) -> GatewayRow | None:
        """One gateway."""
        ...

    def board_owner(self, board: str) -> GatewayRow | None:
        """The enrolled gateway that this board is, if it is one."""
        ...

    def code(self, code_hash: str) -> CodeRow | None:
        """One code by its hash."""
        ...

    def certificates(self, gateway_id: str) -> Sequence[CertificateRow]:
        """All certificates of a gateway, newest last."""
        ...

    def key_owner(self, key_hash: str) -> str:
        """The gateway that holds this key; empty if none does."""
        ...

    def enrolled(self, code: CodeRow, key_hash: str, board: str, leaf: Leaf, now_s: int) -> None:
        """A code was used: note key, board and certificate, and what it was used for."""
        ...

    def renewed(self, gateway: GatewayRow, key_hash: str, leaf: Leaf, now_s: int) -> None:
        """A new certificate stands beside the old one."""
        ...

    def foreign_try(self, code: CodeRow, who: str, now_s: int) -> None:
        """Somebody showed a used code with another key."""
        ...

    def flag(self, gateway_id: str, flag: str, who: str, now_s: int) -> None:
        """Mark a gateway for a person to look at."""
        ...

    def settle(self, gateway: GatewayRow, now_s: int) -> int:
        """Data of this generation arrived: revoke what older ones hold; gives how many."""
        ...

    def note(self, row: AuditRow) -> None:
        """Write one line of the audit log."""
        ...
