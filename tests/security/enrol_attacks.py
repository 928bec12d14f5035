"""Attacks on the enrolment service. Each gives its booty: empty when the door stayed shut."""

import json
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from edge import enrolment, identity
from edge.enrol_client import EnrolClient
from edge.identity_store import IdentityStore
from ingest import authority
from ingest.read_back import read_back
from simulators.servers import LOOPBACK
from simulators.trusted_city import TrustedCity
from vocabulary.enrolment import ENROL, NONCE, READBACK, RENEW
from vocabulary.units import S_PER_DAY

PATIENCE_S: Final = 20.0
BOARD: Final = "board"


class Scene:
    """One attack's own corner of the city: a fresh gateway that has enrolled honestly."""

    def __init__(self, city: TrustedCity, directory: Path) -> None:
        city.forgive()
        self.city, self.directory = city, directory
        self.name = f"gw-{os.urandom(4).hex()}"
        self.code = city.expect(self.name)
        self.store = IdentityStore(directory / "identity")
        self.store.keep_authority(city.files.chain())
        self.client = EnrolClient(city.url, city.files.chain())

    def enrol(self) -> None:
        enrolment.enrol(self.client, self.store, self.code, BOARD + self.name)

    def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(raw)}\r\n\r\n"
        answer = self.raw(head.encode() + raw)
        head_text, _, content = answer.partition(b"\r\n\r\n")
        status = int(head_text.split()[1]) if head_text else 0
        return status, json.loads(content) if content else {}

    def raw(self, sent: bytes) -> bytes:
        context = self.city.tls(None)
        answer = b""
        with (
            socket.create_connection((LOOPBACK, self.city.port), timeout=PATIENCE_S) as line,
            context.wrap_socket(line, server_hostname=LOOPBACK) as peer,
            suppress(OSError),
        ):
            peer.sendall(sent)
            while data := peer.recv(65_536):
                answer += data
        return answer

    def ask(
        self, code: str, *, csr: str | None = None, **more: object
    ) -> tuple[int, dict[str, Any]]:
        csr = identity.request(identity.new_key()) if csr is None else csr
        return self.post(ENROL, {"code": code, "csr": csr, **more})

    def signed(self, path: str, **changed: str) -> dict[str, str]:
        _status, told = self.post(NONCE, b"")
        text = self.store.identity()
        row = {
            "certificate": identity.certificate_text(text),
            "nonce": str(told["nonce"]),
            "csr": "",
            "marker": "",
            "board": BOARD + self.name,
        } | changed
        name = identity.name_of(identity.certificates(row["certificate"])[0])
        parts = (row["csr"], row["marker"], row["board"])
        key = identity.read_key(text)
        row["signature"] = identity.sign(key, path, name, row["nonce"], *parts)
        return row


Attack = Callable[[Scene], str]
ATTACKS: Final[dict[str, Attack]] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    def keep(one: Attack) -> Attack:
        ATTACKS[name] = one
        return one

    return keep


def booty(answer: tuple[int, dict[str, Any]]) -> str:
    status, body = answer
    return f"status {status}: {body}" if status == 200 or "certificate" in body else ""


@attack("guess codes until the door shuts, then show the right one")
def guesses(scene: Scene) -> str:
    for ix in range(40):
        got = booty(scene.ask(f"0000{ix:04d}"))
        if got:
            return got
    return booty(scene.ask(scene.code))


@attack("a used code with another key")
def used_code(scene: Scene) -> str:
    scene.enrol()
    return booty(scene.ask(scene.code))


@attack("an expired code")
def expired_code(scene: Scene) -> str:
    old = scene.city.clock.now_s
    scene.city.clock.now_s = old + 2 * S_PER_DAY
    try:
        return booty(scene.ask(scene.code))
    finally:
        scene.city.clock.now_s = old


@attack("a code that was withdrawn by a newer one")
def withdrawn_code(scene: Scene) -> str:
    scene.city.expect(scene.name)
    return booty(scene.ask(scene.code))


