"""What every part of one run shares: time, the network, and the log of what happened."""

from typing import NamedTuple

from simulators.network import Network
from simulators.run_log import RunLog
from simulators.scheduler import Scheduler


class Stage(NamedTuple):
    """The stage that gateways and host stand on."""

    scheduler: Scheduler
    network: Network
    log: RunLog

    def now_ns(self) -> int:
        """True time."""
        return self.scheduler.clock.now_ns()

    def say(self, what: str) -> None:
        """Something happened that a person wants to read when the run fails."""
        self.log.say(self.now_ns(), what)

    def note(self, what: str, data: bytes) -> None:
        """Something happened that only the digest needs."""
        self.log.note(self.now_ns(), what, data)
