"""The table: complete, and every check in it exists."""

from collections import Counter

from simulators.conformance.assertions import ASSERTIONS, Level, Subject, check_of
from tests.simulators.conformance.hand_made import evidence

NEEDS = {"", "subscriber", "proxy", "host status", "second broker", "mqtt 5"}


def test_the_standard_has_so_many() -> None:
    assert len(ASSERTIONS) == len({one.id for one in ASSERTIONS}) == 299
    assert all(one.id.startswith("tck-id-") for one in ASSERTIONS)
    levels = Counter(one.level for one in ASSERTIONS)
    assert (levels[Level.SHOULD], levels[Level.MAY]) == (10, 8)
    assert sum(not one.check for one in ASSERTIONS) == 14


def test_every_row_says_what_it_needs() -> None:
    for one in ASSERTIONS:
        assert one.words
        assert one.needs in NEEDS
        assert one.check or one.note, one.id


def test_every_check_can_look_at_nothing() -> None:
    nothing = evidence()
    for one in ASSERTIONS:
        check = check_of(one)
        if check is not None and one.subject is not Subject.BROKER:
            assert list(check(nothing)) == [], one.id
