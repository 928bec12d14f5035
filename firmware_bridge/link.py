"""A link to a board that speaks the Lamplighter serial protocol: bytes in, events out.

``receive`` and ``tick`` move it, ``take_output`` is what it wants sent, ``deadline_ns`` when it
wants to be woken. It never raises on bytes, never waits, and holds nothing without a limit. States
are in ``session.py``, what is done in them in ``conversation.py``, commands in ``commands.py``,
time in ``time_map.py``; the bytes are in ``PROTOCOL.md``.
"""

from collections.abc import Callable, Mapping
from typing import Final

from firmware_bridge import command_gate, greeting, messages
from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import BoardEvent
from firmware_bridge.board_words import BoardWords
from firmware_bridge.clock_probe import ClockProbe
from firmware_bridge.conversation import Conversation, Held, Line
from firmware_bridge.events import NEVER_NS, Reason, Refused
from firmware_bridge.frame import BadPiece, Frame, FrameReader, Verdict
from firmware_bridge.messages import (
    FROM_BOARD,
    Ack,
    Data,
    Desc,
    Heartbeat,
    Hello,
    Log,
    MessageType,
    Report,
    Status,
    Time,
)
from firmware_bridge.readings import Readings
from firmware_bridge.session import SETTLING_NS, Cue, State
from firmware_bridge.strangers import Strangers
from firmware_bridge.unit_scanner import Quarantine
from vocabulary.units import NS_PER_S

BAUD: Final = 115_200
_BITS_PER_BYTE: Final = 10  # 8N1
_FRAME_BYTES: Final = 9
_REASONS: Final = {
    Verdict.OVERSIZE: Reason.OVERSIZE,
    Verdict.COBS: Reason.COBS,
    Verdict.SHORT: Reason.SHORT,
    Verdict.CRC: Reason.CHECKSUM,
    Verdict.VERSION: Reason.OTHER_VERSION,
}


