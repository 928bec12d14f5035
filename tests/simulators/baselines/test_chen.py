"""NFD-E: the expected arrival follows the sender's clock and the network's mean delay."""

from processing.columns import NO_CUES, readings_of
from simulators.baselines.chen import ChenNfdE
from simulators.detectors import heard
from tests.simulators.beat_world import ns
from tests.simulators.detector_cases import every, reading, said_of, told, watched
from vocabulary.units import NS_PER_S


def test_the_freshness_point_is_three_beats_and_a_hundredth_after_the_last() -> None:
    said = told(ChenNfdE(watched()), every(10.0, 1_000.0), 1_100.0)
    assert said == [("down", 990.0 + 30.1, 990.0)]


def test_a_steady_delay_moves_it_by_as_much() -> None:
    """Sent every ten seconds, always two seconds on the way: nothing changes but the last beat."""
    rows = [reading(s)._replace(arrival_ns=ns(s + 2.0)) for s in every(10.0, 1_000.0)]
    detector = ChenNfdE(watched())
    detector.feed(heard(watched(), readings_of(rows), NO_CUES, ns(995.0)))
    said = detector.feed(heard(watched(), readings_of([]), NO_CUES, ns(1_100.0)))
    assert said_of(said) == [("down", 990.0 + 2.0 + 30.1, 992.0)]


def test_a_late_beat_does_not_postpone_the_next_deadline_much() -> None:
    """What plain timeouts get wrong: the last beat came 9 s late, the next is due as ever."""
    rows = [reading(s) for s in every(10.0, 1_000.0)]
    rows[-1] = rows[-1]._replace(arrival_ns=ns(999.0))
    detector = ChenNfdE(watched())
    ((_, at, _),) = said_of(detector.feed(heard(watched(), readings_of(rows), NO_CUES, ns(1_100))))
    assert at - (990.0 + 30.1) < 0.1  # a hundredth of the nine seconds


def test_a_new_boot_starts_anew() -> None:
    hour_ns = 3_600 * NS_PER_S
    rows = [reading(s) for s in every(10.0, 100.0)]
    rows += [
        reading(s, boot=2)._replace(mono_ms=(ns(s) - hour_ns) // 1_000_000)
        for s in every(10.0, 200.0, start=100.0)
    ]
    detector = ChenNfdE(watched())
    said = detector.feed(heard(watched(), readings_of(rows), NO_CUES, ns(300.0)))
    assert said_of(said) == [("down", 190.0 + 30.1, 190.0)]
