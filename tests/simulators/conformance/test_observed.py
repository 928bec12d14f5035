"""What cases wrote down."""

from simulators.conformance import observed
from simulators.conformance.evidence import Fact
from simulators.conformance.verdicts import Outcome, Verdict
from tests.simulators.conformance.hand_made import evidence


def test_facts_of_one_name() -> None:
    facts = (Fact("calm", True, "a"), Fact("storm", False, "b"), Fact("calm", False, "c"))
    looks = list(observed.fact(evidence(facts=facts), "calm"))
    assert [(look.good, look.where) for look in looks] == [(True, "a"), (False, "c")]


def test_what_is_not_seen_yet_is_known_by_name(verdicts: list[Verdict]) -> None:
    idle = {one.assertion.check for one in verdicts if one.outcome is Outcome.NOT_EXERCISED}
    assert idle <= {"observed:fact ddeath_device_offline", "observed:fact ddeath_device_stale"}
