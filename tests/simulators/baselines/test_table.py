"""The table holds every baseline of the protocol, each with its own name."""

from simulators.baselines.table import BASELINES
from tests.simulators.detector_cases import watched


def test_all_of_them_are_there() -> None:
    assert len(BASELINES) == 11
    assert [make(watched()).name for make in BASELINES.values()] == list(BASELINES)
