"""Commands: by whom, of what, and what a request for births looks like."""

from simulators.conformance import commands
from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.evidence import Role
from simulators.conformance.street_under_test import HOST_ID, ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import all_shown, evidence, good, numbered, said


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "commands")


def test_a_command_of_what_was_born_before_it() -> None:
    birth = numbered(0)
    birth.metrics.add(name="lit", alias=7, datatype=11, boolean_value=False)
    by_alias, unknown = pb.Payload(), pb.Payload()
    by_alias.metrics.add(alias=7, boolean_value=True)
    unknown.metrics.add(alias=8, boolean_value=True)
    orders = [said("NCMD", by_alias), said("NCMD", unknown)]
    seen = evidence((ONE, [said("NBIRTH", birth)]), (HOST_ID, list(orders)))
    assert good(commands.known_from_births, seen, Role.HOST, "NCMD") == [True, False]
    assert good(commands.value_fits, seen, Role.HOST, "NCMD") == [True, False]
    early = evidence((HOST_ID, list(orders)), (ONE, [said("NBIRTH", birth)]))
    assert good(commands.known_from_births, early, Role.HOST, "NCMD") == [False, False]
