"""The identity's directory: what a power cut may find there is the old whole or the new whole.

identity.pem      key, certificate and chain in one file, so that a rename changes all of it
identity.pem.new  a renewed one that has not been tried yet
pending.pem       a key that has asked for a certificate and has not got one
authority.pem     the chain that the city's servers are checked against
place.json        who we are: id, district, broker, host, generation, enrolment service
"""

import os
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from edge import identity
from edge.errors import IdentityUnusable

SECRET_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
DIRECTORY_MODE: Final = 0o750
OPEN_MASK: Final = 0o077
FILE_BYTES_MAX: Final = 64 * 1024


class Placed(msgspec.Struct, frozen=True):
    """What enrolment said about this gateway's place."""

    gateway_id: str
    site_id: str
    district: str
    generation: int
    host_id: str
    broker: str
    enrol_url: str


class IdentityStore:
    """The files of one gateway's identity."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.identity_path = directory / "identity.pem"
        self.new_path = directory / "identity.pem.new"
        self.pending_path = directory / "pending.pem"
        self.authority_path = directory / "authority.pem"
        self.place_path = directory / "place.json"

    def _write(self, path: Path, text: str, mode: int) -> None:
        """Replace a file durably; it never exists with wider rights, nor half written."""
        self._make_directory()
        fresh = path.with_name(path.name + ".tmp")
        fresh.unlink(missing_ok=True)
        opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            owner = self.directory.stat()
            if os.geteuid() == 0:  # the agent does not run as root, and must read it
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        self._sync()

    def _make_directory(self) -> None:
        """Root may make it, but it belongs to whom the gateway's directory belongs: the agent."""
        if self.directory.is_dir():
            return
        self.directory.mkdir(mode=DIRECTORY_MODE, parents=True)
        if os.geteuid() == 0:
            home = self.directory.parent.stat()
            os.chown(self.directory, home.st_uid, home.st_gid)

    def _sync(self) -> None:
        opened = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

    def _read(self, path: Path, *, secret: bool = False) -> str:
        try:
            if secret and path.stat().st_mode & OPEN_MASK:
                what = f"{path} may be read by others, expected mode 0600"
                raise IdentityUnusable(what)
            with path.open("rb") as file:
                return file.read(FILE_BYTES_MAX).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            found = error.strerror if isinstance(error, OSError) else "not text"
            what = f"{path}: {found}"
            raise IdentityUnusable(what) from None

    def pending_key(self) -> ec.EllipticCurvePrivateKey:
        """The key that asks: the one that asked before, if its answer was lost."""
        if self.pending_path.exists():
            try:
                return identity.read_key(self._read(self.pending_path, secret=True))
            except IdentityUnusable:
                self.pending_path.unlink()
        key = identity.new_key()
        self._write(self.pending_path, identity.key_text(key), SECRET_MODE)
        return key

    def keep_authority(self, chain: str) -> None:
        """Trust a chain from now on; its fingerprint was compared by the caller."""
        self._write(self.authority_path, chain, PUBLIC_MODE)

    def authority(self) -> str:
        """The trusted chain; empty if there is none yet."""
        return self._read(self.authority_path) if self.authority_path.exists() else ""

    def keep_enrolled(self, text: str, placed: Placed) -> None:
        """Become somebody: the place first, the identity last, the pending key gone."""
        self._write(self.place_path, msgspec.json.encode(placed).decode(), PUBLIC_MODE)
        self._write(self.identity_path, text, SECRET_MODE)
        self.pending_path.unlink(missing_ok=True)

    def placed(self) -> Placed | None:
        """Who we are; None before enrolment."""
        if not self.place_path.exists():
            return None
        try:
            return msgspec.json.decode(self._read(self.place_path), type=Placed)
        except msgspec.DecodeError as error:
            what = f"{self.place_path}: {error}"
            raise IdentityUnusable(what) from None

    @property
    def enrolled(self) -> bool:
        """Whether there is an identity, good or bad."""
        return self.identity_path.exists()

    def identity(self) -> str:
        """Key, certificate and chain.

        Raises:
            IdentityUnusable: absent, unreadable, or open to others.
        """
        return self._read(self.identity_path, secret=True)

    def mode_faults(self) -> list[str]:
        """Secrets that others may read or that have another owner than their directory."""
        found = []
        for path in (self.identity_path, self.new_path, self.pending_path):
            if not path.exists():
                continue
            state, home = path.stat(), self.directory.stat()
            if state.st_mode & OPEN_MASK:
                found.append(f"{path.name} has mode {state.st_mode & 0o777:04o}")
            if state.st_uid != home.st_uid:
                found.append(f"{path.name} belongs to user {state.st_uid}, not {home.st_uid}")
        return found

    def fix_modes(self) -> None:
        """Take rights on secrets away from others."""
        for path in (self.identity_path, self.new_path, self.pending_path):
            if path.exists():
                path.chmod(SECRET_MODE)

    def keep_new(self, text: str) -> None:
        """Keep a renewed identity beside the one in use."""
        self._write(self.new_path, text, SECRET_MODE)

    def swap(self) -> None:
        """The renewed identity takes its place; one rename."""
        self.new_path.replace(self.identity_path)
        self._sync()
        self.pending_path.unlink(missing_ok=True)

    def wipe(self) -> None:
        """Forget who we are: keys first."""
        for path in (self.identity_path, self.new_path, self.pending_path, self.place_path):
            path.unlink(missing_ok=True)
        self._sync()
