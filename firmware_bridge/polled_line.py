"""One owner for a line on which sensors are asked: an adapter with one, or RS-485 with many.

One question at a time. Before it the line was silent for 3.5 characters and what was heard since
the last answer is thrown away; the answer is known by its form and its length, never by a pause.
Our own question coming back (many RS-485 adapters hear themselves) is taken off.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from firmware_bridge.events import NEVER_NS, Event, Reason, Refused
from firmware_bridge.line import Said, Sensor
from firmware_bridge.poll_plan import PollPlan, patience_ns, silence_ns
from firmware_bridge.polled_sensor import PolledSensor, Question
from firmware_bridge.unit_scanner import BROKEN, MORE
from firmware_bridge.wire_time import wire_ns
from vocabulary.units import NS_PER_MS

HELD_BYTES_MAX: Final = 512
GARBAGE_BYTES_MAX: Final = 64
BUSY_NS_MAX: Final = 500 * NS_PER_MS
"""A line that never falls silent is asked nevertheless, after so long."""


class _Asked(msgspec.Struct):
    """The question that is out."""

    sensor_id: str
    question_ix: int
    question: Question
    asked_ns: int
    until_ns: int
    echoed: bool = False
    spoilt: bool = False
    """Something came that was no answer."""
    garbage: bytes = b""
    """The beginning of that."""


class PolledLine:
    """Never raises on bytes; holds at most ``HELD_BYTES_MAX`` of them."""

    def __init__(self, sensors: Mapping[str, PolledSensor], mono_ns: int) -> None:
        assert sensors
        (self.baud,) = {sensor.baud for sensor in sensors.values()}
        self._sensors = dict(sensors)
        self.sensors: Mapping[str, Sensor] = self._sensors
        self.plan = PollPlan({name: one.interval_ns for name, one in sensors.items()}, mono_ns)
        self._first = next(iter(sensors))
        self._open = self._was_closed = False
        self._asked: _Asked | None = None
        self._next_ix: dict[str, int] = dict.fromkeys(sensors, 0)
        self._held = b""
        self._output = b""
        self._noise_ns = mono_ns  # when a byte was last on the line
        self._wants_ns: int | None = None  # since when it waits for silence

    def opened(self, mono_ns: int) -> None:
        """Everybody is asked as soon as the line is silent."""
        if self._was_closed:
            for sensor in self._sensors.values():
                sensor.powered(mono_ns)
        self._open = True
        self._noise_ns = mono_ns
        self._next_ix = dict.fromkeys(self._next_ix, 0)
        self.plan.begin(mono_ns)

    def closed(self) -> None:
        """Nothing is asked; the answer that was waited for will not come."""
        self._drop(self._held)
        self._held, self._output, self._asked = b"", b"", None
        self._open, self._was_closed = False, True

    @property
    def deadline_ns(self) -> int:
        """The answer's, the next question's, or somebody's silence."""
        quiet_ns = min(sensor.deadline_ns for sensor in self._sensors.values())
        return min(quiet_ns, self._poll_ns)

    @property
    def _poll_ns(self) -> int:
        if not self._open or self._output:
            return NEVER_NS
        if self._asked is not None:
            return self._asked.until_ns
        return max(self.plan.deadline_ns, self._free_ns)

    @property
    def _free_ns(self) -> int:
        """When the line was silent long enough, or has kept us waiting for too long."""
        free_ns = self._noise_ns + silence_ns(self.baud)
        return free_ns if self._wants_ns is None else min(free_ns, self._wants_ns + BUSY_NS_MAX)

    def take_output(self) -> bytes:
        """The question that is due."""
        output, self._output = self._output, b""
        return output

    def receive(self, data: bytes, mono_ns: int) -> list[Said]:
        """An answer, or noise."""
        self._noise_ns = mono_ns
        asked = self._asked
        name = asked.sensor_id if asked else self._first
        self._sensors[name].counters.bytes_received += len(data)
        if asked is None:
            self._drop(data)
            return []
        self._held += data
        said = self._search(asked, mono_ns, final=False)
        self._drop(self._held[: max(0, len(self._held) - HELD_BYTES_MAX)])
        self._held = self._held[-HELD_BYTES_MAX:]
        return [*said, *self._ask(mono_ns)]

    def tick(self, mono_ns: int) -> list[Said]:
        """Give up on an answer, ask the next question, notice silence."""
        said: list[Said] = []
        asked = self._asked
        if self._open and asked is not None and mono_ns >= asked.until_ns:
            said += self._search(asked, mono_ns, final=True)
            if self._asked is not None:
                said.append(Said(asked.sensor_id, self._unanswered(asked, mono_ns)))
        said += self._ask(mono_ns)
        for name, sensor in self._sensors.items():
            said += [Said(name, event) for event in sensor.tick(mono_ns)]
        return said

    def _ask(self, mono_ns: int) -> list[Said]:
        """Put the next question out, if somebody is due and the line is silent."""
        if not self._open or self._asked is not None or self._output:
            return []
        name = self.plan.next(mono_ns)
        if name is None:
            self._wants_ns = None
            return []
        if self._wants_ns is None:
            self._wants_ns = mono_ns
        if mono_ns < self._free_ns:
            return []
        sensor, question_ix = self._sensors[name], self._next_ix[name]
        question = sensor.questions[question_ix]
        until_ns = mono_ns + patience_ns(question, self.baud)
        self._drop(self._held)
        self._held = b""
        self._asked = _Asked(name, question_ix, question, mono_ns, until_ns)
        self._output, self._wants_ns = question.wire, None
        sensor.counters.requests += 1
        return []

    def _drop(self, garbage: bytes) -> None:
        """Bytes that nobody asked for, or that are no answer."""
        if garbage:
            name = self._asked.sensor_id if self._asked else self._first
            counters = self._sensors[name].counters
            counters.bytes_skipped += len(garbage)
            if self._asked is None or not self._asked.spoilt:
                counters.resyncs += 1
                self._sensors[name].quarantine.add(Reason.STRAY, garbage)
            if self._asked is not None:
                self._asked.spoilt = True
                self._asked.garbage = (self._asked.garbage + garbage)[:GARBAGE_BYTES_MAX]

    def _search(self, asked: _Asked, mono_ns: int, *, final: bool) -> list[Said]:
        """Look for the answer in what is held; ``final`` when nothing more will be waited for."""
        sensor, question = self._sensors[asked.sensor_id], asked.question
        if not asked.echoed and self._held.startswith(question.wire):
            asked.echoed = True
            sensor.counters.echoes += 1
            self._held = self._held[len(question.wire) :]
        elif not asked.echoed and question.wire.startswith(self._held) and not final:
            return []
        ix = 0
        while ix < len(self._held):
            length = question.judge(self._held, ix)
            if length > 0:
                self._drop(self._held[:ix])
                return self._found(asked, self._held[ix : ix + length], ix, mono_ns)
            if length == MORE and not final:
                break
            if length == BROKEN:
                sensor.counters.crc_errors += 1
                sensor.quarantine.add(Reason.CHECKSUM, self._held[ix : ix + question.answer_bytes])
            ix += 1
        self._drop(self._held[:ix])
        self._held = self._held[ix:]
        return []

    def _found(self, asked: _Asked, wire: bytes, ix: int, mono_ns: int) -> list[Said]:
        sensor = self._sensors[asked.sensor_id]
        after = self._held[ix + len(wire) :]
        began_ns = mono_ns - wire_ns(len(wire) + len(after), self.baud)
        events = sensor.answered(asked.question_ix, wire, mono_ns, began_ns)
        self._asked, self._held = None, b""
        self._drop(after)
        last = asked.question_ix + 1 == len(sensor.questions)
        self._next_ix[asked.sensor_id] = 0 if last else asked.question_ix + 1
        if last:
            self.plan.answered(asked.sensor_id, mono_ns)
        return [Said(asked.sensor_id, event) for event in events]

    def _unanswered(self, asked: _Asked, mono_ns: int) -> Event:
        sensor = self._sensors[asked.sensor_id]
        sensor.counters.timeouts += 1
        self._drop(self._held)
        self._held, self._asked = b"", None
        self._next_ix[asked.sensor_id] = 0
        self.plan.unanswered(asked.sensor_id, asked_ns=asked.asked_ns, mono_ns=mono_ns)
        stranger = sensor.stranger(asked.garbage)
        if stranger:
            return Refused(Reason.WRONG_DEVICE, len(asked.garbage), stranger)
        if asked.echoed and not asked.spoilt:
            return Refused(Reason.ECHO, 0, "only our own question came back")
        return Refused(Reason.TIMEOUT, 0, "no answer" if not asked.spoilt else "no good answer")
