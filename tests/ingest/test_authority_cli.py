"""``lamplighter host ca``: one authority, and certificates that say what their bearer may be."""

from pathlib import Path

import pytest
from cryptography import x509

from lamplighter.cli import run
from vocabulary.exit_codes import ExitCode


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pass").write_text("a passphrase of some length\n", "utf-8")
    words = ["--city", "town", "--passphrase-file", str(tmp_path / "pass")]
    assert host("ca", "init", *words, place=tmp_path / "ca") == ExitCode.FINE
    return tmp_path / "ca"


def host(*words: str, place: Path) -> int:
    return run(["host", *words, "--directory", str(place)])


def add(place: Path, name: str = "gw-1") -> int:
    return host("enrol", "add", name, "--site", "library", "--district", "north", place=place)


def test_a_second_authority_is_not_made(place: Path, tmp_path: Path) -> None:
    words = ["--city", "town", "--passphrase-file", str(tmp_path / "pass")]
    assert host("ca", "init", *words, place=place) == ExitCode.CONFIGURATION
    (tmp_path / "pass").write_text("short", "utf-8")
    assert host("ca", "init", *words, place=tmp_path / "b") == ExitCode.USAGE


def test_certificates_for_servers_and_clients(place: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    words = ["--host", "127.0.0.1", "--host", "broker.example", "--out", out]
    assert host("ca", "server", "broker", *words, place=place) == ExitCode.FINE
    made = x509.load_pem_x509_certificate((tmp_path / "out" / "broker.crt").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.example"]
    assert (tmp_path / "out" / "broker.key").stat().st_mode & 0o777 == 0o600
    assert host("ca", "client", "host1", "--out", out, place=place) == ExitCode.FINE
    assert host("ca", "client", "gw-1", "--out", out, place=place) == ExitCode.USAGE
    assert add(place, "host1") == ExitCode.BAD_DATA, "a gateway with the host's rights"
