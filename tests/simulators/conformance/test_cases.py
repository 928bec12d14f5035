"""Cases with a real gateway in which something is wrong: the checks must find it on the line."""

from pathlib import Path

import pytest

from simulators.conformance import cases
from simulators.conformance.assertions import ASSERTIONS, Subject
from simulators.conformance.verdicts import Outcome, judge
from tests.simulators.conformance import live_faults
from tests.simulators.conformance.live_faults import SpoiledUplink

EDGE = [one for one in ASSERTIONS if one.subject is Subject.EDGE]
BIRTH = "message-flow-edge-node-birth-publish"
FAULTS = {
    "will at QoS 0": (
        SpoiledUplink(live_faults.will_at_qos_0, of_will=True),
        {"payloads-ndeath-will-message-qos", f"{BIRTH}-will-message-qos"},
    ),
    "wrong bdSeq": (
        SpoiledUplink(live_faults.wrong_bd_seq),
        {
            "topics-nbirth-bdseq-matching",
            "payloads-nbirth-bdseq-repeat",
            "payloads-ndeath-bdseq",
            "topics-ndeath-payload",
            f"{BIRTH}-nbirth-payload-bdSeq",
        },
    ),
    "retained NBIRTH": (
        SpoiledUplink(live_faults.retained_birth),
        {"topics-nbirth-mqtt", "payloads-nbirth-retain", f"{BIRTH}-nbirth-retained"},
    ),
    "no farewell": (
        SpoiledUplink(live_faults.no_farewell),
        {
            "payloads-ndeath-will-message-publisher",
            "payloads-ndeath-will-message-publisher-disconnect-mqtt311",
            "operational-behavior-edge-node-intentional-disconnect-ndeath",
        },
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_on_the_line_fails_its_assertions_and_no_other(
    name: str, tmp_path: Path
) -> None:
    uplink, expected = FAULTS[name]
    recording = await cases.one_life(tmp_path, uplink.at)
    seen = recording.evidence
    failed = {
        one.id.removeprefix("tck-id-") for one in EDGE if judge(one, seen).outcome is Outcome.FAIL
    }
    assert failed == expected
