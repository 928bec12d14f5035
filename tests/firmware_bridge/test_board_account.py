"""The board's account beside ours: exact loss, lower bounds, and what betrays another start."""

import pytest

from firmware_bridge.board_account import BoardAccount
from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.frame import Frame
from firmware_bridge.messages import Heartbeat, Hello, MessageType

HELLO = Hello(1, 1, 7, 0, 42, 7, 5, 1, 1, 64, 10, 0, 6)
BEAT = Heartbeat(7, 5, 1_000_000, 10, 0, 3, 1, 2)


def frame(seq: int, message_type: int = 5) -> Frame:
    """One of no interest but its number."""
    return Frame(message_type, seq, b"", 0)


def test_gaps_are_a_lower_bound_and_a_greeting_begins_anew() -> None:
    counters = BoardCounters()
    account = BoardAccount(counters)
    for seq in (250, 251, 255, 1):
        assert not account.is_duplicate(frame(seq))
    assert counters.seq_gaps == 4
    account.is_duplicate(frame(0, MessageType.HELLO))
    assert counters.seq_gaps == 4


def test_the_loss_between_two_heartbeats_is_exact_whatever_the_numbers_say() -> None:
    counters = BoardCounters()
    account = BoardAccount(counters)
    assert not account.heartbeat(BEAT, 5, HELLO)
    for seq in range(20):
        account.is_duplicate(frame(seq))
    later = BEAT._replace(clock_us=2_000_000, tx_frames=10 + 256 + 20, tx_dropped=6)
    assert not account.heartbeat(later, 5, HELLO)
    assert counters.lost_on_wire == 256 + 20 - 6 - 20
    assert (counters.dropped_by_board, counters.overruns_at_board) == (6, 2)


@pytest.mark.parametrize(
    "beat",
    [
        BEAT._replace(clock_us=999),
        BEAT._replace(session=0),
        BEAT._replace(session=99),
        BEAT._replace(boot_id=8),
    ],
)
def test_another_start_betrays_itself(beat: Heartbeat) -> None:
    account = BoardAccount(BoardCounters())
    assert not account.heartbeat(BEAT, 5, HELLO)
    assert account.heartbeat(beat, 5, HELLO)


def test_a_boot_id_that_is_not_vouched_for_says_nothing() -> None:
    account = BoardAccount(BoardCounters())
    silent = HELLO._replace(flags=6)
    assert not account.heartbeat(BEAT._replace(boot_id=9), 5, silent)
    assert not account.heartbeat(BEAT._replace(clock_us=2_000_000, session=1), 0, silent)


def test_a_hello_of_our_session_may_yet_be_another_start() -> None:
    account = BoardAccount(BoardCounters())
    account.clock_went_back(50_000_000)
    assert not account.is_new_start(HELLO._replace(uptime_ms=50_001), HELLO)
    assert account.is_new_start(HELLO._replace(uptime_ms=49_999), HELLO)
    assert account.is_new_start(HELLO._replace(uptime_ms=50_001, uid=43), HELLO)
    assert account.is_new_start(HELLO._replace(uptime_ms=50_001, boot_id=9), HELLO)
