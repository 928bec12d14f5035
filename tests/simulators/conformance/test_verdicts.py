"""From looks to verdicts, and the gate with its ratchet."""

from simulators.conformance.assertions import ASSERTIONS, Assertion, Level, Subject
from simulators.conformance.evidence import Fact
from simulators.conformance.stage import Recording
from simulators.conformance.street_under_test import FOREIGN, ONE
from simulators.conformance.verdicts import (
    BY_DECISION,
    EXERCISED_MIN,
    NOT_EXERCISED_MAX,
    Outcome,
    Verdict,
    counts,
    faults,
    judge,
)
from tests.simulators.conformance.hand_made import evidence, numbered, said


def row(level: Level = Level.MUST, check: str = "sequence:zero", note: str = "") -> Assertion:
    return Assertion("tck-id-x", level, Subject.EDGE, check, "", "words", note)


GOOD, BAD = said("NBIRTH", numbered(0)), said("NBIRTH", numbered(1))


def test_nothing_fails_and_enough_is_exercised(verdicts: list[Verdict]) -> None:
    assert faults(verdicts) == []
    added = counts(verdicts)
    assert added.outcomes[Outcome.FAIL] == 0
    assert added.outcomes[Outcome.NOT_EXERCISED] <= NOT_EXERCISED_MAX
    assert added.exercised >= EXERCISED_MIN
    assert added.by_ours >= 220
    assert sum(added.outcomes.values()) == len(ASSERTIONS)


def test_one_bad_look_is_enough() -> None:
    assert judge(row(), evidence((ONE, [GOOD]))).outcome is Outcome.PASS
    found = judge(row(), evidence((ONE, [GOOD, BAD])))
    assert (found.outcome, found.by, found.occasions, len(found.bad)) == (
        Outcome.FAIL,
        "ours",
        2,
        1,
    )


def test_nothing_to_look_at_is_not_a_pass() -> None:
    assert judge(row(), evidence()).outcome is Outcome.NOT_EXERCISED
    assert judge(row(check=""), evidence((ONE, [GOOD]))).outcome is Outcome.NOT_APPLICABLE


def test_a_specimen_is_judged_only_where_ours_say_nothing() -> None:
    assert judge(row(), evidence((ONE, [GOOD]), (FOREIGN, [BAD]))).outcome is Outcome.PASS
    found = judge(row(), evidence((FOREIGN, [BAD])))
    assert (found.outcome, found.by) == (Outcome.FAIL, "specimen")


def test_what_is_left_free_is_recorded() -> None:
    seen = evidence((ONE, [BAD]))
    assert judge(row(Level.MAY), seen).outcome is Outcome.RECORDED
    assert judge(row(Level.SHOULD), seen).outcome is Outcome.FAIL
    assert judge(row(Level.SHOULD, note=f"{BY_DECISION} so"), seen).outcome is Outcome.RECORDED
    assert judge(row(Level.MUST, note=f"{BY_DECISION} so"), seen).outcome is Outcome.FAIL


def test_the_gate_says_why_it_stays_shut(verdicts: list[Verdict]) -> None:
    idle = Verdict(row(), Outcome.NOT_EXERCISED, "", 0, ())
    assert any("no occasion" in one for one in faults([*verdicts, *[idle] * 3]))
    bad = Verdict(row(), Outcome.FAIL, "ours", 7, ("here",))
    assert faults([*verdicts, bad]) == ["tck-id-x fails at 1 of 7: words; here"]
    assert any("250 must" in one for one in faults(verdicts[:100]))


def test_a_fact_that_was_bad_fails_the_gate(recording: Recording) -> None:
    facts = [*recording.facts, Fact("reorder_success", False, "asked in vain")]
    seen = Recording(recording.log, facts).evidence
    observed = [one for one in ASSERTIONS if one.check.startswith("observed:")]
    failed = [one.id for one in observed if judge(one, seen).outcome is Outcome.FAIL]
    assert failed == ["tck-id-operational-behavior-host-reordering-success"]
