"""A look at every message."""

from simulators.conformance.looks import Look, each
from simulators.conformance.street_under_test import ONE
from tests.simulators.conformance.hand_made import evidence, numbered, said


def test_each_message_is_looked_at() -> None:
    seen = evidence((ONE, [said("NBIRTH", numbered(0)), said("NDATA", numbered(1))]))
    looks = list(each(seen.sent(), lambda one: one.verb == "NBIRTH"))
    assert looks == [
        Look(True, seen.sessions[0].entries[1]),
        Look(False, seen.sessions[0].entries[2]),
    ]
