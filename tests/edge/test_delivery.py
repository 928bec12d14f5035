"""Whatever the line, the process and the power do: what was read is what the host gets.

Hypothesis draws the story; the reference host checks the order of every message on its way, and
the harness that nothing old goes before something fresh.
"""

from hypothesis import given
from hypothesis import strategies as st

from edge.spool_record import Record
from tests.edge.one_gateway import OneGateway, settings
from vocabulary.delivery import LostReason

Step = tuple[str, float]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(1, 12).map(float)),
        st.tuples(st.just("wait"), st.sampled_from([0.2, 1.0, 5.0, 21.0, 40.0])),
        st.tuples(st.just("connect"), st.just(0.0)),
        st.tuples(st.just("cut"), st.just(0.0)),
        st.tuples(st.just("restart"), st.just(0.0)),
        st.tuples(st.just("commit"), st.just(0.0)),
        st.tuples(st.just("state"), st.sampled_from([0.0, 1.0])),
        st.tuples(st.just("loss"), st.sampled_from([0.0, 0.2, 0.9])),
    ),
    max_size=40,
)
CONNECTED_ONLY = {"commit", "state"}
MODES = st.sampled_from(["auto", "required"])


class Story:
    """A gateway, what it was given, and what became of it."""

    def __init__(self, mode: str, seed: int) -> None:
        self.gateway = OneGateway(settings(f'commit = "{mode}"'), seed=seed)
        self._state_ms = 0

    def step(self, what: str, amount: float) -> None:
        """One thing happens, where it can."""
        gateway = self.gateway
        if what in CONNECTED_ONLY and not gateway.connected:
            return
        match what:
            case "read":
                self.read(round(amount))
            case "wait":
                gateway.wait(amount)
            case "connect":
                gateway.cut()
                gateway.connect()
            case "commit":
                gateway.host_commits_all()
            case "state":
                self.state(online=amount > 0)
            case "loss":
                gateway.loss = amount
            case _:
                {"cut": gateway.cut, "restart": gateway.restart, "power": gateway.power_cut}[what]()

    def read(self, times: int) -> None:
        """Messages of the access point, close together."""
        for clients in range(times):
            self.gateway.now = self.gateway.now.later(0.05)
            self.gateway.read(clients)
            self.gateway.say()

    def state(self, *, online: bool) -> None:
        """The host says so, later than before."""
        self._state_ms += 1
        self.gateway.host_state(online=online, timestamp_ms=self._state_ms)

    def end_well(self) -> None:
        """The line holds and the host answers, until nothing is left."""
        gateway = self.gateway
        gateway.loss = 0.0
        if not gateway.connected:
            gateway.connect()
        self.state(online=True)
        gateway.drain(commit_s=5.0)

    def durable(self) -> set[tuple[int, int]]:
        """What the card says it has, of what it can show."""
        spool = self.gateway.spool
        return {
            (epoch, offset)
            for epoch, offset in self.gateway.generated
            if offset < spool.durable_below and isinstance(spool.read(offset, epoch), Record)
        }

    def received(self) -> set[tuple[int, int]]:
        """Every record the host has."""
        known = self.gateway.host.received
        return {(epoch, offset) for epoch, offsets in known.items() for offset in offsets}


@given(steps=STEPS, mode=MODES, seed=st.integers(0, 2**32))
def test_conservation(steps: list[Step], mode: str, seed: int) -> None:
    """Generated is received, exactly, over lossy lines and kills; nothing is declared lost."""
    story = Story(mode, seed)
    for what, amount in steps:
        story.step(what, amount)
    story.end_well()
    assert story.received() == set(story.gateway.generated)
    assert not story.gateway.host.lost


POWER_STEPS = st.lists(
    st.one_of(STEPS.map(lambda steps: steps[:1]), st.just([("power", 0.0)])), max_size=25
).map(lambda parts: [step for part in parts for step in part])


@given(steps=POWER_STEPS, seed=st.integers(0, 2**32))
def test_a_power_cut_costs_only_what_neither_card_nor_host_had(
    steps: list[Step], seed: int
) -> None:
    story = Story("auto", seed)
    durable: set[tuple[int, int]] = set()
    for what, amount in steps:
        durable |= story.durable()
        story.step(what, amount)
    story.end_well()
    received = story.received()
    assert durable <= received
    assert received <= set(story.gateway.generated)
    reasons = {reason for lost in story.gateway.host.lost.values() for reason in lost.values()}
    assert reasons <= {LostReason.SKIPPED, LostReason.CORRUPT}  # a page of the unsynced tail


def test_resend_is_idempotent() -> None:
    """Ten commits are lost in a row: the same records come again, unchanged (the host checks)."""
    story = Story("required", 1)
    for clients in range(1, 11):
        story.step("read", float(clients))
        story.step("wait", 21.0)
    for _attempt in range(10):
        story.step("connect", 0.0)
        story.gateway.host_commits(0)
        story.step("wait", 5.0)
        story.step("cut", 0.0)
    assert story.gateway.host.duplicates > 100
    story.end_well()
    assert story.received() == set(story.gateway.generated)


def test_drain_on_connect() -> None:
    """A backlog goes on connecting, without a new reading to push it."""
    story = Story("auto", 1)
    story.step("read", 12.0)
    story.step("wait", 40.0)
    gateway = story.gateway
    gateway.connect()
    gateway.host_commits(0)
    wake_ns = gateway.agent.uplink.wake_ns(gateway.now)
    assert wake_ns is not None
    assert wake_ns <= gateway.now.mono_ns + 10**9
    story.end_well()
