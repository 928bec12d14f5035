"""A gateway's identity: its key, its request, its certificate, and what is wrong with one.

The key is made here and never leaves the device. Key, certificate and chain stand together in one
text, so that they can be changed in one step and never fit together badly. Times are arguments.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import BundleForged, IdentityUnusable
from vocabulary.enrolment import (
    JOB_VERSION,
    Bundle,
    Job,
    from_text,
    job_bytes_to_sign,
    signed_bytes,
    to_text,
)
from vocabulary.units import S_PER_DAY

DAYS_LEFT_MIN: Final = 30
RENEW_SHARE_LEFT: Final = 3
"""A certificate is renewed when this part of its life is left: one third."""
FOREIGN_AUTHORITY: Final = "E-ENR-03"
JOB_CHANGED: Final = "E-ENR-09"
_PLACEHOLDER: Final = "lamplighter gateway"


class Lifetime(NamedTuple):
    """From when to when a certificate is good, Unix seconds."""

    begins_s: int
    ends_s: int

    @property
    def renew_s(self) -> int:
        """When a third of its life is left."""
        return self.ends_s - (self.ends_s - self.begins_s) // RENEW_SHARE_LEFT


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_text(key: ec.EllipticCurvePrivateKey) -> str:
    """A key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def read_key(pem: str) -> ec.EllipticCurvePrivateKey:
    """The first key in a text.

    Raises:
        IdentityUnusable: there is none, or none of ours.
    """
    try:
        key = serialization.load_pem_private_key(_block(pem, "PRIVATE KEY").encode(), None)
    except (ValueError, TypeError):
        raise IdentityUnusable("the key cannot be read") from None  # noqa: EM101
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IdentityUnusable("the key is of another kind")  # noqa: EM101
    return key


def _block(text: str, kind: str) -> str:
    """The first PEM block of a kind; empty if there is none."""
    head, tail = f"-----BEGIN {kind}-----", f"-----END {kind}-----"
    _, found, rest = text.partition(head)
    body, ended, _ = rest.partition(tail)
    return f"{head}{body}{tail}\n" if found and ended else ""


def certificate_text(identity: str) -> str:
    """The gateway's own certificate out of an identity."""
    return _block(identity, "CERTIFICATE")


def request(key: ec.EllipticCurvePrivateKey) -> str:
    """A request over the key; the name in it is for readers, the authority sets the real one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _PLACEHOLDER)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def sign(
    key: ec.EllipticCurvePrivateKey, path: str, gateway_id: str, nonce: str, *parts: str
) -> str:
    """The signature of one request over the word that the authority gave."""
    signed = signed_bytes(path, gateway_id, nonce, *parts)
    return to_text(key.sign(signed, ec.ECDSA(hashes.SHA256())))


def combine(key: ec.EllipticCurvePrivateKey, certificate: str, chain: str) -> str:
    """Key, certificate and chain as one text."""
    return key_text(key) + certificate + chain


def certificates(text: str) -> list[x509.Certificate]:
    """All certificates in a text; none if it holds none that can be read."""
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return []


def name_of(certificate: x509.Certificate) -> str:
    """Whose certificate it is."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def lifetime(certificate: x509.Certificate) -> Lifetime:
    """From when to when it is good."""
    return Lifetime(
        int(certificate.not_valid_before_utc.timestamp()),
        int(certificate.not_valid_after_utc.timestamp()),
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in hexadecimal, as sheets and images carry it."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def root_of(chain: str) -> x509.Certificate | None:
    """The self-signed certificate of a chain; None if there is not exactly one."""
    roots = [one for one in certificates(chain) if one.subject == one.issuer and _signed(one, one)]
    return roots[0] if len(roots) == 1 else None


def _signed(one: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def faults(identity: str, *, gateway_id: str, root: x509.Certificate) -> Iterator[str]:
    """What is wrong with an identity, its time apart; nothing if it may be used."""
    chain = certificates(identity)
    if len(chain) < 2:
        yield "no certificate with its chain"
        return
    own, issuer = chain[0], chain[1]
    if name_of(own) != gateway_id:
        yield f"the certificate is for {name_of(own)!r}, this gateway is {gateway_id!r}"
    if own.public_key() != read_key(identity).public_key():
        yield "key and certificate do not belong together"
    if not (_signed(own, issuer) and _signed(issuer, root)):
        yield "the certificate was not signed by this city's authority"
    if not _may(own, ExtendedKeyUsageOID.CLIENT_AUTH):
        yield "the certificate is not for a client"


def _may(certificate: x509.Certificate, usage: x509.ObjectIdentifier) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return usage in found.value


def days_left(certificate: x509.Certificate, now_s: int) -> int:
    """Whole days until it ends; negative afterwards."""
    return (lifetime(certificate).ends_s - now_s) // S_PER_DAY


def open_job(bundle: Bundle, *, pinned: str) -> Job:
    """The job inside a bundle, once its signature and its authority hold.

    ``pinned`` is the fingerprint that the image or the sheet carries; empty if there is none, and
    then the bundle brings its own authority: whoever hands it over is trusted.

    Raises:
        BundleForged: with what was found.
    """
    root, issuer = root_of(bundle.authority), certificates(bundle.issuer)
    if root is None or len(issuer) != 1 or not _signed(issuer[0], root):
        raise BundleForged(FOREIGN_AUTHORITY, "no authority that holds together", "the city's own")
    if pinned and fingerprint(root) != pinned:
        raise BundleForged(FOREIGN_AUTHORITY, f"authority {fingerprint(root)}", pinned)
    raw, signature = from_text(bundle.job), from_text(bundle.signature)
    key = issuer[0].public_key()
    if raw is None or signature is None or not isinstance(key, ec.EllipticCurvePublicKey):
        raise BundleForged(JOB_CHANGED, "no signed job", "a file from `host batch create`")
    try:
        key.verify(signature, job_bytes_to_sign(raw), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BundleForged(
            JOB_CHANGED, "a job that was changed after it was signed", "the file as it was written"
        ) from None
    return _job(raw)


def _job(raw: bytes) -> Job:
    try:
        job = msgspec.json.decode(raw, type=Job)
    except msgspec.DecodeError as error:
        raise BundleForged(JOB_CHANGED, f"a job of another version: {error}", "ours") from None
    if job.version != JOB_VERSION:
        raise BundleForged(JOB_CHANGED, f"version {job.version}", f"version {JOB_VERSION}")
    return job
