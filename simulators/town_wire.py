"""What happens to a message between its gateway and the host, on the full path as on the fast one.

The same draws as the fast path's: a function of the node and the time. Records that come late
as backlog are not made here, for only a gateway can mark them so.
"""

import numpy as np

from simulators.arrivals import Arrivals
from simulators.chance import key_of
from simulators.delivery import delayed
from simulators.town_host import Wire
from vocabulary import topics
from vocabulary.topics import Topic


class _Lines:
    """The lines of all gateways. A line keeps its order, as TCP does; what a scenario reorders
    goes another way and overtakes or falls back.
    """

    def __init__(self, run: Arrivals) -> None:
        sender, self._seed = run.scenario.sender, run.seed
        self._delays = run.nature.delays._replace(
            late_share=0.0,
            duplicate_share=sender.duplicate_share,
            keep_duplicates=sender.duplicate_share > 0,
        )
        self._in_order = self._delays._replace(reorder_share=0.0, keep_duplicates=False)
        self._keys: dict[str, tuple[str, np.uint64, np.uint64]] = {}
        self._last_ns: dict[str, int] = {}

    def _keys_of(self, topic: str) -> tuple[str, np.uint64, np.uint64]:
        meaning = topics.parse(topic)
        assert isinstance(meaning, Topic)
        purpose = "beats" if meaning.device else "own-beats"
        own = key_of(self._seed, purpose, meaning.device or meaning.gateway)
        stalls = key_of(self._seed, "stalls", meaning.gateway)
        return meaning.gateway, np.uint64(own), np.uint64(stalls)

    def arrivals(self, topic: str, now_ns: int) -> list[int]:
        """When a message of this topic, sent now, arrives; twice if it is doubled."""
        if topic not in self._keys:
            self._keys[topic] = self._keys_of(topic)
        gateway_id, own, stalls = self._keys[topic]
        plain_ns, _late, _copy = delayed(self._in_order, own, stalls, now_ns, now_ns)
        moved_ns, _late, copy_ns = delayed(self._delays, own, stalls, now_ns, now_ns)
        behind_ns = max(0, self._last_ns.get(gateway_id, 0) - plain_ns)
        self._last_ns[gateway_id] = plain_ns + behind_ns
        made = [moved_ns + behind_ns]
        return made if copy_ns < 0 else [*made, copy_ns + behind_ns]


def town_wire(run: Arrivals) -> Wire:
    """The lines of a run."""
    return _Lines(run).arrivals
