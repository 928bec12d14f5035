"""How hard a city of gateways knocks when the broker returns; promises of delivery."""

from bench.figure import Figure
from simulators.storm import storm

FAMILY = "storm"
OUTAGES_S = (0.0, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1_800.0)


def run() -> list[Figure]:
    """A thousand gateways, ten lengths of outage, three seeds; the worst of them."""
    seen = [storm(outage_s, seed=seed) for outage_s in OUTAGES_S for seed in (1, 2, 3)]
    connects = max(one.connects_per_s_peak for one in seen)
    attempts = max(one.attempts_per_s_peak for one in seen)
    return [
        Figure(
            name=name, value=value, unit="1/s", better="lower", beside={"promised_at_most": limit}
        )
        for name, value, limit in (
            ("storm.connects_per_s_peak", connects, 60.0),
            ("storm.attempts_per_s_peak", attempts, 80.0),
        )
    ]
