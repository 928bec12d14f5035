"""The closed list of what must hold."""

from simulators.swarm_invariants import Invariant, Violation


def test_a_violation_names_its_invariant() -> None:
    found = Violation(Invariant.DURABLE, "gw-0: 7")
    assert str(found) == "what is durable is never lost: gw-0: 7"
    assert found.invariant is Invariant.DURABLE


def test_every_invariant_reads_as_a_sentence_of_its_own() -> None:
    assert len(set(Invariant)) == len(Invariant)
