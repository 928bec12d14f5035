"""The broker's duties, seen at the subscriber."""

from simulators.conformance import broker_duties
from simulators.conformance.mqtt_packets import Kind, Other, Publish
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import all_shown, evidence


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "broker_duties")


def test_an_answer_to_another_message_is_none() -> None:
    asked = Publish("t", b"", 1, False, packet_id=3)
    for answer, expected in ((3, True), (4, False)):
        seen = evidence((ONE, [asked, ("heard", Other(Kind.PUBACK, packet_id=answer))]))
        assert [look.good for look in broker_duties.answers_qos_1(seen)] == [expected]
