"""Topics: their form, level by level."""

import pytest

from simulators.conformance import topic_names
from simulators.conformance.mqtt_packets import Publish
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import all_shown, evidence


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "topic_names")


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("spBv1.0/north/NDATA/gw-one", True),
        ("spBv1.0/STATE/host1", True),
        ("spBv1.0/north/DDATA/gw-one/ap", True),
        ("spBv1.0/STATE/host1/more", False),
        ("spBv1.0/north/NOISE/gw-one", False),
        ("spBv1.0//NDATA/gw-one", False),
        ("spAv1.0/north/NDATA/gw-one", False),
        ("ap/one", False),
    ],
)
def test_what_may_be_published(topic: str, *, expected: bool) -> None:
    seen = evidence((ONE, [Publish(topic, b"", 0, False)]))
    assert [look.good for look in topic_names.structure(seen)] == [expected]
