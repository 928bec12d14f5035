"""QoS, retained, and the time of sending."""

from simulators.conformance import marks
from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import START_MS, all_shown, evidence, said


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "marks")


def test_a_time_of_sending_is_about_now() -> None:
    for ahead_ms, expected in ((0, True), (-25_000, True), (-40_000, False), (5_000, False)):
        payload = pb.Payload(timestamp=START_MS + ahead_ms)
        seen = evidence((ONE, [said("NDATA", payload)]))
        assert [look.good for look in marks.sent_now(seen, "NDATA")] == [expected]
    seen = evidence((ONE, [said("NDATA", pb.Payload())]))
    assert [look.good for look in marks.sent_now(seen, "NDATA")] == [False]
