"""A node with a primary host: the drive, and words that are older than others."""

from simulators.conformance import primary_host
from simulators.conformance.mqtt_packets import Publish
from simulators.conformance.street_under_test import HOST_ID, TWO
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import Step, all_shown, evidence, numbered

BIRTH = Publish(f"spBv1.0/north/NBIRTH/{TWO}", numbered(0).SerializeToString(), 0, False)


def word(*, online: bool, at_ms: int) -> tuple[str, Publish]:
    words = f'{{"online": {str(online).lower()}, "timestamp": {at_ms}}}'.encode()
    return "heard", Publish(f"spBv1.0/STATE/{HOST_ID}", words, 1, True)


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "primary_host")


def test_the_last_word_before_the_births_decides() -> None:
    def waits(part: str, *steps: Step) -> list[bool]:
        seen = evidence((TWO, list(steps)))
        return [look.good for look in primary_host.waits(seen, part)]

    on, old, off = (
        word(online=True, at_ms=5),
        word(online=True, at_ms=4),
        word(online=False, at_ms=6),
    )
    assert waits("host", BIRTH) == [False]
    assert waits("online", on, BIRTH) == [True]
    assert waits("online", on, off, BIRTH) == [False]
    assert waits("time", on, old, BIRTH) == [False]


def test_only_a_valid_word_makes_it_leave() -> None:
    on, old = word(online=True, at_ms=5), word(online=False, at_ms=4)
    new = word(online=False, at_ms=5)
    for last, leaves, stays in ((old, [], [False]), (new, [False], [])):
        seen = evidence((TWO, [on, BIRTH, last]))
        assert [look.good for look in primary_host.leaves(seen)] == leaves
        assert [look.good for look in primary_host.stays(seen)] == stays
