"""What every part of a run shares."""

import random

from simulators.broker import Broker
from simulators.clock import EPOCH_NS, VirtualClock
from simulators.network import Network
from simulators.run_log import RunLog
from simulators.scheduler import Scheduler
from simulators.swarm_stage import Stage


def test_time_and_log_are_one() -> None:
    scheduler = Scheduler(VirtualClock())
    log = RunLog(5, EPOCH_NS)
    stage = Stage(scheduler, Network(scheduler, Broker(), random.Random(1)), log)
    stage.say("begins")
    stage.note("topic", b"payload")
    assert stage.now_ns() == EPOCH_NS
    assert log.lines == ["    0.000 s  begins"]
    assert log.events == 2
