"""How a gateway and the host's enrolment authority talk: codes, requests, answers, what is signed.

Only forms stand here; keys and signatures are the rooms' business. A code is eight characters of
Crockford's base32: no I, L, O or U, so that a tired person on a ladder reads it right.
"""

import base64
from typing import Annotated, Final

import msgspec

from vocabulary.ids import Slug

CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARS: Final = 8
CODE_BITS_EACH: Final = 5
REQUEST_BYTES_MAX: Final = 16 * 1024
PEM_CHARS_MAX: Final = 8 * 1024
NONCE_BYTES: Final = 24
JOB_BYTES_MAX: Final = 64 * 1024
JOB_VERSION: Final = 1

AUTHORITY: Final = "/v1/authority"
ENROL: Final = "/v1/enrol"
NONCE: Final = "/v1/nonce"
RENEW: Final = "/v1/renew"
READBACK: Final = "/v1/readback"

_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})

Pem = Annotated[str, msgspec.Meta(min_length=1, max_length=PEM_CHARS_MAX)]
Short = Annotated[str, msgspec.Meta(max_length=128)]


def code_of(entropy: bytes) -> str:
    """A code from five random bytes, without its hyphen."""
    assert len(entropy) * 8 == CODE_CHARS * CODE_BITS_EACH
    number = int.from_bytes(entropy, "big")
    letters = [
        CODE_ALPHABET[number >> CODE_BITS_EACH * ix & 31] for ix in reversed(range(CODE_CHARS))
    ]
    return "".join(letters)


def normal_code(text: str) -> str | None:
    """A code as it was meant: case, hyphens and the usual misreadings do not matter."""
    if len(text) > 4 * CODE_CHARS:
        return None
    plain = text.strip().upper().translate(_MISREAD)
    fits = len(plain) == CODE_CHARS and all(one in CODE_ALPHABET for one in plain)
    return plain if fits else None


def shown_code(code: str) -> str:
    """As a person reads it aloud: 7KQ2-M4XD."""
    return f"{code[:4]}-{code[4:]}"


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device shows a code and a request for a certificate over its own key."""

    code: Short
    csr: Pem
    board: Short = ""


class SignedRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an enrolled device asks, signed with its key over the nonce it was given.

    ``csr`` is for a renewal, ``marker`` for a read-back: the spool offset of the marked record.
    """

    certificate: Pem
    nonce: Short
    signature: Annotated[str, msgspec.Meta(max_length=256)]
    csr: Annotated[str, msgspec.Meta(max_length=PEM_CHARS_MAX)] = ""
    marker: Short = ""
    board: Short = ""


class AuthorityChain(msgspec.Struct, frozen=True):
    """Issuing and root certificate; trusted only after its root's fingerprint was compared."""

    authority: str


class Nonce(msgspec.Struct, frozen=True):
    """A word that is good for one signed request, for a short time."""

    nonce: str


class Enrolled(msgspec.Struct, frozen=True):
    """A certificate and what else a gateway must know of its place."""

    gateway_id: Slug
    site_id: Slug
    district: Slug
    generation: int
    certificate: str
    authority: str
    host_id: str = ""
    broker: str = ""


class ReadBack(msgspec.Struct, frozen=True):
    """One real point, as the database gave it back; else the last hop that confirmed it."""

    seen: bool
    last_hop: str
    found: str
    code: str = ""
    measurement: str = ""
    time_ms: int = 0
    value: float = 0.0


class Refused(msgspec.Struct, frozen=True):
    """Why not, in words for the person at the device."""

    code: str
    found: str
    expected: str
    remedy: str


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything one gateway needs for its first day, for places without a network.

    It holds a code: whoever has the file may become this gateway once. Treat it as a secret.
    """

    version: int
    gateway_id: Slug
    site_id: Slug
    district: Slug
    generation: int
    code: Short
    expires_s: int
    enrol_url: Short
    broker: Short
    host_id: Short
    configuration: Annotated[str, msgspec.Meta(max_length=JOB_BYTES_MAX)]
    adapters: tuple[str, ...] = ()
    access_points: tuple[str, ...] = ()


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job as a file: its bytes, the signature over them, and the certificates above it."""

    job: Annotated[str, msgspec.Meta(max_length=2 * JOB_BYTES_MAX)]
    signature: Annotated[str, msgspec.Meta(max_length=256)]
    issuer: Pem
    authority: Pem


def signed_bytes(path: str, gateway_id: str, nonce: str, *parts: str) -> bytes:
    """What a device signs: unmistakable, whatever its parts hold, and good for one path only."""
    rows = ["lamplighter request 1", path, gateway_id, nonce, *parts]
    return b"".join(len(row.encode()).to_bytes(4, "big") + row.encode() for row in rows)


def job_bytes_to_sign(job: bytes) -> bytes:
    """What the authority signs of a job; never to be mistaken for a certificate or a request."""
    return b"lamplighter job 1\0" + job


def to_text(raw: bytes) -> str:
    """Bytes as they stand in JSON."""
    return base64.b64encode(raw).decode()


def from_text(text: str) -> bytes | None:
    """The bytes again; None for what is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None
