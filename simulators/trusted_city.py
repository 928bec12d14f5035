"""A city with an authority, a real broker behind mutual TLS, and a real enrolment service.

The broker runs on the configuration and access list of ``deploy/``, with only its paths and its
port changed; the service is the host's own, on a thread, with a clock that can be set.
"""

import asyncio
import os
import secrets
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography import x509

from ingest import authority
from ingest.authority_files import AuthorityFiles, key_pem
from ingest.enrol_desk import EnrolDesk, Place, ReadsBack, hash_code
from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import CodeRow, GatewayRow, GatewayState
from ingest.enrol_server import EnrolServer, tls
from simulators.servers import LOOPBACK, Mosquitto, listens
from vocabulary.enrolment import ReadBack, code_of
from vocabulary.units import NS_PER_S, S_PER_DAY

PRODUCTION: Final = "/etc/mosquitto/lamplighter"
DISTRICT: Final = "north"
JOIN_S_MAX: Final = 20.0


def nothing_seen(_gateway_id: str, _marker: str) -> ReadBack:
    """A database that has nothing."""
    return ReadBack(False, "the broker at best", "nothing", "E-E2E-03")


class TrustingMosquitto(Mosquitto):
    """Mosquitto as in production: configuration and access list from ``deploy``."""

    def __init__(self, deploy: Path, files: Path) -> None:
        super().__init__()
        self._deploy, self._files = deploy, files

    @property
    def url(self) -> str:
        """As a configuration of ours names it."""
        return f"mqtts://{LOOPBACK}:{self.port}"

    def command(self, program: str) -> Sequence[str]:
        """Write the production configuration for this port and these files."""
        text = (self._deploy / "lamplighter.conf").read_text("utf-8")
        text = text.replace("listener 8883", f"listener {self.port} {LOOPBACK}")
        text = text.replace(PRODUCTION, str(self._files))
        text = text.replace("/var/lib/mosquitto/", f"{self.directory}/")
        text += "log_dest stderr\nlog_type all\n"
        if os.geteuid() == 0:
            text += "user root\n"  # else it gives up the right to read its own key
        path = self.directory / "mosquitto.conf"
        path.write_text(text, encoding="utf-8")
        return [program, "-c", str(path)]

    def ready(self) -> bool:
        """It accepts connections."""
        return listens(self.port)


class SettableClock:
    """The service's clock."""

    def __init__(self, now_s: int) -> None:
        self.now_s = now_s

    def now_ns(self) -> int:
        """As the host's clock."""
        return self.now_s * NS_PER_S


class TrustedCity:
    """Authority, broker and service. Use as a context manager."""

    def __init__(
        self, directory: Path, deploy: Path, *, now_s: int, read_back: ReadsBack = nothing_seen
    ) -> None:
        self.directory, self.clock = directory, SettableClock(now_s)
        self.files = AuthorityFiles(directory / "authority")
        self.fingerprint = self.files.init(
            "town", passphrase=secrets.token_hex(8), now_s=now_s, entropy=secrets.token_bytes
        )
        self.register = EnrolRegister.open(self.files.register_path)
        self.broker_files = directory / "broker"
        self.broker_files.mkdir()
        self.server_certificate("broker")
        (self.broker_files / "authority.pem").write_text(self.files.chain(), "utf-8")
        (self.broker_files / "acl").write_bytes((deploy / "acl").read_bytes())
        self.publish_revoked()
        self.broker = TrustingMosquitto(deploy, self.broker_files)
        self.read_back = read_back
        self.port = 0
        self.told: list[tuple[str, int, str]] = []
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._serving: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._serve, name="enrolment", daemon=True)

    @property
    def url(self) -> str:
        """The enrolment service's address."""
        return f"https://{LOOPBACK}:{self.port}"

    def server_certificate(self, name: str, *, days_ago: int = 0) -> Path:
        """Key and certificate of a server on this machine; gives the certificate's path."""
        key = authority.new_key()
        leaf = authority.sign_server(
            self.files.issuing(),
            [x509.IPAddress(ip_address(LOOPBACK)), x509.DNSName("localhost")],
            name,
            key.public_key(),
            now_s=self.clock.now_s - days_ago * S_PER_DAY,
            entropy=secrets.token_bytes,
        )
        (self.broker_files / f"{name}.key").write_bytes(key_pem(key))
        path = self.broker_files / f"{name}.crt"
        path.write_text(leaf.pem + self.files.chain(), "utf-8")
        return path

    def client(self, name: str, *, now_s: int = 0) -> Path:
        """Key, certificate and chain of a client in one file, as `host ca client` makes them."""
        key = authority.new_key()
        leaf = authority.sign_client(
            self.files.issuing(),
            name,
            key.public_key(),
            now_s=now_s or self.clock.now_s,
            entropy=secrets.token_bytes,
        )
        path = self.directory / f"{name}.pem"
        path.write_bytes(key_pem(key) + (leaf.pem + self.files.chain()).encode())
        path.chmod(0o600)
        return path

    def tls(self, identity: Path | None) -> ssl.SSLContext:
        """How a client of this city connects."""
        context = ssl.create_default_context(cadata=self.files.chain())
        if identity is not None:
            context.load_cert_chain(identity)
        return context

    def expect(self, gateway_id: str, *, life_s: int = S_PER_DAY) -> str:
        """Take a gateway in; gives its code."""
        code, now_s = code_of(secrets.token_bytes(5)), self.clock.now_s
        row = GatewayRow(gateway_id, "library", DISTRICT, 1, GatewayState.EXPECTED)
        self.register.expect([(row, self.code_row(gateway_id, code, now_s + life_s))], "test")
        return code

    def code_row(self, gateway_id: str, code: str, expires_s: int) -> CodeRow:
        """What the register keeps of a code."""
        return CodeRow(hash_code(code, self.files.pepper()), gateway_id, "", expires_s)

    def publish_revoked(self) -> None:
        """Write the revocation list where the broker reads it."""
        now_s = self.clock.now_s
        rows = self.register.revoked(now_s)
        crl = authority.revocation_list(self.files.issuing(), rows, now_s=now_s)
        (self.broker_files / "revoked.crl").write_text(crl, "utf-8")

    def desk(self) -> EnrolDesk:
        """A fresh desk on this register: nobody is locked out any more."""
        return EnrolDesk(
            self.files.issuing(),
            self.files.chain(),
            self.register,
            pepper=self.files.pepper(),
            entropy=secrets.token_bytes,
            place=Place("host1", self.broker.url),
            read_back=self._asked_back,
        )

    def _asked_back(self, gateway_id: str, marker: str) -> ReadBack:
        """Whatever database the city has at this moment."""
        return self.read_back(gateway_id, marker)

    def forgive(self) -> None:
        """As if the service had just started: no address has tried anything yet."""
        self.server._desk = self.desk()  # noqa: SLF001 - between two tests

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        certificate = self.server_certificate("enrolment")
        context = tls(certificate, certificate.with_suffix(".key"))

        def started(port: int) -> None:
            self.port = port
            self._started.set()

        serving = self.server.serve(LOOPBACK, 0, context, started)
        self._serving = self._loop.create_task(serving)
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serving)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def __enter__(self) -> Self:
        self.broker.start()
        self.server = EnrolServer(self.desk(), self.clock, lambda *row: self.told.append(row))
        self._thread.start()
        assert self._started.wait(JOIN_S_MAX), "the enrolment service did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._serving is not None:
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(JOIN_S_MAX)
        self.broker.close()
        self.register.close()
