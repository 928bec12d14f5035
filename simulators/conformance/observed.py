"""Checks that rest on what a case saw happen: what the host believes, how long it waits."""

from simulators.conformance.evidence import Evidence
from simulators.conformance.looks import Look, Looks


def fact(seen: Evidence, name: str) -> Looks:
    """Every time that a case wrote this down."""
    for one in seen.facts:
        if one.name == name:
            yield Look(one.good, one.detail)
