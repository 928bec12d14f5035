"""A word is good once, for a minute, and only if it is ours."""

import os

import pytest

from ingest import enrol_nonces
from ingest.enrol_nonces import LIFE_S, Nonces


def test_once_and_not_later() -> None:
    nonces = Nonces(b"secret", os.urandom)
    word = nonces.give(1_000)
    assert nonces.take(word, 1_000 + LIFE_S)
    assert not nonces.take(word, 1_000 + LIFE_S)
    assert not nonces.take(nonces.give(1_000), 1_001 + LIFE_S)
    assert not nonces.take(nonces.give(1_000), 999), "from the future"


def test_only_ours() -> None:
    nonces, other = Nonces(b"secret", os.urandom), Nonces(b"another", os.urandom)
    for word in (other.give(1_000), "", "x", "A" * 48, nonces.give(1_000)[:-4]):
        assert not nonces.take(word, 1_000)


def test_another_spelling_is_the_same_word() -> None:
    nonces = Nonces(b"secret", os.urandom)
    word = nonces.give(1_000)
    assert nonces.take(word, 1_000)
    assert not nonces.take(word + "=", 1_000)
    assert not nonces.take(word.replace("_", "/").replace("-", "+"), 1_000)


def test_used_words_are_bounded_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol_nonces, "USED_MAX", 3)
    nonces = Nonces(b"secret", os.urandom)
    assert [nonces.take(nonces.give(1_000), 1_000) for _ in range(4)] == [True, True, True, False]
    later_s = 1_000 + 3 * LIFE_S
    assert nonces.take(nonces.give(later_s), later_s)
