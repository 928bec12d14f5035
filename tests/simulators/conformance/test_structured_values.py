"""Templates, data sets and properties: the specimen's are whole."""

from simulators.conformance import structured_values
from simulators.conformance.mqtt_packets import Publish
from simulators.conformance.specimen import Specimen
from simulators.conformance.street_under_test import FOREIGN
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import START_MS, all_shown, evidence


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "structured_values")
    by = {one.by for one in verdicts if one.assertion.check.startswith("structured_values:")}
    assert by == {"specimen"}  # our own programs send none of it


def test_a_template_within_a_template_is_looked_at() -> None:
    births = [Publish(topic, payload, 0, False) for topic, payload in Specimen().births(START_MS)]
    seen = evidence((FOREIGN, list(births)))
    assert len(list(structured_values.cells(seen))) == 4
    assert all(look.good for look in structured_values.cells(seen))