class Link:
    """One board on one port."""

    def __init__(
        self,
        mono_ns: int,
        *,
        draw: Callable[[], int],
        baud: int = BAUD,
        known: Mapping[int, bytes] | None = None,
        allow: frozenset[tuple[int, int]] = frozenset(),
        uid: int = 0,
        rates: tuple[int, ...] = (),
    ) -> None:
        """``draw`` gives 32 random bits; ``known`` are descriptors by hash; ``allow`` (uid, op).

        ``uid`` is the only board that may be here, 0 for any.
        """
        self.baud, self.counters = baud, BoardCounters()
        self._byte_ns = _BITS_PER_BYTE * NS_PER_S // baud
        line = self._line = Line(baud, self._byte_ns, uid, rates)
        self._talk = Conversation(mono_ns, line, self.counters, draw=draw, known=known or {})
        self._reader = FrameReader()
        self._words = BoardWords(self.counters)
        self._strangers = Strangers()
        self._allow = allow
        self._opened_ns, self._is_open = mono_ns, False

    # What others may know.

    @property
    def state(self) -> State:
        """Of ``session.py``."""
        return self._talk.state

    @property
    def hello(self) -> Hello | None:
        """What the board last said of itself."""
        return self._talk.hello

    @property
    def readings(self) -> Readings | None:
        """Its streams, once they are known."""
        return self._talk.readings

    @property
    def clock(self) -> ClockProbe:
        """What is known of the board's clock."""
        return self._talk.probe

    @property
    def quarantine(self) -> Quarantine:
        """What was refused last."""
        return self._talk.quarantine

    @property
    def heard_ns(self) -> int:
        """When a good frame was last read; the start, before one was."""
        return self._talk.watch.heard_ns

    @property
    def rhythm_ns(self) -> int:
        """How often the board shows life at least."""
        return (self.hello.heartbeat_s if self.hello else 1) * NS_PER_S

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What its samples can contain; empty until its descriptor is known."""
        return self.readings.descriptor.metric_names if self.readings else ()

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        if not self._is_open:
            return NEVER_NS
        talk = self._talk
        due = [talk.watch.limit_ns, talk.watch.ask_ns, talk.desk.overdue_ns]
        if self._may_command:
            due.append(talk.desk.deadline_ns)
        if talk.state is State.RUNNING:
            due.append(talk.probe.due_ns)
            if talk.readings is not None:
                due.append(talk.readings.deadline_ns)
        return min(due)

    @property
    def _may_command(self) -> bool:
        return self.state is State.RUNNING and self._talk.session.established

    # The port.

    def opened(self, mono_ns: int) -> list[BoardEvent]:
        """The port is open."""
        if self._is_open:
            self.closed()
        self._is_open, self._opened_ns = True, mono_ns
        events: list[BoardEvent] = []
        self._talk.opened(mono_ns, events)
        return events

    def retune(self, baud: int) -> None:
        """The port is closed, and will be opened at another rate."""
        self.baud, self._byte_ns = baud, _BITS_PER_BYTE * NS_PER_S // baud
        self._line = self._line._replace(baud=baud, byte_ns=self._byte_ns)
        self._talk.retune(self._line)

    def closed(self) -> None:
        """The port is closed: what came before is no beginning of what comes next."""
        self._is_open = False
        before_bytes = self._reader.bytes_skipped
        self._reader.cut()
        self.counters.bytes_skipped += self._reader.bytes_skipped - before_bytes
        self._talk.outbox.clear()
        self._talk.probe.pause()
        self._strangers.forget()

    def cut(self) -> None:
        """As ``closed``."""
        self.closed()

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return self._talk.outbox.take()

    # Bytes.

    def receive(self, data: bytes, mono_ns: int) -> list[BoardEvent]:
        """Take bytes read at ``mono_ns``; give what they complete."""
        events: list[BoardEvent] = []
        if not self._is_open:
            return events
        talk = self._talk
        self.counters.bytes_received += len(data)
        talk.watch.bytes_came(mono_ns)
        skipped_before = self._reader.bytes_skipped
        verdicts = self._reader.receive(data)
        self.counters.bytes_skipped += self._reader.bytes_skipped - skipped_before
        for verdict in verdicts:
            if isinstance(verdict, Frame):
                after_bytes = self._reader.bytes_received - verdict.end_ix
                self._frame(verdict, mono_ns, mono_ns - after_bytes * self._byte_ns, events)
            else:
                self._bad(verdict, mono_ns, events)
        if not talk.ever_good and (stranger := self._strangers.look(data)):
            self._strangers.forget()
            talk.unusable(stranger, mono_ns, events)
        self._pump(mono_ns, events)
        return events

    def _bad(self, piece: BadPiece, mono_ns: int, events: list[BoardEvent]) -> None:
        counters = self.counters
        counters.resyncs += 1
        counters.settling += mono_ns - self._opened_ns < SETTLING_NS
        match piece.verdict:
            case Verdict.CRC:
                counters.crc_errors += 1
            case Verdict.OVERSIZE:
                counters.oversize_pieces += 1
            case Verdict.COBS:
                counters.cobs_errors += 1
            case Verdict.SHORT:
                counters.short_pieces += 1
            case _:
                counters.other_versions += 1
        reason = _REASONS[piece.verdict]
        self.quarantine.add(reason, piece.encoded)
        events.append(Refused(reason, len(piece.encoded)))
        believed = self.state in (State.RUNNING, State.DESCRIBING)
        if piece.verdict is Verdict.VERSION and not believed:
            first = piece.encoded[1] if piece.encoded[0] > 1 else 0  # COBS hid a 00
            self._talk.unusable(greeting.other_version(first), mono_ns, events)

    def _frame(self, frame: Frame, mono_ns: int, end_ns: int, events: list[BoardEvent]) -> None:
        """``end_ns`` is when the frame's last byte came."""
        talk = self._talk
        talk.ever_good = True
        self.counters.frames += 1
        talk.watch.frame_came(mono_ns)
        if talk.account.is_duplicate(frame):
            return
        message = None
        if frame.type not in FROM_BOARD:
            self.counters.unknown_messages += 1
        else:
            message = messages.parse(frame.type, frame.payload)
            if message is None:
                self.counters.malformed += 1
                self.quarantine.add(Reason.TOO_SHORT, frame.payload)
                events.append(Refused(Reason.TOO_SHORT, len(frame.payload)))
        begin_ns = end_ns - (len(frame.payload) + _FRAME_BYTES) * self._byte_ns
        match message:
            case Hello():
                talk.greeted(message, mono_ns, events)
            case Data():
                talk.cue(Cue.FRAME, mono_ns, events, Held(message, begin_ns))
            case None:
                talk.cue(Cue.FRAME, mono_ns, events)
            case _:
                talk.cue(Cue.FRAME, mono_ns, events)
                self._other(message, mono_ns, begin_ns, events)

    def _other(
        self,
        message: Desc | Time | Ack | Report | Log | Heartbeat,
        mono_ns: int,
        begin_ns: int,
        events: list[BoardEvent],
    ) -> None:
        talk = self._talk
        match message:
            case Desc():
                talk.described(message, mono_ns, events)
            case Time():
                if not talk.probe.answered(message, begin_ns):
                    self.counters.times_refused += 1
                elif talk.account.clock_went_back(message.tx_us):
                    talk.suspect(mono_ns)
            case Ack():
                self._answered(message, mono_ns, events)
            case Report():
                events.append(self._words.reported(message, talk.probe.map, begin_ns))
            case Log():
                events.extend(self._words.logged(message, mono_ns))
            case Heartbeat():
                number = talk.session.number if talk.session.established else 0
                if talk.account.heartbeat(message, number, talk.hello):
                    talk.suspect(mono_ns)

    # Commands.

    def command(self, op: int, arguments: tuple[float, ...], mono_ns: int) -> int | str:
        """Ask the board to do something: a ticket that its ``Outcome`` will name, or why not."""
        ops = self.readings.descriptor.ops if self.readings else {}
        packed = command_gate.packed(self.hello, ops, self._allow, op, arguments)
        if isinstance(packed, str):
            return packed
        ticket = self._talk.desk.order(*packed)
        if ticket is None:
            return "too many commands wait already"
        self._pump(mono_ns, [])
        return ticket

    def _answered(self, ack: Ack, mono_ns: int, events: list[BoardEvent]) -> None:
        if ack.session != self._talk.session.number:
            self.counters.foreign_acks += 1
            return
        outcome = self._talk.desk.answered(ack, mono_ns)
        if outcome is None:
            return
        events.append(outcome)
        if outcome.status in (Status.WRONG_SESSION, Status.WRONG_ID):
            self._talk.new_session(mono_ns)

    def _pump(self, mono_ns: int, events: list[BoardEvent]) -> None:
        """Send what may be sent now."""
        if not self._is_open:
            return
        talk = self._talk
        if mono_ns >= talk.desk.overdue_ns:
            events.append(talk.desk.give_up())
            talk.new_session(mono_ns)
        if self._may_command:
            if talk.desk.must_ask(mono_ns):
                talk.outbox.send(MessageType.HELLO_REQ, messages.ASK, mono_ns)
            payload = talk.desk.next_payload(talk.session.number, mono_ns)
            if payload is not None:
                talk.outbox.send(MessageType.CMD, payload, mono_ns)
        if talk.state is State.RUNNING and mono_ns >= talk.probe.due_ns:
            token = talk.probe.token(mono_ns)
            talk.probe.asked(token, talk.outbox.send(MessageType.TIME_REQ, token, mono_ns))

    # Time.

    def tick(self, mono_ns: int) -> list[BoardEvent]:
        """Do what fell due."""
        events: list[BoardEvent] = []
        if not self._is_open:
            return events
        talk = self._talk
        cue = talk.watch.cue(mono_ns)
        if cue is not None:
            self.counters.silences += talk.state is State.RUNNING
            talk.cue(cue, mono_ns, events)
        if mono_ns >= talk.watch.ask_ns:
            talk.ask(mono_ns)
            talk.watch.asked(mono_ns)
        if talk.state is State.RUNNING and talk.readings is not None:
            events.extend(talk.readings.tick(mono_ns))
        self._pump(mono_ns, events)
        return events
