"""A message is what was received, and fresh unless it says otherwise."""

from ingest import intake
from ingest.message import Message


def test_it_is_the_one_that_the_intake_takes() -> None:
    assert intake.Message is Message
    assert Message("t", b"p", 7) == ("t", b"p", 7, False)
