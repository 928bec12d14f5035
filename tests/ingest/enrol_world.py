"""An authority with its register and desk, and devices that come to it: real keys, a set clock."""

from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from edge import identity
from ingest.authority_files import AuthorityFiles
from ingest.enrol_desk import Answer, Asked, EnrolDesk, Place, hash_code
from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import CodeRow, GatewayRow, GatewayState
from vocabulary.enrolment import (
    ENROL,
    NONCE,
    Enrolled,
    EnrolRequest,
    Nonce,
    ReadBack,
    SignedRequest,
)

NOW_S: Final = 1_790_000_000
DAY_S: Final = 86_400
PASSPHRASE: Final = "a long enough passphrase"  # noqa: S105 - of a root that lives for one test
SEEN: Final = ReadBack(True, "database", "gateway cpu_pct=1.0", "", "gateway", 1, 1.0)


class Chance:
    """Entropy that can be repeated."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, size: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(4, "big").rjust(size, b"\x5a")


class Device:
    """A gateway to be: its key, its board, what it holds."""

    def __init__(self, board: str = "board-1") -> None:
        self.key, self.board = identity.new_key(), board
        self.enrolled: Enrolled | None = None

    def enrol_body(self, code: str) -> bytes:
        return msgspec.json.encode(EnrolRequest(code, identity.request(self.key), self.board))

    def signed_body(
        self, path: str, nonce: str, *, csr: str = "", marker: str = "", gateway: str = ""
    ) -> bytes:
        assert self.enrolled is not None
        name = gateway or self.enrolled.gateway_id
        signature = identity.sign(self.key, path, name, nonce, csr, marker, self.board)
        return msgspec.json.encode(
            SignedRequest(self.enrolled.certificate, nonce, signature, csr, marker, self.board)
        )


class EnrolWorld:
    """One city's enrolment."""

    def __init__(self, directory: Path) -> None:
        self.files = AuthorityFiles(directory / "authority")
        self.entropy = Chance()
        self.now_s = NOW_S
        self.fingerprint = self.files.init(
            "town", passphrase=PASSPHRASE, now_s=NOW_S, entropy=self.entropy
        )
        self.register = EnrolRegister.open(self.files.register_path)
        self.told = SEEN
        self.asked: list[tuple[str, str]] = []
        self.desk = EnrolDesk(
            self.files.issuing(),
            self.files.chain(),
            self.register,
            pepper=self.files.pepper(),
            entropy=self.entropy,
            place=Place("host1", "mqtts://127.0.0.1:8883"),
            read_back=self._read_back,
        )

    def _read_back(self, gateway_id: str, marker: str) -> ReadBack:
        self.asked.append((gateway_id, marker))
        return self.told

    def code_row(self, gateway_id: str, code: str, expires_s: int = 0) -> CodeRow:
        hashed = hash_code(code, self.files.pepper())
        return CodeRow(hashed, gateway_id, "spring", expires_s or self.now_s + DAY_S)

    def expect(self, gateway_id: str = "gw-1", code: str = "7KQ2M4XD") -> str:
        row = GatewayRow(gateway_id, "site-1", "north", 1, GatewayState.EXPECTED)
        self.register.expect([(row, self.code_row(gateway_id, code))], "test")
        return code

    def ask(self, path: str, body: bytes, peer: str = "192.0.2.1") -> Answer:
        return self.desk.answer(Asked("POST", path, body, peer), self.now_s)

    def enrol(self, device: Device, code: str, peer: str = "192.0.2.1") -> Answer:
        answer = self.ask(ENROL, device.enrol_body(code), peer)
        if isinstance(answer.body, Enrolled):
            device.enrolled = answer.body
        return answer

    def nonce(self) -> str:
        answer = self.ask(NONCE, b"")
        assert isinstance(answer.body, Nonce)
        return answer.body.nonce

    def signed(self, device: Device, path: str, **more: str) -> Answer:
        return self.ask(path, device.signed_body(path, self.nonce(), **more))

    def gateway(self, gateway_id: str = "gw-1") -> GatewayRow:
        row = self.register.gateway(gateway_id)
        assert row is not None
        return row

    def root(self) -> x509.Certificate:
        return self.files.root()
