"""The host in the virtual world: it announces itself, and stores what it took in."""

import json
from pathlib import Path

from ingest.ledger import Ledger
from ingest.line_file import LineFile
from processing.settings import Settings
from simulators.broker import Broker, Message
from simulators.clock import VirtualClock
from simulators.neighbourhood import build
from simulators.scheduler import Scheduler
from simulators.virtual_host import VirtualHost
from vocabulary.units import NS_PER_S


def test_it_says_that_it_is_online_and_its_will_says_when_it_is_not(tmp_path: Path) -> None:
    scheduler, broker = Scheduler(VirtualClock()), Broker()
    sink = LineFile(tmp_path / "points.lp")
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        host = VirtualHost(
            build(1, 600).inventory,
            Settings(),
            host_id="host1",
            scheduler=scheduler,
            broker=broker,
            sink=sink,
            ledger=ledger,
            commit_s=1.0,
        )
        heard: list[Message] = []
        listener = broker.connect("listener", heard.append)
        listener.subscribe("spBv1.0/STATE/host1")
        host.start()
        assert json.loads(heard[-1].payload)["online"] is True
        scheduler.run_until(scheduler.clock.now_ns() + 10 * NS_PER_S)
        assert host.pipeline.steps >= 39
        broker.sessions["host1"].drop()
        broker.pump()
        assert json.loads(heard[-1].payload)["online"] is False
