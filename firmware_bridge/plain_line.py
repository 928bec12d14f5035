"""A board of one's own that says lines of text: LF or CR LF at the end, 256 bytes at most.

What stands before the first line end after an open is half a line and is not read: half a number
is a number too. A line that is too long, not of the form, or whose check fails is refused whole.
"""

from typing import Final

from firmware_bridge.events import Event, Reason, Refused
from firmware_bridge.plain_form import LINE_BYTES_MAX, PlainForm, PlainReader, unchecked
from firmware_bridge.plausible import Span, believed
from firmware_bridge.stream_sensor import StreamSensor
from firmware_bridge.unit_scanner import NOT_A_UNIT
from firmware_bridge.wire_time import wire_ns
from vocabulary.metrics import CATALOGUE
from vocabulary.units import NS_PER_S

BAUD: Final = 9600
INTERVAL_NS: Final = 10 * NS_PER_S

_END: Final = b"\n"


class PlainLine(StreamSensor):
    """One board on one port."""

    head = _END

    def __init__(
        self,
        mono_ns: int,
        *,
        form: PlainForm,
        baud: int = BAUD,
        interval_ns: int = INTERVAL_NS,
    ) -> None:
        super().__init__(mono_ns, baud=baud, interval_ns=interval_ns)
        self.metric_names = tuple(dict.fromkeys(one.name for one in form.values))
        self._reader = PlainReader(form)
        self._spans = {
            name: Span(CATALOGUE[name].low, CATALOGUE[name].high) for name in self.metric_names
        }
        self._rest = b""
        self._deaf = True  # until the next line end
        self._lost = False  # the last line was refused

    @staticmethod
    def judge(stream: bytes, ix: int) -> int:
        """Lines are not units that are searched for."""
        del stream, ix
        return NOT_A_UNIT

    def cut(self) -> None:
        """The port was closed: what came before is no beginning of what comes next."""
        self.counters.bytes_skipped += len(self._rest)
        self._rest, self._deaf = b"", True

    def receive(self, data: bytes, mono_ns: int) -> list[Event]:
        """Take bytes read at ``mono_ns``; give what they complete."""
        counters = self.counters
        counters.bytes_received += len(data)
        *lines, rest = (self._rest + data).split(_END)
        after_bytes = len(rest) + sum(len(line) + 1 for line in lines)
        events: list[Event] = []
        for line in lines:
            size_bytes = len(line) + 1
            after_bytes -= size_bytes
            if self._deaf:  # half a line, or the end of one that was too long
                counters.bytes_skipped += size_bytes
                self._deaf = False
                continue
            on_wire_ns = wire_ns(size_bytes + after_bytes, self.baud)
            events += self._line(line, size_bytes, mono_ns, mono_ns - on_wire_ns)
        if self._deaf:
            counters.bytes_skipped += len(rest)
            rest = b""
        elif len(rest) > LINE_BYTES_MAX + 1:
            events.append(self._refuse(Reason.UNMATCHED, rest))
            rest, self._deaf = b"", True
        self._rest = rest
        return events

    def _refuse(self, reason: Reason, line: bytes) -> Refused:
        if not self._lost:
            self.counters.resyncs += 1
        self._lost = True
        self.counters.bytes_skipped += len(line)
        self.quarantine.add(reason, line)
        return Refused(reason, len(line))

    def _line(self, line: bytes, size_bytes: int, read_ns: int, mono_ns: int) -> list[Event]:
        text = line.removesuffix(b"\r")
        if not text:
            self.counters.bytes_skipped += size_bytes
            return []
        body = unchecked(text, self._reader.form.check) if len(text) <= LINE_BYTES_MAX else b""
        if body is None:
            self.counters.crc_errors += 1
            return [self._refuse(Reason.CHECKSUM, line + _END)]
        values = self._reader.read(body)
        if values is None:
            return [self._refuse(Reason.UNMATCHED, line + _END)]
        self._lost = self._silent = False
        self.heard_ns = read_ns
        self.counters.frames += 1
        return believed(values, self._spans, mono_ns=mono_ns, counters=self.counters)
