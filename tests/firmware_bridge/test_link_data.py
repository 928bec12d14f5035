"""What a link refuses, holds, counts and says: boards that are not for us, and their data."""

import pytest

from firmware_bridge import messages
from firmware_bridge.board_events import (
    Foreign,
    Logged,
    Reported,
)
from firmware_bridge.events import Refused, Sample
from firmware_bridge.frame import encode
from firmware_bridge.messages import Data, Heartbeat
from firmware_bridge.session import State
from tests.firmware_bridge.lone_link import HELLO, frame, make_link, running_link
from tests.firmware_bridge.vectors import DESCRIPTOR, FRAMES
from vocabulary.units import NS_PER_S

# What we cannot or must not read.


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"revision_min": 3, "revision_max": 4}, "revisions 3 to 4"),
        ({"max_payload": 8}, "max_payload 8"),
        ({"heartbeat_s": 0}, "heartbeat_s 0"),
        ({"desc_length": 5_000}, "desc_length 5000"),
        ({"revision_min": 2}, "revision_min 2"),
    ],
)
def test_an_impossible_hello_is_foreign_and_says_why(change: dict[str, int], words: str) -> None:
    link = make_link()
    said = link.receive(b"\0" + frame(HELLO._replace(**change)), 1)
    assert link.state is State.FOREIGN
    (foreign,) = (event for event in said if isinstance(event, Foreign))
    assert words in foreign.detail


def test_an_unexpected_board_is_foreign() -> None:
    link = make_link(uid=43)
    link.receive(b"\0" + frame(HELLO), 1)
    assert link.state is State.FOREIGN


def test_another_version_is_foreign_unless_we_are_running() -> None:
    (other,) = (vector.wire for vector in FRAMES if vector.name == "other_version")
    link = make_link()
    said = link.receive(other, 1)
    assert link.state is State.FOREIGN
    assert "version 2 of the protocol, we 1" in str(said)
    running = make_link(known={0xFEAC11C5: DESCRIPTOR})
    running.receive(b"\0" + frame(HELLO), 1)
    running.receive(other, 2)
    assert running.state is State.RUNNING
    assert running.counters.other_versions == 1


def test_a_receiver_on_the_wrong_port_is_named() -> None:
    link = make_link()
    line = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n"
    said = [*link.receive(line, 1), *link.receive(line, 2)]
    assert link.state is State.FOREIGN
    assert "NMEA" in str(said)


def test_a_lying_descriptor_is_fetched_three_times_then_foreign() -> None:
    link = make_link()
    link.receive(b"\0" + frame(HELLO), 1)
    said, asked = [], 0
    for seq in range(1, 30):
        output = link.take_output()
        asked += output.count(encode(3, 2, b"\0\0")[1:4])
        if link.state is not State.DESCRIBING:
            break
        piece = messages.Desc(0, bytes(159))
        said += link.receive(frame(piece, seq), seq + 1)
    assert link.state is State.FOREIGN
    assert link.counters.descriptor_errors == 3
    assert "hash is" in str([event for event in said if isinstance(event, Foreign)])


def test_foreign_is_left_after_a_minute() -> None:
    link = make_link(uid=43)
    link.receive(b"\0" + frame(HELLO), 1)
    link.tick(61 * NS_PER_S)
    assert link.state is State.SYNCING


# Data.


def test_data_before_the_descriptor_waits_for_it_and_only_so_much() -> None:
    link = make_link()
    (data,) = (vector for vector in FRAMES if vector.name == "data")
    for seq in range(70):
        said = link.receive((b"\0" if not seq else b"") + encode(5, seq, data.payload), seq + 1)
        assert said == []
    assert link.counters.held_dropped == 6
    link.receive(frame(HELLO, 70), 100)
    assert link.state is State.DESCRIBING
    wrong = link.receive(frame(messages.Desc(0, bytes(159)), 71), 101)
    assert not [event for event in wrong if isinstance(event, Sample)]
    said = link.receive(frame(messages.Desc(0, DESCRIPTOR), 72), 102)
    samples = [event for event in said if isinstance(event, Sample)]
    assert len(samples) == 50  # and fourteen were more than a stream may say in a second
    assert link.counters.too_fast == 14
    assert dict(samples[0].values)["env/pressure_hpa"] == 1017.61


