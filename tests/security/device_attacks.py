"""Attacks on the device: on what it is handed, on whom it asks, on what it keeps."""

import os
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from edge import configuration, enrolment, identity
from edge.enrol_client import EnrolClient
from edge.errors import AuthorityRefused, BundleForged, IdentityUnusable
from edge.identity_store import IdentityStore
from ingest import authority, enrol_batch
from ingest.authority_files import key_pem
from ingest.enrol_batch import BatchRow, Surroundings
from simulators.servers import LOOPBACK
from tests.security.enrol_attacks import BOARD, Attack, Scene
from vocabulary.enrolment import from_text, to_text
from vocabulary.errors import ConfigurationInvalid, LamplighterError

ATTACKS: Final[dict[str, Attack]] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    def keep(one: Attack) -> Attack:
        ATTACKS[name] = one
        return one

    return keep


def _job(scene: Scene) -> tuple[authority.Signer, bytes]:
    row = BatchRow(scene.name, "library", "north", (), ())
    around = Surroundings(scene.city.url, scene.city.broker.url, "host1")
    raw = enrol_batch.job_of(row, around, code=scene.code, generation=1, expires_s=1)
    return scene.city.files.issuing(), raw


@attack("a job bundle whose broker was exchanged")
def tampered_job(scene: Scene) -> str:
    issuing, raw = _job(scene)
    made = authority.sign_job(issuing, scene.city.files.root(), raw)
    evil = to_text(raw.replace(b"mqtts://127.0.0.1", b"mqtts://evil.test"))
    assert evil != made.job
    forged = msgspec.structs.replace(made, job=evil)
    return _opens(forged, scene.city.fingerprint) or _opens(forged, "")


def _opens(bundle: Any, pinned: str) -> str:
    try:
        return str(identity.open_job(bundle, pinned=pinned))
    except BundleForged:
        return ""


@attack("a job bundle of another authority")
def foreign_job(scene: Scene) -> str:
    _issuing, raw = _job(scene)
    now_s = scene.city.clock.now_s
    root = authority.new_root("town", now_s=now_s, entropy=os.urandom)
    issuing = authority.new_issuing(root, "town", now_s=now_s, entropy=os.urandom)
    made = authority.sign_job(issuing, root.certificate, raw)
    return _opens(made, scene.city.fingerprint)


@attack("a job signed with a gateway's own key")
def gateway_signs_job(scene: Scene) -> str:
    scene.enrol()
    text = scene.store.identity()
    signer = authority.Signer(identity.certificates(text)[0], identity.read_key(text))
    _issuing, raw = _job(scene)
    made = authority.sign_job(signer, scene.city.files.root(), raw)
    return _opens(made, scene.city.fingerprint)


@attack("a certificate or a request passed off as a signed job")
def confused_signature(scene: Scene) -> str:
    issuing, _raw = _job(scene)
    made = authority.sign_job(issuing, scene.city.files.root(), b"{}")
    leaf = issuing.certificate
    forged = msgspec.structs.replace(
        made, job=to_text(leaf.tbs_certificate_bytes), signature=to_text(leaf.signature)
    )
    assert from_text(forged.job) is not None
    return _opens(forged, scene.city.fingerprint)


@attack("an impostor in the service's place")
def impostor(scene: Scene) -> str:
    """The device asks; it must not say its code to a stranger."""
    heard: list[bytes] = []
    now_s = scene.city.clock.now_s
    root = authority.new_root("town", now_s=now_s, entropy=os.urandom)
    with TrustedImpostor(root, scene.directory, heard) as port:
        client = EnrolClient(f"https://{LOOPBACK}:{port}", scene.city.files.chain())
        with suppress(LamplighterError):
            enrolment.enrol(client, scene.store, scene.code, BOARD)
        blank = IdentityStore(scene.directory / "blank")
        with suppress(AuthorityRefused, LamplighterError):
            enrolment.trust(lambda _chain: client, blank, scene.city.fingerprint)
    told = b"".join(heard)
    return "the code was said" if scene.code.encode() in told or blank.authority() else ""


class TrustedImpostor:
    """TLS with a foreign certificate; keeps what it hears."""

    def __init__(self, root: authority.Signer, directory: Path, heard: list[bytes]) -> None:
        key = authority.new_key()
        leaf = authority.sign_server(
            root, [], "x", key.public_key(), now_s=1_790_000_000, entropy=os.urandom
        )
        path = directory / "impostor.pem"
        path.write_bytes(key_pem(key) + leaf.pem.encode())
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(path)
        self._heard = heard
        self._server = socket.create_server((LOOPBACK, 0))

    def __enter__(self) -> int:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        port: int = self._server.getsockname()[1]
        return port

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._server.accept()
                line.settimeout(2.0)
                with line, suppress(OSError), self._context.wrap_socket(line, True) as peer:
                    self._heard.append(peer.recv(65_536))
                    peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    def __exit__(self, *_rest: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)


@attack("a configuration that was tampered with")
def tampered_configuration(scene: Scene) -> str:
    row = BatchRow(scene.name, "library", "north", (), ())
    text = enrol_batch.configuration_of(row, Surroundings("", scene.city.broker.url, "host1"))
    evil = [
        text + "\n[debug]\nsend_everything_to = 'evil.test'\n",
        text.replace("mqtts://", "file://"),
        text.replace(scene.name, "../../etc"),
    ]
    for one in evil:
        with suppress(ConfigurationInvalid):
            configuration.parse(one, file="gateway.toml")
            return one
    return ""


@attack("an identity that others may read")
def open_identity(scene: Scene) -> str:
    scene.enrol()
    scene.store.identity_path.chmod(0o644)
    with suppress(IdentityUnusable):
        return scene.store.identity()[:10]
    return ""


@attack("another's certificate in the answer")
def wrong_answer(scene: Scene) -> str:
    """A service gone bad answers with a certificate over a key that is not ours."""
    city = scene.city
    key = identity.new_key()
    leaf = authority.sign_client(
        city.files.issuing(),
        scene.name,
        identity.new_key().public_key(),
        now_s=city.clock.now_s,
        entropy=os.urandom,
    )
    text = identity.combine(key, leaf.pem, city.files.chain())
    with suppress(IdentityUnusable):
        enrolment.check(text, scene.name, city.files.root())
        return "it was taken"
    return ""
