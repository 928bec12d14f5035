"""HELLO judged: a good one, each bound, and both sides' numbers in the words."""

import pytest

from firmware_bridge.greeting import objection, other_version
from firmware_bridge.messages import Hello

HELLO = Hello(1, 1, 7, 0, 42, 7, 1, 0, 159, 64, 10, 0, 0)


def test_a_good_one_has_no_objection() -> None:
    assert objection(HELLO) is None
    assert objection(HELLO, expected_uid=42) is None
    assert objection(HELLO._replace(revision_min=0, revision_max=9)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_payload": 15}, "max_payload 15, which is not within 16 and 240"),
        ({"max_payload": 241}, "max_payload 241"),
        ({"heartbeat_s": 61}, "heartbeat_s 61"),
        ({"desc_length": 0}, "desc_length 0"),
        ({"revision_min": 2, "revision_max": 3}, "revisions 2 to 3, we 1 to 1"),
        ({"revision_max": 0, "revision_min": 0}, "revisions 0 to 0"),
    ],
)
def test_an_objection_names_field_value_and_limit(change: dict[str, int], words: str) -> None:
    assert words in str(objection(HELLO._replace(**change)))


def test_another_board_and_another_version_are_named() -> None:
    assert "000000000000002A is here" in str(objection(HELLO, expected_uid=43))
    assert other_version(0x41) == "the board speaks version 2 of the protocol, we 1"
