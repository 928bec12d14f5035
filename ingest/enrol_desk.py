"""The enrolment desk: a request and the time in, an answer out; the server is only its envelope.

A code stands for one public key: shown again with the same key it gives the same certificate, so
a lost answer costs nothing; with another key it is refused, and the refusal says when and by
which gateway it was used. Signed requests prove the device's key over a word of ours, so even a
certificate that ran out can still ask for a new one.
"""

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ingest import authority
from ingest.authority import Entropy, Signer
from ingest.enrol_limits import TryLimits, Verdict
from ingest.enrol_nonces import Nonces
from ingest.enrol_rows import (
    AuditRow,
    CertificateRow,
    CodeRow,
    GatewayRow,
    GatewayState,
    Register,
)
from vocabulary import enrolment
from vocabulary.enrolment import (
    AuthorityChain,
    Enrolled,
    EnrolRequest,
    Nonce,
    ReadBack,
    Refused,
    SignedRequest,
    normal_code,
    signed_bytes,
)
from vocabulary.event_log import rfc3339
from vocabulary.units import NS_PER_S, S_PER_DAY

FOREIGN_TRIES_MAX: Final = 10
RENEW_LATE_S_MAX: Final = 365 * S_PER_DAY
CERTIFICATES_MAX: Final = 64
SIGNED_A_MINUTE: Final = 120
"""A read-back asks once a second for half a minute, and a city's office has one address."""
_SCRYPT: Final = {"n": 1 << 13, "r": 8, "p": 1, "dklen": 32}

ReadsBack = Callable[[str, str], ReadBack]
"""Asks the database for one point of a gateway after a marked record."""


class Asked(NamedTuple):
    """One request as it came from the network; ``peer`` is the address it came from."""

    method: str
    path: str
    body: bytes
    peer: str


class Answer(NamedTuple):
    """Status and body; the body is one of the structs of ``vocabulary/enrolment.py``."""

    status: int
    body: msgspec.Struct


class Place(NamedTuple):
    """What every gateway is told of the host."""

    host_id: str
    broker: str


def hash_code(code: str, pepper: bytes) -> str:
    """What the register knows a code by: slow to guess, and useless without the pepper."""
    return hashlib.scrypt(code.encode(), salt=pepper, **_SCRYPT).hex()


def refused(code: str, found: str, expected: str, remedy: str) -> Refused:
    """A refusal in words for the person at the device."""
    return Refused(code, found, expected, remedy)


def _when(at_s: int) -> str:
    return rfc3339(at_s * NS_PER_S)


BAD_REQUEST: Final = Answer(
    400,
    refused(
        "E-ENR-06",
        "a request that is not one",
        "JSON as this version of Lamplighter sends it",
        "Update the gateway's software, or the host's.",
    ),
)
RETIRED: Final = Answer(
    403,
    refused(
        "E-ENR-05",
        "this gateway was retired",
        "one in service",
        "Ask operations: lamplighter host enrol reopen; then enrol with the new code.",
    ),
)
NO_CODE: Final = Answer(
    403,
    refused(
        "E-ENR-01",
        "no such code is open",
        "the code on this gateway's sheet",
        "Read the code again, letter by letter; if it is right, ask operations for a new one.",
    ),
)
NOT_PROVEN: Final = Answer(
    403,
    refused(
        "E-ENR-07",
        "the signature, its word or its certificate does not hold",
        "a request signed with the key of a certificate of this city",
        "Try once more; if it stays, enrol anew with a code from operations.",
    ),
)
TOO_OFTEN: Final = Answer(
    429,
    refused(
        "E-ENR-04",
        "too many tries from this address",
        "at most five a minute, and no ten failures in a row",
        "Wait a minute (an hour after ten failures), then read the code again.",
    ),
)


