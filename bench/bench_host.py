"""The host's path from message bytes to state, network excluded, on one core: and where it goes.

Each message carries 66 readings, six metrics of an access point eleven times within ten seconds,
and every access point sends one every ten seconds; all answer. Everything happens that happens in
a running host: the topic, the place in ``seq``, the offset, the kernels, the step of the
processor. Lines for the database are no part of the first figure, and of the one beside it.
Seconds are those of the processor: "on one core" must not depend on who else uses the machine.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from time import process_time_ns
from typing import Any, Final

from bench.figure import Figure
from bench.host_lines import WITHOUT_LINES, replaced
from bench.host_messages import APS, MESSAGES, READINGS_PER_MESSAGE, data, fresh, town
from bench.host_share import share_of_paho
from ingest import fast_lane, pipeline
from ingest.intake import Message
from ingest.pipeline import Pipeline
from ingest.plain_lines import PlainLines
from processing import bind
from processing.changes import NodeState
from processing.step import warm_up
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_S

FAMILY: Final = "host"
PER_TURN: Final = 250
ROUNDS: Final = 5
OBJECT_MESSAGES: Final = 500
TARGET: Final = 2e6


class Stopwatch:
    """Time spent in named parts."""

    def __init__(self) -> None:
        self.spent_ns: dict[str, int] = {}

    def on(self, owner: object, name: str, label: str) -> tuple[object, str, Callable[..., Any]]:
        """A function of ``owner``, watched, for ``replaced``."""
        part: Callable[..., Any] = getattr(owner, name)

        def watched(*args: Any, **named: Any) -> Any:
            begun_ns = process_time_ns()
            made = part(*args, **named)
            self.spent_ns[label] = self.spent_ns.get(label, 0) + process_time_ns() - begun_ns
            return made

        return owner, name, watched


def _run(host: Pipeline, messages: Sequence[Message], *, one_by_one: bool = False) -> float:
    """Seconds from bytes to state."""
    begun_ns = process_time_ns()
    for first in range(0, len(messages), PER_TURN):
        turn = messages[first : first + PER_TURN]
        if one_by_one:
            for message in turn:
                host.receive(message)
        else:
            host.receive_all(turn)
        host.advance(turn[-1].arrival_ns)
    seconds = (process_time_ns() - begun_ns) / NS_PER_S
    assert host.intake.readings == (APS + len(messages)) * READINGS_PER_MESSAGE
    assert not host.intake.counts
    states = {change.state for change in host.nodes.values()}
    assert states <= {NodeState.UP}, "something went dark, and that is another benchmark"
    return seconds


def _best(inventory: Inventory, messages: Sequence[Message]) -> float:
    seconds = min(_run(fresh(inventory), messages) for _ in range(ROUNDS))
    return len(messages) * READINGS_PER_MESSAGE / seconds


def _parts(inventory: Inventory, messages: Sequence[Message]) -> dict[str, float]:
    """Nanoseconds per reading, by part; what is left is sessions, offsets and their accounts."""
    watch = Stopwatch()
    with replaced(
        watch.on(fast_lane, "join", "join"),
        watch.on(fast_lane, "decode", "decode"),
        watch.on(bind, "bind", "bind"),
        watch.on(PlainLines, "lines", "lines"),
        watch.on(pipeline, "step", "step"),
        watch.on(PlainLines, "usage_lines", "usage_lines"),
    ):
        runs = []
        for _ in range(ROUNDS):
            host = fresh(inventory)
            watch.spent_ns.clear()
            total_ns = round(_run(host, messages) * NS_PER_S)
            runs.append((total_ns, dict(watch.spent_ns)))
    total_ns, parts = min(runs, key=itemgetter(0))
    parts["sessions_and_offsets"] = total_ns - sum(parts.values())
    return {name: ns / len(messages) / READINGS_PER_MESSAGE for name, ns in parts.items()}


def run() -> list[Figure]:
    """Many at a time, the same with lines, one by one through objects, and the parts."""
    inventory, messages = town(), data(APS + MESSAGES)[APS:]
    bind.warm_up()
    warm_up(fresh(inventory).city)
    with replaced(*WITHOUT_LINES):
        bare = _best(inventory, messages)
    with_lines = _best(inventory, messages)
    some = messages[:OBJECT_MESSAGES]
    objects = len(some) * READINGS_PER_MESSAGE / _run(fresh(inventory), some, one_by_one=True)
    parts = _parts(inventory, messages)
    return [
        Figure(
            name="host.readings_per_s",
            value=bare,
            unit="readings/s",
            better="higher",
            beside={"target": TARGET, "with_lines": with_lines, "protobuf_objects": objects},
        ),
        Figure(
            name="host.ns_per_reading",
            value=sum(parts.values()),
            unit="ns",
            better="lower",
            beside=parts,
        ),
        share_of_paho(inventory),
    ]
