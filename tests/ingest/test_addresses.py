"""Whose message it is, asked once and remembered."""

import pytest

from ingest import addresses
from ingest.addresses import STRANGER, UNKNOWN, Addresses
from vocabulary.topics import Topic, Verb

BOOK = {"gw-1": "north", "gw-2": "south"}


def test_only_a_gateway_in_its_own_district_is_known() -> None:
    book = Addresses(BOOK)
    wanted = Topic("north", Verb.DDATA, "gw-1", "ap-1")
    for _ in range(2):
        assert book.meaning("spBv1.0/north/DDATA/gw-1/ap-1") == wanted
        assert book.meaning("spBv1.0/south/DDATA/gw-1/ap-1") == STRANGER
        assert book.meaning("spBv1.0/north/DDATA/gw-9/ap-1") == STRANGER
        for text in ("spBv1.0/north/NCMD/gw-1", "spBv1.0/STATE/host1", "ap/x", ""):
            assert book.meaning(text) == UNKNOWN
    assert book.district("gw-2") == "south"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "KNOWN_TOPICS_MAX", 50)
    book = Addresses(BOOK)
    for ix in range(500):
        assert book.meaning(f"spBv1.0/x/NDATA/stranger-{ix}") == STRANGER
        assert book.meaning("spBv1.0/x/" + "y" * 60_000 + str(ix)) == UNKNOWN
    assert len(book._known) <= 50
    assert all(len(text) < 300 for text in book._known)
