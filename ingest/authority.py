"""The enrolment authority's signatures: root, issuing key, leaves, revocations, jobs.

Keys and times are arguments: nothing is read or written here. A certificate's subject is set by
us, never copied from a request; the request only proves that its sender holds the key.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vocabulary.enrolment import Bundle, job_bytes_to_sign, to_text

ROOT_DAYS: Final = 20 * 365
ISSUING_DAYS: Final = 5 * 365
LEAF_DAYS: Final = 180
SERVER_DAYS: Final = 180
BACK_DATED: Final = timedelta(hours=24)
"""A gateway whose clock runs behind must not find its own certificate in the future."""
CRL_DAYS: Final = 30
SERIAL_BYTES: Final = 16
ORGANISATION: Final = "Lamplighter"

Entropy = Callable[[int], bytes]


class Signer(NamedTuple):
    """A certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Leaf(NamedTuple):
    """A signed leaf and what the register keeps of it."""

    pem: str
    serial: str
    not_after_s: int


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def moment(at_s: int) -> datetime:
    """Unix seconds as certificates want them."""
    return datetime.fromtimestamp(at_s, UTC)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _serial(entropy: Entropy) -> int:
    """128 random bits but for two: RFC 5280 wants it positive, and we want it full length."""
    number = int.from_bytes(entropy(SERIAL_BYTES), "big")
    return number & ((1 << 127) - 1) | 1 << 126


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    name: str, key: ec.EllipticCurvePublicKey, issuer: x509.Name, *, now_s: int, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key)
        .not_valid_before(moment(now_s) - BACK_DATED)
        .not_valid_after(moment(now_s) + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority(
    name: str, by: Signer | None, *, now_s: int, days: int, below: int, entropy: Entropy
) -> Signer:
    key = new_key()
    issuer = by.certificate.subject if by else _name(name)
    builder = (
        _builder(name, key.public_key(), issuer, now_s=now_s, days=days)
        .serial_number(_serial(entropy))
        .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(authority=True), critical=True)
    )
    signing = by.key if by else key
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    return Signer(builder.sign(signing, hashes.SHA256()), key)


def new_root(city: str, *, now_s: int, entropy: Entropy) -> Signer:
    """The root: signs one thing, the issuing key, and then goes into a safe."""
    name = f"{city} root"
    return _authority(name, None, now_s=now_s, days=ROOT_DAYS, below=1, entropy=entropy)


def new_issuing(root: Signer, city: str, *, now_s: int, entropy: Entropy) -> Signer:
    """The key that stays on the host and signs leaves; it can make no authority below it."""
    name = f"{city} issuing"
    return _authority(name, root, now_s=now_s, days=ISSUING_DAYS, below=0, entropy=entropy)


def _leaf(issuing: Signer, builder: x509.CertificateBuilder, *, entropy: Entropy) -> Leaf:
    serial = _serial(entropy)
    made = (
        builder.serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.key.public_key()),
            critical=False,
        )
        .sign(issuing.key, hashes.SHA256())
    )
    return Leaf(pem_of(made), f"{serial:032x}", int(made.not_valid_after_utc.timestamp()))


def sign_client(
    issuing: Signer,
    common_name: str,
    key: ec.EllipticCurvePublicKey,
    *,
    now_s: int,
    entropy: Entropy,
    days: int = LEAF_DAYS,
) -> Leaf:
    """A leaf that may be a client, under the name that we give it."""
    builder = _builder(common_name, key, issuing.certificate.subject, now_s=now_s, days=days)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return _leaf(issuing, builder.add_extension(usage, critical=True), entropy=entropy)


def sign_server(
    issuing: Signer,
    names: Iterable[x509.GeneralName],
    common_name: str,
    key: ec.EllipticCurvePublicKey,
    *,
    now_s: int,
    entropy: Entropy,
) -> Leaf:
    """A leaf that may be a server under these names, and nothing else."""
    issuer = issuing.certificate.subject
    builder = (
        _builder(common_name, key, issuer, now_s=now_s, days=SERVER_DAYS)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return _leaf(issuing, builder, entropy=entropy)


def revocation_list(issuing: Signer, serials: Iterable[tuple[str, int]], *, now_s: int) -> str:
    """The list of (serial, revoked at) that a broker refuses, as PEM."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.certificate.subject)
        .last_update(moment(now_s) - BACK_DATED)
        .next_update(moment(now_s) + timedelta(days=CRL_DAYS))
    )
    for serial, revoked_s in serials:
        row = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
        builder = builder.add_revoked_certificate(row.revocation_date(moment(revoked_s)).build())
    made = builder.sign(issuing.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def requested_key(csr_pem: str) -> ec.EllipticCurvePublicKey | None:
    """The key of a request that proves itself; None for anything but a good P-256 request."""
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key = request.public_key()
        if not request.is_signature_valid:
            return None
    except (ValueError, TypeError, InvalidSignature):
        return None
    fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return key if fits and isinstance(key, ec.EllipticCurvePublicKey) else None


def key_hash(key: ec.EllipticCurvePublicKey) -> str:
    """What the register knows a key by."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return digest.finalize().hex()


def issued_by(pem: str, issuing: x509.Certificate) -> x509.Certificate | None:
    """The certificate, if the issuing key truly signed it, whether or not it is still valid."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        found.verify_directly_issued_by(issuing)
    except (ValueError, TypeError, InvalidSignature):
        return None
    return found


def common_name(certificate: x509.Certificate) -> str:
    """Whose certificate it is; empty if it says nothing or says it twice."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def signature_fits(key: object, signature: bytes, signed: bytes) -> bool:
    """Whether the key's holder signed exactly these bytes."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def sign_job(issuing: Signer, root: x509.Certificate, job: bytes) -> Bundle:
    """A job that a device can check without a network."""
    signature = issuing.key.sign(job_bytes_to_sign(job), ec.ECDSA(hashes.SHA256()))
    return Bundle(to_text(job), to_text(signature), pem_of(issuing.certificate), pem_of(root))


def pem_of(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def fingerprint(certificate: x509.Certificate) -> str:
    """As a person compares it: SHA-256, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()
