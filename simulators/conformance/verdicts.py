"""From looks to verdicts: each assertion of the table judged on one drive, and the gate.

Ours is judged first. What our programs never send is judged on a specimen that does, so that its
check is known to work; the verdict says so, and the two are counted apart.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from simulators.conformance.assertions import ASSERTIONS, Assertion, Level, Subject, check_of
from simulators.conformance.evidence import Evidence, Role
from simulators.conformance.looks import Look

NOT_EXERCISED_MAX: Final = 2
"""A ratchet: so many assertions had no occasion. It may only shrink."""
EXERCISED_MIN: Final = 250
BY_DECISION: Final = "by decision"
"""How the note of a SHOULD begins that we depart from: that is recorded, and no fault."""
SHOWN_MAX: Final = 3

_OURS: Final = {
    Subject.EDGE: (Role.EDGE,),
    Subject.HOST: (Role.HOST,),
    Subject.BOTH: (Role.EDGE, Role.HOST),
    Subject.BROKER: (Role.BYSTANDER,),
}
_SPECIMENS: Final = {Subject.EDGE: (Role.SPECIMEN_EDGE,), Subject.HOST: (Role.SPECIMEN_HOST,)}


class Outcome(StrEnum):
    """What became of an assertion."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    RECORDED = "recorded"
    NOT_APPLICABLE = "not applicable"
    NOT_EXERCISED = "not exercised"


class Verdict(NamedTuple):
    """One assertion's. ``by`` is who was judged: ours or a specimen, empty for nobody."""

    assertion: Assertion
    outcome: Outcome
    by: str
    occasions: int
    bad: tuple[str, ...]

    @property
    def exercised(self) -> bool:
        """Whether there was anything to look at."""
        return self.outcome in (Outcome.PASS, Outcome.FAIL, Outcome.RECORDED)


def _looks(assertion: Assertion, seen: Evidence, roles: Iterable[Role]) -> list[Look]:
    check = check_of(assertion)
    assert check is not None
    return [look for role in roles for look in check(seen.by(role))]


def judge(assertion: Assertion, seen: Evidence) -> Verdict:
    """One assertion on one drive."""
    if not assertion.check:
        return Verdict(assertion, Outcome.NOT_APPLICABLE, "", 0, ())
    by, looks = "ours", _looks(assertion, seen, _OURS[assertion.subject])
    if not looks:
        by, looks = "specimen", _looks(assertion, seen, _SPECIMENS.get(assertion.subject, ()))
    if not looks:
        return Verdict(assertion, Outcome.NOT_EXERCISED, "", 0, ())
    bad = tuple(str(look.where) for look in looks if not look.good)
    outcome = Outcome.FAIL if bad else Outcome.PASS
    departs = assertion.level is Level.SHOULD and assertion.note.startswith(BY_DECISION)
    if assertion.level is Level.MAY or (bad and departs):
        outcome = Outcome.RECORDED
    return Verdict(assertion, outcome, by, len(looks), bad)


def judge_all(seen: Evidence) -> list[Verdict]:
    """The whole table."""
    return [judge(assertion, seen) for assertion in ASSERTIONS]


class Counts(NamedTuple):
    """How many of each, and by whom the exercised ones were shown."""

    outcomes: Counter[str]
    by_ours: int
    by_specimen: int

    @property
    def exercised(self) -> int:
        """Had an occasion."""
        return self.by_ours + self.by_specimen


def counts(verdicts: Iterable[Verdict]) -> Counts:
    """Add them up."""
    held = list(verdicts)
    shown = Counter(one.by for one in held if one.exercised)
    outcomes = Counter({str(outcome): 0 for outcome in Outcome})
    outcomes.update(str(one.outcome) for one in held)
    return Counts(outcomes, shown["ours"], shown["specimen"])


def faults(verdicts: Iterable[Verdict]) -> list[str]:
    """Why the gate stays shut; nothing when it opens."""
    held = list(verdicts)
    found = [
        f"{one.assertion.id} fails at {len(one.bad)} of {one.occasions}: {one.assertion.words}; "
        f"{'; '.join(one.bad[:SHOWN_MAX])}"
        for one in held
        if one.outcome is Outcome.FAIL
    ]
    added = counts(held)
    idle = added.outcomes[Outcome.NOT_EXERCISED]
    if idle > NOT_EXERCISED_MAX:
        found.append(f"{idle} assertions had no occasion, at most {NOT_EXERCISED_MAX} may")
    if added.exercised < EXERCISED_MIN:
        found.append(f"{added.exercised} assertions had an occasion, {EXERCISED_MIN} must")
    return found
