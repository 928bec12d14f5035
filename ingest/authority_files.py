"""The authority's directory: who may read what, and the root key behind a passphrase.

root.crt      for everyone; its fingerprint goes into images and onto job sheets
root.key      behind a passphrase, to be carried away and locked up
issuing.crt, issuing.key    the host's; the key is readable by its owner only
pepper        what enrolment codes are hashed with
enrolment.sqlite    the register
"""

import os
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingest import authority
from ingest.authority import Entropy, Signer
from ingest.errors import AuthorityExists, AuthorityMissing, AuthorityOpen

PEPPER_BYTES: Final = 32
SECRET_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
DIRECTORY_MODE: Final = 0o700
OPEN_MASK: Final = 0o077
PASSPHRASE_CHARS_MIN: Final = 12


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that never existed with wider rights than these, durably."""
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(made, "wb") as file:
        os.fchmod(file.fileno(), mode)  # whatever the umask
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: str = "") -> bytes:
    """A key as PEM, behind a passphrase if there is one."""
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        hidden = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


class AuthorityFiles:
    """One authority's directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.register_path = directory / "enrolment.sqlite"
        self.revoked_path = directory / "revoked.crl"

    def init(self, city: str, *, passphrase: str, now_s: int, entropy: Entropy) -> str:
        """Make root and issuing key; gives the root's fingerprint.

        Raises:
            AuthorityExists: there is one; it is left as it is.
        """
        self.directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        if any((self.directory / name).exists() for name in ("root.crt", "issuing.key")):
            raise AuthorityExists(str(self.directory))
        root = authority.new_root(city, now_s=now_s, entropy=entropy)
        issuing = authority.new_issuing(root, city, now_s=now_s, entropy=entropy)
        write(self.directory / "root.key", key_pem(root.key, passphrase), SECRET_MODE)
        write(self.directory / "issuing.key", key_pem(issuing.key), SECRET_MODE)
        write(self.directory / "pepper", entropy(PEPPER_BYTES), SECRET_MODE)
        for name, made in (("issuing.crt", issuing), ("root.crt", root)):
            pem = authority.pem_of(made.certificate).encode()
            write(self.directory / name, pem, PUBLIC_MODE)
        return authority.fingerprint(root.certificate)

    def _read(self, name: str, *, secret: bool = False) -> bytes:
        path = self.directory / name
        try:
            if secret and path.stat().st_mode & OPEN_MASK:
                raise AuthorityOpen(str(path), oct(path.stat().st_mode & 0o777))
            return path.read_bytes()
        except OSError as error:
            raise AuthorityMissing(str(path), error.strerror or "unreadable") from None

    def root(self) -> x509.Certificate:
        """The root's certificate."""
        return x509.load_pem_x509_certificate(self._read("root.crt"))

    def issuing(self) -> Signer:
        """The issuing certificate and its key.

        Raises:
            AuthorityMissing: there is none here, or it cannot be read.
            AuthorityOpen: others may read the key.
        """
        certificate = x509.load_pem_x509_certificate(self._read("issuing.crt"))
        key = serialization.load_pem_private_key(self._read("issuing.key", secret=True), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return Signer(certificate, key)

    def pepper(self) -> bytes:
        """What codes are hashed with: a copied register alone tells no code."""
        return self._read("pepper", secret=True)

    def chain(self) -> str:
        """Issuing and root certificate, as brokers and gateways take them."""
        return (self._read("issuing.crt") + self._read("root.crt")).decode()

    def publish_revoked(self, crl: str) -> None:
        """Replace the revocation list as a whole; a reader sees the old or the new one."""
        fresh = self.revoked_path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        write(fresh, crl.encode(), PUBLIC_MODE)
        fresh.replace(self.revoked_path)
