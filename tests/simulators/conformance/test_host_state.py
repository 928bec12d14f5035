"""A host's STATE: what the drive shows, and a farewell that comes back to its sender."""

from simulators.conformance import host_state
from simulators.conformance.evidence import Role
from simulators.conformance.mqtt_packets import Connect, Publish, Will
from simulators.conformance.street_under_test import HOST_ID
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import START_MS, Step, all_shown, evidence, good

TOPIC = f"spBv1.0/STATE/{HOST_ID}"


def word(*, online: bool, at_ms: int = START_MS) -> Publish:
    words = f'{{"online": {str(online).lower()}, "timestamp": {at_ms}}}'.encode()
    return Publish(TOPIC, words, 1, True)


CONNECT = Connect(HOST_ID, 4, True, 10, Will(TOPIC, word(online=False).payload, 1, True))


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "host_state")


def test_an_old_word_is_contradicted_and_the_own_farewell_is_not() -> None:
    old, last = word(online=False, at_ms=5), word(online=False, at_ms=START_MS + 9)
    answered: list[Step] = [CONNECT, word(online=True), ("heard", old), word(online=True)]
    silent: list[Step] = [CONNECT, word(online=True), ("heard", old)]
    leaving: list[Step] = [CONNECT, word(online=True), last, ("heard", last)]
    for steps, expected in ((answered, [True]), (silent, [False]), (leaving, [])):
        seen = evidence((HOST_ID, steps))
        assert good(host_state.contradicts, seen, Role.HOST) == expected
