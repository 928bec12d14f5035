"""Bytes leave at their time and in their order."""

from simulators.outbox import NEVER_NS, WAITING_MAX, Outbox


def test_in_the_order_of_their_times() -> None:
    box = Outbox()
    assert box.next_ns == NEVER_NS
    box.put(b"later", 20)
    box.put(b"now", 10)
    box.put(b"!", 10)
    assert box.next_ns == 10
    assert box.take(9) == b""
    assert box.take(15) == b"now!"
    assert box.take(20) == b"later"


def test_what_waits_is_bounded() -> None:
    box = Outbox()
    for _ in range(2 * WAITING_MAX):
        box.put(b"x", 1)
    assert len(box.take(1)) == WAITING_MAX
