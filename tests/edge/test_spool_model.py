"""Whatever happens to the spool, in any order: what it calls durable is there, nothing twice."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.edge.spool_world import SpoolWorld
from vocabulary.delivery import RecordClass

classes = st.sampled_from(RecordClass)
sizes = st.integers(8, 400)


class SpoolMachine(RuleBasedStateMachine):
    """Append, commit, wait, stop, kill, cut the power, break the card and mend it."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.world = SpoolWorld(seed)

    @rule(klass=classes, size_bytes=sizes, count=st.integers(1, 12))
    def append(self, klass: RecordClass, size_bytes: int, count: int) -> None:
        for _one in range(count):
            self.world.append(klass, size_bytes)

    @rule(seconds=st.sampled_from([0.05, 0.2, 1, 6, 70, 100_000]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(share=st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    def commit(self, share: float) -> None:
        self.world.commit(share)

    @rule()
    def sync(self) -> None:
        self.world.spool.sync(self.world.now)
        self.world.learn_durable()

    @rule()
    def kill(self) -> None:
        self.world.kill()

    @rule()
    def stop(self) -> None:
        self.world.stop()

    @rule()
    def power_cut(self) -> None:
        self.world.power_cut()

    @rule(call=st.integers(1, 40), klass=classes)
    def power_cut_during_a_call(self, call: int, klass: RecordClass) -> None:
        self.world.cut_during(call, klass)

    @rule()
    def card_full(self) -> None:
        self.world.disk.full = True

    @rule()
    def card_read_only(self) -> None:
        self.world.disk.read_only = True

    @rule(call=st.integers(1, 20))
    def one_call_fails(self, call: int) -> None:
        self.world.disk.fail_call = self.world.disk.calls + call

    @rule()
    def card_mended(self) -> None:
        self.world.mend_disk()

    @rule(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 2**20))
    @precondition(lambda self: self.world.flips < 3)
    def flip_a_bit_and_restart(self, where: float, bit: int) -> None:
        world = self.world
        world.mend_disk()
        files = sorted(name for name in world.disk.image() if name.endswith(".seg"))
        if files:
            name = files[int(where * len(files))]
            world.flips += 1
            world.disk.flip_bit(name, bit % (8 * world.disk.size_bytes(name)))
            world.kill()

    @invariant()
    def nothing_differs(self) -> None:
        if not self.world.disk.gone:
            self.world.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.mend_disk()
            self.world.wait(200)
            assert not self.world.spool.stats.ram_mode, "it did not heal"
            self.world.power_cut()


TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(stateful_step_count=30, deadline=None)
