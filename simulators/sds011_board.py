"""A Nova SDS011 as it behaves on a desk: real bytes, the real rhythm, its commands, its truth.

It builds and reads its bytes by itself, apart from ``firmware_bridge``, so that a fault there
cannot hide behind the same fault here. Like the real one it does nothing while asleep but listen
for the command to work; after waking it reads on at once, though wrongly for half a minute; with
a period it sleeps, works for half a minute and then says one value.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from simulators.board_kinds import Start
from simulators.sent_values import SentValues
from vocabulary.units import INT64_MAX, NS_PER_S, S_PER_MIN

INTERVAL_NS: Final = NS_PER_S
WARM_UP_NS: Final = 30 * NS_PER_S
SENT_MAX: Final = 100_000
FIRMWARE: Final = (15, 7, 10)
NEVER_NS: Final = INT64_MAX

_COMMAND_BYTES: Final = 19
_ANY_ID: Final = b"\xff\xff"
_MODE, _QUERY, _ID, _POWER, _FIRMWARE, _PERIOD = 2, 4, 5, 6, 7, 8

Values = Callable[[int], tuple[int, int]]
"""Virtual time -> PM2.5 and PM10 in tenths of a microgram per cubic metre."""


class Sent(NamedTuple):
    """One reading that truly left the board, and whether the board stood by it."""

    ts_ns: int
    pm2_5_tenths: int
    pm10_tenths: int
    settled: bool


class Sds011Board:
    """Says when it wants to be woken; ``advance`` gives what it says until then."""

    def __init__(self, now_ns: int, values: Values, *, sensor_id: int = 0xA160) -> None:
        self.sent: deque[Sent] = deque(maxlen=SENT_MAX)
        """The newest readings it sent, oldest first."""
        self.sent_count = 0
        self.truth = SentValues()
        self.working, self.on_query, self.period_minutes = True, False, 0
        self._id = sensor_id.to_bytes(2, "big")
        self._values = values
        self._woke_ns = now_ns - WARM_UP_NS  # plugged in long ago
        self._due_ns = now_ns + INTERVAL_NS
        self._ready = bytearray()
        self._ready_ns = NEVER_NS
        self._rest = b""

    @property
    def sensor_id(self) -> int:
        """Its number."""
        return int.from_bytes(self._id, "big")

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next."""
        return min(self._ready_ns, self._reading_ns)

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        self._read_until(now_ns)
        wire, self._ready, self._ready_ns = bytes(self._ready), bytearray(), NEVER_NS
        return wire

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes came from the gateway; answers leave with the next ``advance``."""
        self._read_until(now_ns)  # what it said before it heard this
        self._rest += data
        while (start_ix := self._rest.find(b"\xaa\xb4")) >= 0:
            unit = self._rest[start_ix : start_ix + _COMMAND_BYTES]
            if len(unit) < _COMMAND_BYTES:
                break
            good = unit[18] == 0xAB and sum(unit[2:17]) % 256 == unit[17]
            self._rest = self._rest[start_ix + (_COMMAND_BYTES if good else 1) :]
            if good and unit[15:17] in (_ANY_ID, self._id):
                self._obey(unit, now_ns)
        self._rest = self._rest[-(_COMMAND_BYTES - 1) :]

    @property
    def _reading_ns(self) -> int:
        return self._due_ns if self.working and not self.on_query else NEVER_NS

    def _read_until(self, now_ns: int) -> None:
        while self._reading_ns <= now_ns:
            self._say(self._reading(self._due_ns), self._due_ns)
            self._due_ns += self._interval_ns

    @property
    def _interval_ns(self) -> int:
        return self.period_minutes * S_PER_MIN * NS_PER_S or INTERVAL_NS

    def _reading(self, ts_ns: int) -> bytes:
        pm2_5, pm10 = self._values(ts_ns)
        settled = ts_ns - self._woke_ns >= WARM_UP_NS
        if not settled:
            pm2_5, pm10 = pm2_5 // 2, pm10 // 2  # stale air, thinned
        self.sent.append(Sent(ts_ns, pm2_5, pm10, settled))
        values = {"air/pm2_5_ugm3": pm2_5 / 10, "air/pm10_ugm3": pm10 / 10}
        self.truth.add(ts_ns, values, settled=settled)
        self.sent_count += 1
        return self._unit(0xC0, pm2_5.to_bytes(2, "little") + pm10.to_bytes(2, "little"))

    def _unit(self, command: int, data: bytes) -> bytes:
        body = data + self._id
        return bytes((0xAA, command)) + body + bytes((sum(body) % 256, 0xAB))

    def _say(self, wire: bytes, now_ns: int) -> None:
        self._ready += wire
        self._ready_ns = min(self._ready_ns, now_ns)

    def _obey(self, unit: bytes, now_ns: int) -> None:
        what, value = unit[2], unit[4]
        setting = unit[3] == 1
        if not self.working and what != _POWER:
            return
        if what == _QUERY:
            self._say(self._reading(now_ns), now_ns)
        elif what == _FIRMWARE:
            self._say(self._unit(0xC5, bytes((what, *FIRMWARE))), now_ns)
        elif what == _ID:
            self._id = unit[13:15]
            self._say(self._unit(0xC5, bytes((what, 0, 0, 0))), now_ns)
        elif what in (_MODE, _POWER, _PERIOD):
            if setting:
                self._set(what, value, now_ns)
            shown = {
                _MODE: int(self.on_query),
                _POWER: int(self.working),
                _PERIOD: self.period_minutes,
            }[what]
            self._say(self._unit(0xC5, bytes((what, unit[3], shown, 0))), now_ns)

    def _set(self, what: int, value: int, now_ns: int) -> None:
        if what == _MODE:
            self.on_query = value == 1
        elif what == _PERIOD:
            self.period_minutes = value
        else:
            if value == 1 and not self.working:
                self._woke_ns = now_ns
            self.working = value == 1
        self._due_ns = now_ns + (WARM_UP_NS if self.period_minutes else INTERVAL_NS)


def plugged_in(start: Start) -> Sds011Board:
    """One on a desk, in air that swings a little; its maker in ``board_kinds``."""

    def values(now_ns: int) -> tuple[int, int]:
        tenths = 100 + now_ns // NS_PER_S % 60
        return tenths, tenths + 40

    return Sds011Board(start.now_ns, values)
