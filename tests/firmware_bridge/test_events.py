"""Events: each but a sample can be counted under a name of its own."""

from firmware_bridge.events import NEVER_NS, Answer, Reason, Refused, Silent
from vocabulary.units import S_PER_DAY


def test_reasons_and_names_do_not_collide() -> None:
    names = [*Reason, Silent(1).reason, Answer("mode", (), 0).reason]
    assert len(set(names)) == len(names)
    assert Refused(Reason.STRAY, 3).reason == "stray"


def test_never_is_later_than_any_clock() -> None:
    assert NEVER_NS > 200 * 365 * S_PER_DAY * 1_000_000_000
