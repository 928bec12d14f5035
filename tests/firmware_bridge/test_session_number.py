"""Session numbers: never 0, never an old one; whose is whose; and how many are too many."""

from firmware_bridge.session import FOREIGN_SESSIONS_MAX
from firmware_bridge.session_number import SessionNumber
from vocabulary.units import NS_PER_S


def test_it_is_never_0_and_never_one_of_ours_again() -> None:
    draws = iter([0, 5, 5, 0, 6, 6, 5, 7])
    session = SessionNumber(lambda: next(draws))
    numbers = []
    for _ in range(3):
        session.established = True
        session.renew()
        assert not session.established
        numbers.append(session.number)
    assert numbers == [5, 6, 7]
    assert [session.is_stale(one) for one in (5, 6, 7, 8)] == [True, True, False, False]
    assert [session.is_foreign(one) for one in (0, 5, 7, 8)] == [False, False, False, True]


def test_more_than_ten_foreign_ones_in_a_minute_are_a_crowd() -> None:
    session = SessionNumber(lambda: 1)
    crowded = [session.crowded(ix * NS_PER_S) for ix in range(FOREIGN_SESSIONS_MAX + 1)]
    assert crowded == [False] * FOREIGN_SESSIONS_MAX + [True]
    slow = SessionNumber(lambda: 1)
    assert not any(slow.crowded(ix * 7 * NS_PER_S) for ix in range(30))
