"""OpenWISP: pings every 5 minutes, alerts after 30 minutes of them without an answer.

openwisp-monitoring, check "Ping" (every 5 minutes; 5 packets 25 ms apart, 800 ms timeout;
reachable if any returns) and metric "ping" (``reachable < 1``, tolerance 30 minutes): the alert
comes with the first failed check that is more than the tolerance after the first failed one. Five
packets within 0.1 s share a fate, so a check is one poll.
"""

from typing import ClassVar

from simulators.baselines.poll import PollDetector, Polling
from vocabulary.units import NS_PER_S, S_PER_MIN

CHECK_NS = 5 * S_PER_MIN * NS_PER_S
TOLERANCE_NS = 30 * S_PER_MIN * NS_PER_S


class OpenWisp(PollDetector):
    """Half an hour of failed checks."""

    name = "openwisp"
    polling: ClassVar[Polling] = Polling(CHECK_NS, failures=1 + TOLERANCE_NS // CHECK_NS)
