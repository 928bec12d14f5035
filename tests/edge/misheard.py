"""A board that speaks at its own rate, whatever rate its port was opened at, for tests.

What the other side hears at another rate is sampled bit by bit, as a receiver would.
"""

from simulators.board_kinds import Device
from simulators.wire import resample


class OwnRate:
    """A device behind a rate of its own; ``baud`` is what the port is set to now."""

    def __init__(self, device: Device, own_baud: int) -> None:
        self.device, self.own_baud, self.baud = device, own_baud, own_baud

    @property
    def next_ns(self) -> int:
        """The device's."""
        return self.device.next_ns

    def advance(self, now_ns: int) -> bytes:
        """As heard at the port's rate."""
        return resample(self.device.advance(now_ns), sent_baud=self.own_baud, heard_baud=self.baud)

    def receive(self, data: bytes, now_ns: int) -> None:
        """As the device hears it."""
        self.device.receive(resample(data, sent_baud=self.baud, heard_baud=self.own_baud), now_ns)
