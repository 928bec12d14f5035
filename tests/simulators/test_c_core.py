"""The C board in this process: many at once, each for itself. See also test_differential.py."""

from simulators.c_core import CStreetBox
from simulators.street_box import StreetBox


def test_boards_do_not_know_of_each_other() -> None:
    boards = [CStreetBox(0, uid=uid, boot_id=uid, reset_reason=0) for uid in range(1, 4)]
    for one in boards:
        one.poll(1_000_000)
    heard = [one.take() for one in boards]
    assert len(set(heard)) == 3
    for uid, wire in enumerate(heard, start=1):
        twin = StreetBox(0, uid=uid, boot_id=uid, reset_reason=0)
        twin.poll(1_000_000)
        assert twin.take() == wire
