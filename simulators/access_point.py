"""A simulated access point: clients come and go, bytes flow, a status goes out on a rhythm.

Its message looks like a real one and therefore lists its clients with their (made-up) addresses:
that none of them ever leaves the gateway is then something a test can see.
"""

import json
import random
from typing import Final, NamedTuple

from vocabulary.units import NS_PER_MS, NS_PER_S

BOOT_NS: Final = 5 * NS_PER_S
CLIENTS_MAX: Final = 45
BYTES_PER_CLIENT_S: Final = 40_000


class Status(NamedTuple):
    """The truth of one status message."""

    sent_ns: int
    clients: int
    rx_bytes: int
    tx_bytes: int
    uptime_s: int


class SimulatedAccessPoint:
    """One access point with a power switch. Time is an argument; chance comes from a seed."""

    def __init__(self, ap_id: str, *, seed: int, beat_s: float, start_ns: int) -> None:
        self.ap_id, self.topic = ap_id, f"ap/{ap_id}/status"
        self._rng = random.Random(f"{seed}/{ap_id}")
        self._beat_ns = round(beat_s * NS_PER_S)
        phase_ns = round(self._rng.random() * self._beat_ns)
        self._booted_ns = start_ns - 86_400 * NS_PER_S
        self._clients = self._rng.randint(0, 8)
        self._target = self._clients
        self._rx_bytes = self._rng.randrange(1 << 34)
        self._tx_bytes = self._rng.randrange(1 << 36)
        self._at_ns = start_ns
        self.powered = True
        self.next_ns = start_ns + phase_ns
        self.sent: list[Status] = []
        self.device_ns = 0
        self.moved_bytes = 0

    def _live(self, now_ns: int) -> None:
        """Let time pass: bytes in proportion to clients, clients drifting towards a target."""
        passed_ns = now_ns - self._at_ns
        self._at_ns = now_ns
        if not self.powered or passed_ns <= 0:
            return
        moved = self._clients * BYTES_PER_CLIENT_S * passed_ns // NS_PER_S
        received = round(moved * self._rng.uniform(0.1, 0.3))
        self._rx_bytes += received
        self._tx_bytes += moved - received
        self.moved_bytes += moved
        self.device_ns += self._clients * passed_ns
        if self._rng.random() < 0.1:
            self._target = min(CLIENTS_MAX, int(self._rng.lognormvariate(1.2, 0.9)))
        if self._clients != self._target:
            self._clients += 1 if self._target > self._clients else -1

    def power(self, *, on: bool, now_ns: int) -> None:
        """Cut or return the power; a start takes ``BOOT_NS`` and resets counters and clients."""
        self._live(now_ns)
        if on and not self.powered:
            self._booted_ns = now_ns
            self._rx_bytes = self._tx_bytes = self._clients = self._target = 0
            self.next_ns = now_ns + BOOT_NS
        self.powered = on

    def advance(self, now_ns: int) -> bytes | None:
        """At ``next_ns``: the message that goes out, None while there is no power."""
        if now_ns < self.next_ns:
            return None
        self._live(now_ns)
        self.next_ns += self._beat_ns
        if not self.powered:
            return None
        uptime_s = (now_ns - self._booted_ns) // NS_PER_S
        status = Status(now_ns, self._clients, self._rx_bytes, self._tx_bytes, uptime_s)
        self.sent.append(status)
        return self._message(status)

    def _message(self, status: Status) -> bytes:
        stations = [made_up_station(self._rng.randrange(256), ix) for ix in range(status.clients)]
        return json.dumps(
            {
                "ts": status.sent_ns / NS_PER_S,
                "uptime": status.uptime_s,
                "radio": {"rx": status.rx_bytes, "tx": status.tx_bytes},
                "stations": stations,
            }
        ).encode()


def made_up_station(who: int, ix: int) -> dict[str, str | int]:
    """A client as access points list them; its address is made up and nobody's."""
    return {"mac": f"02:00:5e:{who:02x}:00:{ix:02x}", "signal_dbm": -60}


def sent_ms(status: Status) -> int:
    """The event time of a status in the database's unit."""
    return status.sent_ns // NS_PER_MS
