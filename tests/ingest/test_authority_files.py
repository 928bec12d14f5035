"""The authority's directory: made once, secrets for their owner only, refused when open."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from ingest.authority_files import AuthorityFiles
from ingest.errors import AuthorityExists, AuthorityMissing, AuthorityOpen
from tests.ingest.enrol_world import NOW_S, PASSPHRASE, EnrolWorld


@pytest.fixture
def files(tmp_path: Path) -> AuthorityFiles:
    return EnrolWorld(tmp_path).files


def test_secrets_are_for_their_owner(files: AuthorityFiles) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in files.directory.iterdir()}
    for name in ("root.key", "issuing.key", "pepper", "enrolment.sqlite"):
        assert modes[name] == 0o600, name
    assert files.directory.stat().st_mode & 0o777 == 0o700


def test_the_root_key_opens_with_its_passphrase_only(files: AuthorityFiles) -> None:
    pem = (files.directory / "root.key").read_bytes()
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(pem, None)
    serialization.load_pem_private_key(pem, PASSPHRASE.encode())
    assert files.issuing().certificate.issuer == files.root().subject


def test_there_is_one_authority(files: AuthorityFiles) -> None:
    before = files.root()
    with pytest.raises(AuthorityExists):
        files.init("other", passphrase=PASSPHRASE, now_s=NOW_S, entropy=lambda size: b"1" * size)
    assert files.root() == before


def test_an_open_key_is_not_used(files: AuthorityFiles) -> None:
    (files.directory / "issuing.key").chmod(0o640)
    with pytest.raises(AuthorityOpen, match="0o640, expected 0o600"):
        files.issuing()


def test_absent_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorityMissing, match=r"issuing\.crt"):
        AuthorityFiles(tmp_path).issuing()


def test_the_revocation_list_is_replaced_as_a_whole(files: AuthorityFiles) -> None:
    files.publish_revoked("one")
    files.publish_revoked("two")
    assert files.revoked_path.read_text("utf-8") == "two"
    assert files.revoked_path.stat().st_mode & 0o777 == 0o644
