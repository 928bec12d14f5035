"""The identity's files: secrets for their owner, changed whole, durable before they are used."""

import os
from pathlib import Path

import pytest

from edge import identity
from edge.errors import IdentityUnusable
from edge.identity_store import IdentityStore, Placed

PLACED = Placed("gw-1", "s", "d", 2, "host1", "mqtts://b:8883", "https://e:8443")


@pytest.fixture
def store(tmp_path: Path) -> IdentityStore:
    return IdentityStore(tmp_path / "identity")


def test_a_pending_key_is_the_same_until_it_was_answered(store: IdentityStore) -> None:
    first = store.pending_key()
    assert identity.key_text(store.pending_key()) == identity.key_text(first)
    store.keep_enrolled("text", PLACED)
    assert identity.key_text(store.pending_key()) != identity.key_text(first)
    store.pending_path.write_text("torn", "utf-8")
    assert store.pending_key() is not None


def test_what_was_kept_is_found(store: IdentityStore) -> None:
    assert store.placed() is None
    assert store.authority() == ""
    assert not store.enrolled
    store.keep_authority("chain")
    store.keep_enrolled("text", PLACED)
    assert (store.identity(), store.placed(), store.authority()) == ("text", PLACED, "chain")
    store.keep_new("newer")
    assert store.identity() == "text"
    store.swap()
    assert store.identity() == "newer"
    store.wipe()
    assert (store.enrolled, store.placed()) == (False, None)


def test_secrets_are_for_their_owner(store: IdentityStore) -> None:
    store.pending_key()
    store.keep_enrolled("text", PLACED)
    store.keep_new("newer")
    assert store.mode_faults() == []
    store.identity_path.chmod(0o644)
    assert store.mode_faults() == ["identity.pem has mode 0644"]
    with pytest.raises(IdentityUnusable, match="may be read by others"):
        store.identity()
    store.fix_modes()
    assert (store.mode_faults(), store.identity()) == ([], "text")


def test_damage_is_named(store: IdentityStore) -> None:
    with pytest.raises(IdentityUnusable, match="No such file"):
        store.identity()
    store.keep_enrolled("text", PLACED)
    store.place_path.write_text("{", "utf-8")
    with pytest.raises(IdentityUnusable, match=r"place\.json"):
        store.placed()
    store.identity_path.write_bytes(b"\xff")
    with pytest.raises(IdentityUnusable, match="not text"):
        store.identity()


def test_nothing_half_written_is_left(store: IdentityStore) -> None:
    store.keep_authority("chain")
    assert [path.name for path in store.directory.iterdir()] == ["authority.pem"]


def test_what_root_writes_belongs_to_the_agent(
    store: IdentityStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *who: given.append((Path(path).name, *who)))
    monkeypatch.setattr(os, "fchown", lambda _number, *who: given.append(("a file", *who)))
    store.keep_enrolled("text", PLACED)
    home = store.directory.parent.stat()
    assert given[0] == ("identity", home.st_uid, home.st_gid)
    assert given[1:] == [("a file", home.st_uid, home.st_gid)] * 2
