"""The town's host: bulk arrivals, a stop that loses nothing, a line that comes and goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.ledger import Ledger
from processing.columns import CueKind
from processing.settings import Settings
from simulators.broker import Broker, Message
from simulators.clock import VirtualClock
from simulators.scheduler import Scheduler
from simulators.town import generate
from simulators.town_host import Forgetful, TownHost, Wire
from vocabulary.units import NS_PER_S

TOWN = generate(5, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "l.sqlite") as made:
        yield made


class Place:
    """A host and its broker."""

    def __init__(self, ledger: Ledger, wire: Wire | None = None) -> None:
        self.scheduler, self.broker = Scheduler(VirtualClock()), Broker()
        self.taken: list[tuple[float, float]] = []
        self.cues: list[int] = []
        self.host = TownHost(
            TOWN.inventory,
            Settings(),
            host_id="host1",
            scheduler=self.scheduler,
            broker=self.broker,
            sink=Forgetful(),
            ledger=ledger,
            commit_s=5.0,
        )
        self.start_ns = self.scheduler.clock.now_ns()
        self.host.prepare(wire)
        self.host.start()
        intake = self.host.pipeline.intake
        receive = intake.receive_all

        def overhear(messages):  # type: ignore[no-untyped-def]
            now_s = self.seconds(self.scheduler.clock.now_ns())
            self.taken += [(now_s, self.seconds(one.arrival_ns)) for one in messages]
            receive(messages)

        intake.receive_all = overhear  # type: ignore[method-assign]

    def seconds(self, at_ns: int) -> float:
        return (at_ns - self.start_ns) / NS_PER_S

    def say(self) -> None:
        self.broker.accept(Message("spBv1.0/town/NDATA/gw-00000", b""))
        self.broker.pump()

    def run_until(self, seconds: float) -> None:
        self.scheduler.run_until(self.start_ns + round(seconds * NS_PER_S))


def test_arrivals_wait_for_the_next_turn_with_their_own_time(ledger: Ledger) -> None:
    place = Place(ledger)
    place.run_until(1.5)
    place.say()
    place.run_until(3.0)
    ((taken_s, arrived_s),) = place.taken
    assert arrived_s == 1.5
    assert 1.5 < taken_s <= 2.5


def test_a_stopped_host_finds_it_all_when_it_goes_on(ledger: Ledger) -> None:
    place = Place(ledger)
    place.run_until(10)
    place.host.stop()
    place.run_until(15)
    place.say()
    place.run_until(20)
    place.say()
    place.run_until(30)
    assert place.taken == []
    place.host.resume()
    place.run_until(31)
    assert [arrived for _taken, arrived in place.taken] == [30.0, 30.0]


def test_a_line_that_is_gone_says_so(ledger: Ledger) -> None:
    place = Place(ledger)
    place.run_until(5)
    place.broker.stop()
    place.host.lose_broker()
    cues = place.host.pipeline.intake.rows.take()[1]
    assert cues.kind.tolist() == [CueKind.DEAF]
    place.broker.start()
    place.host.regain_broker()
    place.run_until(8)
    place.say()
    place.run_until(10)
    assert len(place.taken) == 1


def test_a_wire_may_delay_and_double(ledger: Ledger) -> None:
    place = Place(ledger, lambda _topic, now_ns: [now_ns + NS_PER_S, now_ns + 3 * NS_PER_S])
    place.run_until(5)
    place.say()
    place.run_until(20)
    assert [arrived for _taken, arrived in place.taken] == [6.0, 8.0]
    place.host.finish()


def test_a_forgetful_sink_only_counts() -> None:
    sink = Forgetful()
    assert sink.probe() == "nobody"
    assert sink.write(["a", "b"]).stored == sink.lines == 2
    sink.close()
