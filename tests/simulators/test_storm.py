"""A thousand gateways and a broker that comes back."""

import pytest

from edge.configuration import Reconnect
from simulators.storm import storm

OUTAGES_S = (0.0, 1.0, 5.0, 15.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0, 600.0, 1_800.0)


@pytest.mark.parametrize("outage_s", OUTAGES_S)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_broker_restart_1000(outage_s: float, seed: int) -> None:
    seen = storm(outage_s, seed=seed)
    assert seen.connects_per_s_peak <= 60, (seed, seen)
    assert seen.attempts_per_s_peak <= 80, (seed, seen)
    assert seen.all_back_s <= 181, (seed, seen)


def test_without_the_long_first_delay_they_would_stampede() -> None:
    hasty = Reconnect(first_max_s=1.0, base_s=1.0)
    assert storm(5.0, settings=hasty).attempts_per_s_peak > 500
