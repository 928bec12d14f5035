"""The simulated SDS011 against the maker's sheet, written out here by hand."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.sds011_board import NEVER_NS, SENT_MAX, Sds011Board, Sent
from vocabulary.units import NS_PER_S

READING = bytes.fromhex("AAC0D4043A0AA1601DAB")  # 123.6 and 261.8, from the sheet
SLEEP = bytes.fromhex("AAB406010000000000000000000000FFFF05AB")
WORK = bytes.fromhex("AAB406010100000000000000000000FFFF06AB")
WORK_OTHER = bytes.fromhex("AAB406010100000000000000000000A16109AB")
QUERY = bytes.fromhex("AAB404000000000000000000000000FFFF02AB")
ON_QUERY = bytes.fromhex("AAB402010100000000000000000000FFFF02AB")
PERIOD_1 = bytes.fromhex("AAB408010100000000000000000000FFFF08AB")
FIRMWARE = bytes.fromhex("AAB407000000000000000000000000FFFF05AB")
SET_ID = bytes.fromhex("AAB40500000000000000000000A001A160A7AB")


def board() -> Sds011Board:
    return Sds011Board(0, lambda _now_ns: (1_236, 2_618))


def test_it_reads_once_a_second() -> None:
    desk = board()
    assert desk.next_ns == NS_PER_S
    assert desk.advance(NS_PER_S - 1) == b""
    assert desk.advance(NS_PER_S) == READING
    assert desk.advance(NS_PER_S) == b""
    assert desk.advance(4 * NS_PER_S) == READING * 3
    assert list(desk.sent) == [Sent(s * NS_PER_S, 1_236, 2_618, settled=True) for s in range(1, 5)]


@given(st.lists(st.integers(1, 5 * NS_PER_S), max_size=20))
def test_how_often_it_is_woken_does_not_matter(steps_ns: list[int]) -> None:
    often, once = board(), board()
    now_ns, wire = 0, b""
    for step_ns in steps_ns:
        now_ns += step_ns
        wire += often.advance(now_ns)
    assert wire == once.advance(now_ns)
    assert often.sent == once.sent


def test_values_follow_the_time() -> None:
    desk = Sds011Board(0, lambda now_ns: (now_ns // NS_PER_S, 2 * now_ns // NS_PER_S))
    desk.advance(3 * NS_PER_S)
    assert [(sent.pm2_5_tenths, sent.pm10_tenths) for sent in desk.sent] == [(1, 2), (2, 4), (3, 6)]


def test_asleep_it_hears_only_the_command_to_work() -> None:
    desk = board()
    desk.receive(SLEEP, 0)
    assert desk.next_ns == 0  # it has something to say
    assert desk.advance(0) == bytes.fromhex("AAC506010000A16008AB")
    assert desk.next_ns == NEVER_NS
    for unheard in (QUERY, ON_QUERY, PERIOD_1, WORK_OTHER):
        desk.receive(unheard, 100 * NS_PER_S)
    assert desk.advance(200 * NS_PER_S) == b""
    desk.receive(WORK, 200 * NS_PER_S)
    assert desk.advance(200 * NS_PER_S) == bytes.fromhex("AAC506010100A16009AB")


def test_it_does_not_stand_by_what_it_says_just_after_waking() -> None:
    desk = board()
    desk.receive(SLEEP, 0)
    desk.receive(WORK, 10 * NS_PER_S)
    desk.advance(50 * NS_PER_S)
    assert [sent.settled for sent in desk.sent] == [False] * 29 + [True] * 11
    assert {sent.pm2_5_tenths for sent in desk.sent if not sent.settled} == {618}


def test_what_was_due_before_a_command_leaves_before_its_answer() -> None:
    desk = board()
    desk.receive(SLEEP, 2 * NS_PER_S)
    wire = desk.advance(2 * NS_PER_S)
    assert wire == READING * 2 + bytes.fromhex("AAC506010000A16008AB")


def test_on_query_it_reads_only_when_asked() -> None:
    desk = board()
    desk.receive(ON_QUERY, 0)
    assert desk.advance(0) == bytes.fromhex("AAC502010100A16005AB")
    assert desk.advance(60 * NS_PER_S) == b""
    desk.receive(QUERY, 61 * NS_PER_S)
    assert desk.next_ns == 61 * NS_PER_S
    assert desk.advance(61 * NS_PER_S) == READING


def test_with_a_period_it_reads_once_in_each() -> None:
    desk = board()
    desk.receive(PERIOD_1, 0)
    desk.advance(300 * NS_PER_S)
    assert [sent.ts_ns // NS_PER_S for sent in desk.sent] == [30, 90, 150, 210, 270]


def test_it_takes_another_number() -> None:
    desk = board()
    desk.receive(SET_ID, 0)
    assert desk.advance(0) == bytes.fromhex("AAC505000000A001A6AB")
    assert desk.sensor_id == 0xA001
    desk.receive(SET_ID, 0)  # meant for the old number
    assert desk.advance(0) == b""


@given(st.binary(max_size=40), st.integers(1, 19))
def test_commands_are_found_among_garbage_and_in_pieces(garbage: bytes, cut_ix: int) -> None:
    desk = board()
    desk.receive(garbage.replace(b"\xaa", b"\xab"), 0)
    desk.receive(FIRMWARE[:cut_ix], 0)
    desk.receive(FIRMWARE[cut_ix:], 0)
    assert desk.advance(0) == bytes.fromhex("AAC5070F070AA16028AB")


@given(st.lists(st.binary(max_size=50)))
def test_any_bytes_leave_it_bounded(chunks: list[bytes]) -> None:
    desk = board()
    for chunk in chunks:
        desk.receive(chunk, 0)
        assert len(desk._rest) < 19


@given(st.integers(0, 8 * 19 - 1))
def test_a_command_with_a_wrong_bit_is_not_obeyed(bit: int) -> None:
    broken = bytearray(SLEEP)
    broken[bit // 8] ^= 1 << bit % 8
    desk = board()
    desk.receive(bytes(broken), 0)
    assert desk.working
    assert desk.advance(0) == b""


def test_its_memory_of_the_truth_is_bounded() -> None:
    desk = board()
    desk.advance((SENT_MAX + 5) * NS_PER_S)
    assert len(desk.sent) == SENT_MAX
    assert desk.sent_count == SENT_MAX + 5
