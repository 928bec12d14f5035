"""A board's words: no terminal obeys them, and there are not too many."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_words import LINE_CHARACTERS_MAX, LINES_PER_MIN_MAX, BoardWords, escaped
from firmware_bridge.messages import Log, Report
from firmware_bridge.time_map import TimeMap
from vocabulary.units import NS_PER_S


@given(st.binary(max_size=300))
def test_whatever_it_says_is_one_short_printable_line(text: bytes) -> None:
    shown = escaped(text)
    assert shown.isprintable()
    assert len(shown) <= LINE_CHARACTERS_MAX


def test_plain_words_stay_as_they_are() -> None:
    assert escaped("lüfter an".encode()) == "lüfter an"
    assert escaped(b"a\x07\xff") == "a\\x07\\xff"


def test_twenty_a_minute_come_through() -> None:
    counters = BoardCounters()
    words = BoardWords(counters)
    for second in range(180):
        words.logged(Log(0, b"x"), second * NS_PER_S)
    assert 180 - counters.logs_dropped in range(
        3 * LINES_PER_MIN_MAX - 1, 4 * LINES_PER_MIN_MAX + 1
    )


def test_an_event_is_timed_by_the_board_if_its_clock_is_known() -> None:
    known = TimeMap(floor_ns=0)
    report = Report(1_000, 5, bytes(100))
    assert BoardWords.reported(report, known, 9).mono_ns == 9
    known.add(sent_ns=0, read_ns=0, rx_us=0, tx_us=0)
    reported = BoardWords.reported(report, known, 3 * NS_PER_S)
    assert (reported.mono_ns, len(reported.detail)) == (NS_PER_S, 64)
