"""Kapacitor: ``deadman(0.0, 30s)``, critical when no point came in a window.

InfluxData documentation, Kapacitor "AlertNode / deadman": an alert if the points emitted per
interval fall to the threshold or below; windows follow one another and do not slide. Ours is 30
seconds, three beats. The alert is lifted at the end of the first window with a point.
"""

from typing import ClassVar

from simulators.baselines.poll import PollDetector, Polling
from vocabulary.units import NS_PER_S

WINDOW_NS = 30 * NS_PER_S


class KapacitorDeadman(PollDetector):
    """An empty window."""

    name = "kapacitor-deadman"
    polling: ClassVar[Polling] = Polling(WINDOW_NS, failures=1, young_ns=WINDOW_NS)
