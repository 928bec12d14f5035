"""Metrics: aliases, times, datatypes."""

from simulators.conformance import values
from simulators.conformance.mqtt_packets import Publish
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import all_shown, evidence, numbered, said
from tests.simulators.conformance.spoiling import too_wide, wrap


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "values")


def test_a_name_is_fine_where_no_birth_gave_an_alias() -> None:
    birth, data = numbered(0), numbered(1)
    birth.metrics.add(name="aliased", alias=1)
    birth.metrics.add(name="plain")
    data.metrics.add(name="aliased")
    data.metrics.add(name="plain")
    data.metrics.add(alias=1)
    seen = evidence((ONE, [said("NBIRTH", birth), said("NDATA", data)]))
    assert [look.good for look in values.data_says_only_the_alias(seen)] == [False, True, True]


def test_history_may_stand_anywhere_in_time() -> None:
    data = numbered(1)
    for alias, at, old in ((1, 50, False), (2, 10, True), (3, 60, False)):
        data.metrics.add(alias=alias, timestamp=at, is_historical=old)
    seen = evidence((ONE, [said("NDATA", data)]))
    assert [look.good for look in values.in_time_order(seen, "NDATA")] == [True]


def test_a_number_that_reading_would_cut_is_seen() -> None:
    raw = wrap(2, too_wide(4))
    seen = evidence((ONE, [Publish(f"spBv1.0/north/NDATA/{ONE}", raw, 0, False)]))
    assert [look.good for look in values.datatype_is_uint32(seen)] == [False]
