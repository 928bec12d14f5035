"""A board that speaks at its own rate, whatever rate its port was opened at, for tests.

What the other side hears at another rate is sampled bit by bit, as a receiver would.
"""

from simulators.board_kinds import Device


def heard_at(wire: bytes, spoken: int, heard: int) -> bytes:
    """Bytes spoken back to back at one rate, as a receiver of another hears them."""
    if spoken == heard:
        return wire
    levels = [1] + [bit for byte in wire for bit in (0, *(byte >> ix & 1 for ix in range(8)), 1)]
    out, at, step = [], 1.0, spoken / heard

    def level(place: float) -> int:
        return levels[int(place)] if int(place) < len(levels) else 1

    while at < len(levels):
        if level(at):
            at += min(step, 1) / 2
            continue
        bits = [level(at + step * (1.5 + ix)) for ix in range(8)]
        out.append(sum(bit << ix for ix, bit in enumerate(bits)))
        at += step * 9.5
    return bytes(out)


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
        return heard_at(self.device.advance(now_ns), self.own_baud, self.baud)

    def receive(self, data: bytes, now_ns: int) -> None:
        """As the device hears it."""
        self.device.receive(heard_at(data, self.baud, self.own_baud), now_ns)