def test_a_faulty_or_short_reading_is_none() -> None:
    link = running_link()
    for quality in (1, 4):
        said = link.receive(frame(Data(1, quality, 5, bytes(14)), 1 + quality), 2 * NS_PER_S)
        assert [type(event) for event in said] == [Refused]
    said = link.receive(frame(Data(1, 0, 5, bytes(13)), 9), 2 * NS_PER_S)
    assert [type(event) for event in said] == [Refused]
    said = link.receive(frame(Data(9, 0, 5, bytes(13)), 10), 2 * NS_PER_S)
    assert [type(event) for event in said] == [Refused]
    counters = link.counters
    assert (counters.sensor_faults, counters.warming_up, counters.malformed) == (1, 1, 1)


def test_words_are_escaped_bounded_and_stay_here() -> None:
    link = running_link()
    said = link.receive(frame(messages.Log(9, b"\x1b[31mred\n" + b"x" * 220), 1), 2 * NS_PER_S)
    (line,) = said
    assert isinstance(line, Logged)
    assert line.text.startswith("\\x1b[31mred\\n")
    assert (len(line.text), line.level) == (200, 3)
    for seq in range(2, 40):
        link.receive(frame(messages.Log(0, b"again"), seq), 2 * NS_PER_S)
    assert link.counters.logs_dropped == 39 - 20
    (event,) = link.receive(frame(messages.Report(5, 7, b"d"), 40), 3 * NS_PER_S)
    assert isinstance(event, Reported)
    assert (event.code, event.detail) == (7, b"d")


def test_a_frame_that_comes_twice_counts_once() -> None:
    link = running_link()
    wire = frame(Data(1, 0, 5, bytes(14)), 1)
    link.receive(wire, 2 * NS_PER_S)
    assert link.receive(wire, 2 * NS_PER_S) == []
    assert (link.counters.duplicates, link.counters.seq_gaps) == (1, 0)


def test_an_unknown_type_is_life_and_nothing_else() -> None:
    link = running_link()
    assert link.receive(encode(29, 1, b"new"), 5 * NS_PER_S) == []
    assert link.counters.unknown_messages == 1
    assert link.heard_ns == 5 * NS_PER_S


def test_the_boards_account_is_the_exact_loss() -> None:
    link = running_link()
    beat = Heartbeat(7, 1, 10, 2, 0, 0, 0, 0)
    link.receive(frame(beat, 1), 2 * NS_PER_S)
    later = beat._replace(clock_us=20, tx_frames=300, tx_dropped=8)
    link.receive(frame(later, 299 % 256), 3 * NS_PER_S)
    assert link.counters.lost_on_wire == 300 - 2 - 8 - 1
    assert link.counters.dropped_by_board == 8


def test_a_suspicion_that_proves_wrong_leaves_the_clock_asked_for() -> None:
    link = running_link()
    link.tick(2 * NS_PER_S)
    link.receive(frame(Heartbeat(7, 1, 5_000_000, 1, 0, 0, 0, 0), 1), 2 * NS_PER_S)
    link.take_output()
    link.receive(frame(Heartbeat(7, 1, 4_000_000, 2, 0, 0, 0, 0), 2), 3 * NS_PER_S)
    asked = link.take_output()
    assert len(asked) == 9 + 17  # HELLO_REQ that only asks, and a new probe
    link.receive(frame(HELLO._replace(uptime_ms=4_001), 3), 3 * NS_PER_S)
    assert link.state is State.RUNNING
    link.tick(4 * NS_PER_S)
    assert len(link.take_output()) == 17
