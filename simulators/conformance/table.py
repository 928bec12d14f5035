"""The table as people and programs read it: counts, the rows, why the gate stays shut."""

from collections.abc import Iterable
from typing import Any

from simulators.conformance.verdicts import (
    EXERCISED_MIN,
    NOT_EXERCISED_MAX,
    SHOWN_MAX,
    Outcome,
    Verdict,
    counts,
    faults,
)


def as_data(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """Everything, for programs."""
    held = list(verdicts)
    added = counts(held)
    return {
        "counts": {str(outcome): added.outcomes[outcome] for outcome in Outcome},
        "exercised": added.exercised,
        "exercised_by_ours": added.by_ours,
        "exercised_by_specimen": added.by_specimen,
        "not_exercised_max": NOT_EXERCISED_MAX,
        "faults": faults(held),
        "assertions": [
            {
                "id": one.assertion.id,
                "level": str(one.assertion.level),
                "subject": str(one.assertion.subject),
                "needs": one.assertion.needs,
                "words": one.assertion.words,
                "note": one.assertion.note,
                "outcome": str(one.outcome),
                "by": one.by,
                "occasions": one.occasions,
                "bad": list(one.bad[:SHOWN_MAX]),
            }
            for one in held
        ],
    }


def rows(verdicts: Iterable[Verdict]) -> list[str]:
    """One line an assertion."""
    return [
        f"{one.outcome:14} {one.by:8} {one.occasions:6}  {one.assertion.id}: "
        f"{one.assertion.words}" + (f" ({one.assertion.note})" if one.assertion.note else "")
        for one in verdicts
    ]


def summary(verdicts: Iterable[Verdict]) -> list[str]:
    """The counts, and what is wrong."""
    held = list(verdicts)
    added = counts(held)
    lines = [f"{outcome:14} {added.outcomes[outcome]:4}" for outcome in Outcome]
    lines += [
        f"exercised {added.exercised} of {len(held)} (at least {EXERCISED_MIN}): "
        f"{added.by_ours} by our gateways, hosts and their broker, "
        f"{added.by_specimen} by specimens that send what ours never do",
        f"not exercised: at most {NOT_EXERCISED_MAX} may be",
    ]
    return lines + [f"FAULT: {one}" for one in faults(held)]
