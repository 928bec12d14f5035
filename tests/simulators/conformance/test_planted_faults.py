"""A check that cannot fail shows nothing: each is given a fault, and must find it."""

import pytest

from simulators.conformance.assertions import ASSERTIONS, Assertion, Level
from simulators.conformance.stage import Recording
from simulators.conformance.verdicts import BY_DECISION, Outcome, judge
from tests.simulators.conformance import (
    edge_faults,
    host_faults,
    specimen_faults,
    verb_faults,
)
from tests.simulators.conformance.spoiling import Fault, spoiled

FAULTS = [*verb_faults.FAULTS, *edge_faults.FAULTS, *host_faults.FAULTS, *specimen_faults.FAULTS]
BY_ID = {one.id.removeprefix("tck-id-"): one for one in ASSERTIONS}
NEVER_EXERCISED = {"observed:fact ddeath_device_offline", "observed:fact ddeath_device_stale"}
"""Until the host says what it believes of a single device."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(recording: Recording, fault: Fault) -> None:
    seen = spoiled(recording, fault)
    found = {name: judge(BY_ID[name], seen).outcome for name in fault.ids}
    assert found == dict.fromkeys(fault.ids, Outcome.FAIL)


def _may_fail(assertion: Assertion) -> bool:
    bound = assertion.level is not Level.MAY and not assertion.note.startswith(BY_DECISION)
    return bool(assertion.check) and bound and assertion.check not in NEVER_EXERCISED


def test_every_check_has_its_fault() -> None:
    planted = {BY_ID[name].check for fault in FAULTS for name in fault.ids}
    wanted = {one.check for one in ASSERTIONS if _may_fail(one)}
    assert wanted - planted == set()


def test_names_of_faults_are_distinct() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
