"""What happened, for people and for machines."""

from simulators.run_log import RunLog
from vocabulary.units import NS_PER_S


def test_the_last_lines_are_kept_and_all_count_for_the_digest() -> None:
    logs = [RunLog(2, 0), RunLog(2, 0)]
    for log in logs:
        for number in range(5):
            log.say(number * NS_PER_S, f"event {number}")
    one, other = logs
    assert one.lines == ["    3.000 s  event 3", "    4.000 s  event 4"]
    assert (one.digest, one.events) == (other.digest, 5)
    one.note(5, "quiet", b"x")
    other.note(5, "quiet", b"y")
    assert one.lines == other.lines
    assert one.digest != other.digest
