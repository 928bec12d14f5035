"""Prometheus: the rule ``up == 0`` with ``for: 5m``, scraped and evaluated every 30 seconds.

Prometheus documentation, "Alerting rules": an alert is pending from the first evaluation at which
its expression holds, and fires at the first one at which it has held for the whole of ``for``. 5
minutes is what the common InstanceDown example has. A scrape is one poll.
"""

from typing import ClassVar

from simulators.baselines.poll import PollDetector, Polling
from vocabulary.units import NS_PER_S, S_PER_MIN

SCRAPE_NS = 30 * NS_PER_S
FOR_NS = 5 * S_PER_MIN * NS_PER_S


class PrometheusUp(PollDetector):
    """Down for five minutes at every scrape."""

    name = "prometheus-up"
    polling: ClassVar[Polling] = Polling(SCRAPE_NS, failures=1 + FOR_NS // SCRAPE_NS)