@attack("the code of a retired gateway")
def retired_code(scene: Scene) -> str:
    scene.enrol()
    scene.city.register.retire(scene.name, "test", scene.city.clock.now_s)
    return booty(scene.ask(scene.code)) or booty(scene.post(RENEW, scene.signed(RENEW)))


@attack("a signed request, replayed")
def replay(scene: Scene) -> str:
    scene.enrol()
    body = scene.signed(RENEW, csr=identity.request(identity.new_key()))
    assert scene.post(RENEW, body)[0] == 200, "the first time it is honest"
    return booty(scene.post(RENEW, body))


@attack("a signature for one question under another")
def replay_across(scene: Scene) -> str:
    scene.enrol()
    return booty(scene.post(RENEW, scene.signed(READBACK)))


@attack("a stolen certificate without its key")
def no_key(scene: Scene) -> str:
    scene.enrol()
    row = scene.signed(RENEW, csr=identity.request(identity.new_key()))
    parts = (row["csr"], row["marker"], row["board"])
    thief = identity.new_key()
    row["signature"] = identity.sign(thief, RENEW, scene.name, row["nonce"], *parts)
    return booty(scene.post(RENEW, row))


@attack("another gateway's request for a key of the thief's")
def swapped_request(scene: Scene) -> str:
    scene.enrol()
    row = scene.signed(RENEW, csr=identity.request(identity.new_key()))
    row["csr"] = identity.request(identity.new_key())
    return booty(scene.post(RENEW, row))


@attack("a certificate of another authority")
def foreign(scene: Scene) -> str:
    scene.enrol()
    now_s = scene.city.clock.now_s
    root = authority.new_root("town", now_s=now_s, entropy=os.urandom)
    key = identity.read_key(scene.store.identity()).public_key()
    leaf = authority.sign_client(root, scene.name, key, now_s=now_s, entropy=os.urandom)
    csr = identity.request(identity.new_key())
    return booty(scene.post(RENEW, scene.signed(RENEW, csr=csr, certificate=leaf.pem)))


@attack("a word that the service never gave")
def forged_nonce(scene: Scene) -> str:
    scene.enrol()
    return booty(scene.post(READBACK, scene.signed(READBACK, nonce="A" * 48, marker="1")))


@attack("a copied card on another board")
def copied_card(scene: Scene) -> str:
    scene.enrol()
    csr = identity.request(identity.new_key())
    got = booty(scene.post(RENEW, scene.signed(RENEW, csr=csr, board="another")))
    row = scene.city.register.gateway(scene.name)
    assert row is not None
    flagged = BOARD + scene.name in row.flag and "another" in row.flag
    return got or ("" if flagged else "nobody was told")


@attack("a renewal with a revoked certificate")
def revoked_renews(scene: Scene) -> str:
    scene.enrol()
    city = scene.city
    city.register.retire(scene.name, "test", city.clock.now_s)
    row = city.code_row(scene.name, "00000000", city.clock.now_s + 99)
    city.register.reopen(scene.name, row, "test", city.clock.now_s)
    csr = identity.request(identity.new_key())
    return booty(scene.post(RENEW, scene.signed(RENEW, csr=csr)))


@attack("a second enrolment of the same board under another name")
def board_twice(scene: Scene) -> str:
    scene.enrol()
    other = scene.city.expect(scene.name + "-b")
    return booty(scene.ask(other, board=BOARD + scene.name))


