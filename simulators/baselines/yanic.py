"""Yanic: asks once a minute, offline when the last answer is more than ten minutes old.

FreifunkBremen/yanic, ``config_example.toml`` (``collect_interval = "1m"``, ``offline_after =
"10m"``, ``save_interval = "5s"``) and ``runtime/nodes.go``: age is looked at at every save. It
records when a node was last seen, so the first unanswered poll less one interval begins the
outage; we take the first unanswered poll, which is kinder.
"""

from typing import ClassVar

from simulators.baselines.poll import PollDetector, Polling
from vocabulary.units import NS_PER_S, S_PER_MIN

COLLECT_NS = S_PER_MIN * NS_PER_S
OFFLINE_NS = 10 * S_PER_MIN * NS_PER_S
SAVE_NS = 5 * NS_PER_S


class Yanic(PollDetector):
    """Ten minutes without an answer."""

    name = "yanic"
    polling: ClassVar[Polling] = Polling(
        COLLECT_NS, failures=OFFLINE_NS // COLLECT_NS, extra_ns=1, look_ns=SAVE_NS
    )