class EnrolDesk:
    """Answers requests from the register, with the issuing key."""

    def __init__(
        self,
        issuing: Signer,
        chain: str,
        register: Register,
        *,
        pepper: bytes,
        entropy: Entropy,
        place: Place,
        read_back: ReadsBack,
    ) -> None:
        self._issuing, self._chain, self._register = issuing, chain, register
        self._pepper, self._entropy = pepper, entropy
        self._place, self._read_back = place, read_back
        self.limits = TryLimits()
        self._signed_limits = TryLimits(SIGNED_A_MINUTE)
        self._nonces = Nonces(pepper, entropy)

    def answer(self, asked: Asked, now_s: int) -> Answer:
        """The answer to one request; whatever its bytes are, it does not raise for them."""
        if asked.method != "POST":
            return Answer(405, BAD_REQUEST.body)
        if len(asked.body) > enrolment.REQUEST_BYTES_MAX:
            return Answer(413, BAD_REQUEST.body)
        if asked.path == enrolment.ENROL:
            return self._enrol(asked, now_s)
        if asked.path == enrolment.AUTHORITY:
            return Answer(200, AuthorityChain(self._chain))
        if asked.path == enrolment.NONCE:
            return Answer(200, Nonce(self._nonces.give(now_s)))
        if asked.path in (enrolment.RENEW, enrolment.READBACK):
            return self._signed(asked, now_s)
        return Answer(404, BAD_REQUEST.body)

    # With a code.

    def _enrol(self, asked: Asked, now_s: int) -> Answer:
        if self.limits.ask(asked.peer, now_s) is not Verdict.COME_IN:
            return TOO_OFTEN
        answer = self._with_code(asked, now_s)
        if answer.status == 200:
            self.limits.succeeded(asked.peer)
        elif self.limits.failed(asked.peer, now_s):
            self._register.note(AuditRow(now_s, asked.peer, "address_locked", "", "ten failures"))
        return answer

    def _with_code(self, asked: Asked, now_s: int) -> Answer:
        try:
            request = msgspec.json.decode(asked.body, type=EnrolRequest)
        except (msgspec.DecodeError, RecursionError):
            return BAD_REQUEST
        plain = normal_code(request.code)
        code = self._register.code(hash_code(plain, self._pepper)) if plain else None
        if code is None:
            self._register.note(AuditRow(now_s, asked.peer, "code_unknown", "", ""))
            return NO_CODE
        key = authority.requested_key(request.csr)
        if key is None:
            return BAD_REQUEST
        gateway = self._register.gateway(code.gateway_id)
        if gateway is None or gateway.state is GatewayState.RETIRED:
            return RETIRED
        key_hash = authority.key_hash(key)
        if code.key_hash:
            return self._code_again(code, gateway, key_hash, asked.peer, now_s)
        return self._first_use(code, gateway, key, request.board, now_s)

    def _code_again(
        self, code: CodeRow, gateway: GatewayRow, key_hash: str, peer: str, now_s: int
    ) -> Answer:
        if code.foreign_tries < FOREIGN_TRIES_MAX:
            if code.key_hash == key_hash:
                held = self._held(gateway.gateway_id, key_hash, now_s)
                return self._enrolled(gateway, held.pem) if held else NO_CODE
            self._register.foreign_try(code, peer, now_s)
        locked = code.foreign_tries >= FOREIGN_TRIES_MAX
        found = f"used at {_when(code.used_s)} by {code.gateway_id}"
        return Answer(
            403,
            refused(
                "E-ENR-01",
                found + (", and locked since" if locked else ""),
                "a code that no other key has used",
                "If that was not you, call operations; else ask for `host enrol replace`.",
            ),
        )

    def _first_use(
        self,
        code: CodeRow,
        gateway: GatewayRow,
        key: ec.EllipticCurvePublicKey,
        board: str,
        now_s: int,
    ) -> Answer:
        if now_s > code.expires_s:
            return Answer(
                403,
                refused(
                    "E-ENR-01",
                    f"the code of batch {code.batch or '-'} ran out at {_when(code.expires_s)}",
                    "a code within its time",
                    "Ask operations for a new one: lamplighter host enrol code.",
                ),
            )
        key_hash = authority.key_hash(key)
        owner = self._register.board_owner(board)
        other = owner.gateway_id if owner else self._register.key_owner(key_hash)
        if other and (owner is not None or other != gateway.gateway_id):
            return self._conflict(other, gateway.gateway_id)
        leaf = authority.sign_client(
            self._issuing, gateway.gateway_id, key, now_s=now_s, entropy=self._entropy
        )
        self._register.enrolled(code, key_hash, board, leaf, now_s)
        return self._enrolled(gateway, leaf.pem)

    def _conflict(self, is_now: str, would_be: str) -> Answer:
        return Answer(
            409,
            refused(
                "E-ENR-02",
                f"this board or key is enrolled as {is_now}, the code is for {would_be}",
                "one gateway, one board",
                f"Wrong sheet? Else operations: lamplighter host enrol retire {is_now}.",
            ),
        )

    def _enrolled(self, gateway: GatewayRow, pem: str) -> Answer:
        return Answer(
            200,
            Enrolled(
                gateway.gateway_id,
                gateway.site_id,
                gateway.district,
                gateway.generation,
                pem,
                self._chain,
                self._place.host_id,
                self._place.broker,
            ),
        )

    # With a signature.

    def _held(self, gateway_id: str, key_hash: str, now_s: int) -> CertificateRow | None:
        """The newest certificate over this key that is neither revoked nor over."""
        rows = [
            row
            for row in self._register.certificates(gateway_id)
            if row.key_hash == key_hash and not row.revoked_s and row.not_after_s > now_s
        ]
        return rows[-1] if rows else None

    def _signed(self, asked: Asked, now_s: int) -> Answer:
        if self._signed_limits.ask(asked.peer, now_s) is not Verdict.COME_IN:
            return TOO_OFTEN
        try:
            request = msgspec.json.decode(asked.body, type=SignedRequest)
        except (msgspec.DecodeError, RecursionError):
            return BAD_REQUEST
        certificate = authority.issued_by(request.certificate, self._issuing.certificate)
        if certificate is None or not self._proven(asked.path, request, certificate, now_s):
            return NOT_PROVEN
        gateway = self._register.gateway(authority.common_name(certificate))
        if gateway is None:
            return NOT_PROVEN
        if gateway.state is GatewayState.RETIRED:
            return RETIRED
        serial = f"{certificate.serial_number:032x}"
        rows = {row.serial: row for row in self._register.certificates(gateway.gateway_id)}
        if serial not in rows or rows[serial].revoked_s:
            return NOT_PROVEN
        if gateway.board and request.board != gateway.board:
            return self._cloned(gateway, request.board, asked.peer, now_s)
        if asked.path == enrolment.RENEW:
            return self._renew(gateway, request, rows[serial], now_s)
        return self._read(gateway, request, rows[serial], now_s)

    def _proven(
        self, path: str, request: SignedRequest, certificate: x509.Certificate, now_s: int
    ) -> bool:
        signature = enrolment.from_text(request.signature)
        signed = signed_bytes(
            path,
            authority.common_name(certificate),
            request.nonce,
            request.csr,
            request.marker,
            request.board,
        )
        return (
            signature is not None
            and authority.signature_fits(certificate.public_key(), signature, signed)
            and self._nonces.take(request.nonce, now_s)
        )

    def _cloned(self, gateway: GatewayRow, board: str, peer: str, now_s: int) -> Answer:
        flag = f"its key is on two boards: {gateway.board} and {board[:32]!r}"
        self._register.flag(gateway.gateway_id, flag, peer, now_s)
        return Answer(
            409,
            refused(
                "E-ENR-02",
                f"{gateway.gateway_id} was enrolled on board {gateway.board}, this is {board!r}",
                "the same board",
                "A copied card: take one of the two out of service. A moved card: "
                "lamplighter host enrol replace.",
            ),
        )

    def _renew(
        self, gateway: GatewayRow, request: SignedRequest, shown: CertificateRow, now_s: int
    ) -> Answer:
        key = authority.requested_key(request.csr)
        if key is None:
            return BAD_REQUEST
        if now_s > shown.not_after_s + RENEW_LATE_S_MAX or shown.generation != gateway.generation:
            return NOT_PROVEN
        key_hash = authority.key_hash(key)
        held = self._held(gateway.gateway_id, key_hash, now_s)
        if held is not None and key_hash != shown.key_hash:
            return self._enrolled(gateway, held.pem)  # an answer that was lost
        owner = self._register.key_owner(key_hash)
        if owner not in ("", gateway.gateway_id):
            return self._conflict(owner, gateway.gateway_id)
        if len(self._register.certificates(gateway.gateway_id)) >= CERTIFICATES_MAX:
            self._register.flag(gateway.gateway_id, "renews too often", "desk", now_s)
            return TOO_OFTEN
        leaf = authority.sign_client(
            self._issuing, gateway.gateway_id, key, now_s=now_s, entropy=self._entropy
        )
        self._register.renewed(gateway, key_hash, leaf, now_s)
        return self._enrolled(gateway, leaf.pem)

    def _read(
        self, gateway: GatewayRow, request: SignedRequest, shown: CertificateRow, now_s: int
    ) -> Answer:
        if now_s > shown.not_after_s:
            return NOT_PROVEN
        told = self._read_back(gateway.gateway_id, request.marker)
        if told.seen and shown.generation == gateway.generation:
            self._register.settle(gateway, now_s)
        return Answer(200, told)