def _request(key: Any, name: str, *, authority_too: bool = False) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if authority_too:
        limits = x509.BasicConstraints(ca=True, path_length=None)
        made = made.add_extension(limits, critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return pem.decode()


@attack("a request under the host's name that asks to be an authority")
def greedy_request(scene: Scene) -> str:
    csr = _request(identity.new_key(), "host1", authority_too=True)
    status, body = scene.ask(scene.code, csr=csr)
    assert status == 200, "it is signed, under its own name and as a leaf"
    made = x509.load_pem_x509_certificate(body["certificate"].encode())
    limits = made.extensions.get_extension_for_class(x509.BasicConstraints).value
    name = identity.name_of(made)
    return "" if name == scene.name and not limits.ca else f"{name}, authority: {limits.ca}"


@attack("requests over keys of another kind, or over a key not held")
def odd_keys(scene: Scene) -> str:
    good = _request(identity.new_key(), "x")
    odd = [
        _request(rsa.generate_private_key(65_537, 2_048), "x"),
        _request(ec.generate_private_key(ec.SECP384R1()), "x"),
        good.replace(good[120:124], "AAAA"),
        "",
        "-----BEGIN CERTIFICATE REQUEST-----\n",
    ]
    return "; ".join(filter(None, (booty(scene.ask(scene.code, csr=csr)) for csr in odd)))


@attack("keys of the request that nobody asked for")
def mass_assignment(scene: Scene) -> str:
    return booty(scene.ask(scene.code, gateway_id="host1", generation=99))


@attack("queries of the register's language in code and board")
def injection(scene: Scene) -> str:
    words = ["' OR 1=1 --", "x'; DROP TABLE gateway; --"]
    got = [booty(scene.ask(word)) for word in words]
    scene.ask(scene.code, board=words[1])
    alive = scene.city.register.gateway(scene.name) is not None
    return "; ".join(filter(None, got)) or ("" if alive else "the register is gone")


@attack("queries of the database's language in a marker")
def marker_injection(scene: Scene) -> str:
    asked: list[str] = []

    def query(influxql: str) -> list[dict[str, Any]]:
        asked.append(influxql)
        return []

    read_back(scene.name, "0ms; DROP DATABASE lamplighter", query, dict)
    read_back("x' OR ''='", "0", query, dict)
    return "; ".join(asked)


@attack("a body above the limit, nested ten thousand deep, or no text at all")
def odd_bodies(scene: Scene) -> str:
    bodies = [b"x" * 70_000, b"[" * 10_000, b"\xff\x00", b'{"code":' + b"[" * 9_000]
    got = "; ".join(filter(None, (booty(scene.post(ENROL, body)) for body in bodies)))
    scene.city.forgive()
    return got or ("" if scene.ask(scene.code)[0] == 200 else "the service does not serve")


@attack("a way up the directory tree")
def traversal(scene: Scene) -> str:
    for path in ("/../../etc/passwd", "/v1/enrol/..%2f..%2fissuing.key", "//issuing.key"):
        for method in (b"GET ", b"POST "):
            answer = scene.raw(method + path.encode() + b" HTTP/1.1\r\nhost: x\r\n\r\n")
            if b"root:" in answer or b"PRIVATE" in answer or b" 200 " in answer[:15]:
                return repr(answer)
    return ""


@attack("two requests in one")
def smuggling(scene: Scene) -> str:
    inner = json.dumps({"code": scene.code, "csr": identity.request(identity.new_key())})
    hidden = f"POST {ENROL} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(inner)}\r\n\r\n{inner}"
    outer = (
        f"POST {NONCE} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
        f"transfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    )
    answer = scene.raw(outer.encode())
    return repr(answer) if b"BEGIN CERTIFICATE" in answer else ""


@attack("an older TLS, and none")
def older_tls(scene: Scene) -> str:
    old = scene.city.tls(None)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    place = (LOOPBACK, scene.city.port)
    with (
        suppress(OSError),
        socket.create_connection(place, timeout=PATIENCE_S) as line,
        old.wrap_socket(line, server_hostname=LOOPBACK) as peer,
    ):
        return f"the service speaks {peer.version()}"
    with socket.create_connection(place, timeout=PATIENCE_S) as line:
        line.sendall(b"POST /v1/nonce HTTP/1.1\r\nhost: x\r\n\r\n")
        with suppress(OSError):
            answer = line.recv(1_000)
            return repr(answer) if answer.startswith(b"HTTP") else ""
    return ""


@attack("a hundred connections that say nothing")
def silent_crowd(scene: Scene) -> str:
    """They fill the places for some seconds at most, and the honest one tries again."""
    lines = [socket.create_connection((LOOPBACK, scene.city.port)) for _ in range(100)]
    try:
        return "" if scene.ask(scene.code)[0] == 200 else "an honest device was kept out"
    finally:
        for line in lines:
            line.close()
