"""What a link and a board agree on: session, start, descriptor; the table of states, carried out.

``session.py`` says what each cell asks for, and this file does it. It takes messages and moments;
bytes are ``link.py``'s.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from firmware_bridge import greeting, messages
from firmware_bridge.board_account import BoardAccount
from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import (
    BoardEvent,
    BootIdRepeated,
    Foreign,
    GaveUp,
    Restarted,
    StateChange,
)
from firmware_bridge.clock_probe import ClockProbe
from firmware_bridge.commands import CommandDesk
from firmware_bridge.descriptor_fetch import DescriptorFetch
from firmware_bridge.events import Reason
from firmware_bridge.link_watch import LinkWatch
from firmware_bridge.messages import Data, Desc, Flag, Hello, MessageType
from firmware_bridge.outbox import Outbox
from firmware_bridge.readings import Readings
from firmware_bridge.session import FETCHES_MAX, NEW_SESSION_NS_MIN, TABLE, Cue, Do, State
from firmware_bridge.session_number import SessionNumber
from firmware_bridge.unit_scanner import Quarantine

HELD_MAX: Final = 64
QUARANTINE_PIECES_MAX: Final = 64


class Held(NamedTuple):
    """DATA, and when it came: perhaps before its meaning."""

    data: Data
    arrived_ns: int


class Line(NamedTuple):
    """What a conversation is told about its port."""

    baud: int
    byte_ns: int
    expected_uid: int = 0
    rates: tuple[int, ...] = ()
    """Rates to try, one after the other, on a port where nothing good was ever heard."""


class Conversation:
    """With one board, over as many opens of the port as it takes."""

    def __init__(
        self,
        mono_ns: int,
        line: Line,
        counters: BoardCounters,
        *,
        draw: Callable[[], int],
        known: Mapping[int, bytes],
    ) -> None:
        self.counters, self._line, self._draw = counters, line, draw
        self.quarantine = Quarantine(QUARANTINE_PIECES_MAX)
        self.hello: Hello | None = None
        self.readings: Readings | None = None
        self.ever_good = False
        self.outbox = Outbox(counters, byte_ns=line.byte_ns)
        self.watch = LinkWatch(mono_ns)
        self.probe = ClockProbe(draw, byte_ns=line.byte_ns)
        self.session = SessionNumber(draw)
        self.account = BoardAccount(counters)
        self.desk = CommandDesk(byte_ns=line.byte_ns)
        self._fetch = DescriptorFetch(known, counters)
        self._held: deque[Held] = deque()
        self._next_session_ns = self._suspect_ns = mono_ns
        self._starts, self._boot_id_told = 0, False

    @property
    def state(self) -> State:
        """Where the table has us."""
        return self.watch.state

    def retune(self, line: Line) -> None:
        """The port is to be opened at another rate, for nothing good was ever heard on it."""
        self._line = line
        self.outbox.byte_ns = self.desk.byte_ns = line.byte_ns
        self.probe = ClockProbe(self._draw, byte_ns=line.byte_ns)

    def opened(self, mono_ns: int, events: list[BoardEvent]) -> None:
        """End what was half said on the port, and greet."""
        self._move(State.SYNCING, mono_ns, events)
        self.watch.moved(State.SYNCING, mono_ns)
        self.outbox.delimit()
        if not self.desk.is_open:  # else its fate hangs on the old session: ask first
            self.session.renew()
            self.desk.new_session()
        self._ask_anew(mono_ns)

    # What was heard.

    def greeted(self, hello: Hello, mono_ns: int, events: list[BoardEvent]) -> None:
        """HELLO."""
        fault = greeting.objection(hello, expected_uid=self._line.expected_uid)
        if fault is not None:
            self.quarantine.add(Reason.HELLO, messages.payload_of(hello))
            self.unusable(fault, mono_ns, events)
            return
        if self.session.is_stale(hello.session):
            return  # an answer to what we asked before we asked anew
        ours = hello.session == self.session.number
        if ours and self.hello is not None and self.session.established:
            ours = not self.account.is_new_start(hello, self.hello)
        if self.session.is_foreign(hello.session):
            self.counters.foreign_sessions += 1
            if self.session.crowded(mono_ns):
                detail = "another program opens sessions with this board"
                self.unusable(detail, mono_ns, events)
                return
        before, self.hello = self.hello, hello
        self.watch.expect_heartbeat(hello.heartbeat_s)
        if ours:
            self.session.established = True
            self.watch.asking = False
            self.cue(Cue.HELLO_OURS, mono_ns, events)
        else:
            self._say_restart(before, hello, events)
            self.cue(Cue.HELLO_NOT_OURS, mono_ns, events)

    def _say_restart(self, before: Hello | None, hello: Hello, events: list[BoardEvent]) -> None:
        if before is None or before.uid != hello.uid:
            self._starts = 1
            return
        self._starts += 1
        self.counters.restarts += 1
        events.append(Restarted(hello.reset, hello.uid, self._starts))
        says = hello.flags & Flag.BOOT_ID and hello.session == 0
        if says and hello.boot_id == before.boot_id and not self._boot_id_told:
            self._boot_id_told = True
            events.append(BootIdRepeated(hello.uid, hello.boot_id))

    def unusable(self, detail: str, mono_ns: int, events: list[BoardEvent]) -> None:
        """What is on the line is not for us."""
        if self.state is not State.FOREIGN:
            events.append(Foreign(detail))
        self.cue(Cue.UNUSABLE, mono_ns, events)

    def suspect(self, mono_ns: int) -> None:
        """The board's clock or memory is not what it was: trust neither, and let HELLO decide."""
        self._forget_start()
        if self.state is State.RUNNING:
            self._ask_time(mono_ns)
        if mono_ns >= self._suspect_ns:
            self._suspect_ns = mono_ns + NEW_SESSION_NS_MIN
            self.outbox.send(MessageType.HELLO_REQ, messages.ASK, mono_ns)

    def described(self, piece: Desc, mono_ns: int, events: list[BoardEvent]) -> None:
        """DESC."""
        if self.state is not State.DESCRIBING or not self._fetch.take(piece):
            return
        if not self._fetch.complete:
            self._request_piece(mono_ns)
            return
        learned = self._fetch.judge()
        if not isinstance(learned, str):
            events.append(learned)
            self.cue(Cue.DESCRIPTOR, mono_ns, events)
        elif self._fetch.hopeless:
            self.unusable(learned, mono_ns, events)
        else:
            self._request_piece(mono_ns)

    # The table.

    def cue(
        self, cue: Cue, mono_ns: int, events: list[BoardEvent], held: Held | None = None
    ) -> None:
        """Do what the cell says."""
        cell = TABLE[self.state, cue]
        after = cell.after
        for do in cell.do:
            after = self._do(do, mono_ns, events, held) or after
        self._move(after, mono_ns, events)
        if after is State.RUNNING:
            self._release(events)

    def _move(self, after: State, mono_ns: int, events: list[BoardEvent]) -> None:
        before = self.state
        if after is before:
            return
        self.watch.moved(after, mono_ns)
        if after is State.SYNCING and not self.watch.asking:
            self.watch.ask_anew(mono_ns)
        if after is State.RUNNING:
            self._run(mono_ns)
        events.append(StateChange(before, after, self.counters.copy()))

    def _run(self, mono_ns: int) -> None:
        known = self._fetch.descriptor
        assert known is not None
        if self.readings is None or self.readings.descriptor is not known:
            self.readings = Readings(known, self.counters, mono_ns)
        self.readings.resumed(mono_ns)
        self._ask_time(mono_ns)

    def _ask_time(self, mono_ns: int) -> None:
        if self.hello is not None and self.hello.flags & Flag.TIME:
            self.probe.begin(mono_ns)

    def _do(
        self, do: Do, mono_ns: int, events: list[BoardEvent], held: Held | None
    ) -> State | None:
        """One order of a cell; a state if it decides where to go."""
        match do:
            case Do.KNOW | Do.RENEW:
                return self._know(do, mono_ns)
            case Do.FETCH:
                return self._fetch_again(mono_ns)
            case Do.RESTART:
                self._restart(mono_ns, events)
            case Do.ASK:
                self._ask_anew(mono_ns)
            case Do.GIVE_UP_MUTE | Do.GIVE_UP_SILENT:
                events.append(GaveUp(do.removeprefix("give_up_")))
            case Do.NEXT_RATE:
                self._next_rate(events)
            case _:
                if held is not None:
                    self._place(do, held, events)
        return None

    def _place(self, do: Do, held: Held, events: list[BoardEvent]) -> None:
        """What becomes of DATA."""
        if do is Do.DELIVER and self.readings is not None:
            events.extend(self.readings.take(held.data, self.probe.map, held.arrived_ns))
        elif do is Do.QUARANTINE:
            self.quarantine.add(Reason.FOREIGN, held.data.values)
        elif do is Do.HOLD:
            if len(self._held) >= HELD_MAX:
                self._held.popleft()
                self.counters.held_dropped += 1
            self._held.append(held)

    def _release(self, events: list[BoardEvent]) -> None:
        assert self.readings is not None
        while self._held:
            data, arrived_ns = self._held.popleft()
            events.extend(self.readings.take(data, self.probe.map, arrived_ns))

    def _next_rate(self, events: list[BoardEvent]) -> None:
        rates = self._line.rates
        if rates and not self.ever_good:
            ix = rates.index(self._line.baud) + 1 if self._line.baud in rates else 0
            events.append(GaveUp("rate", rates[ix % len(rates)]))

    def _know(self, do: Do, mono_ns: int) -> State | None:
        hello = self.hello
        assert hello is not None
        self.desk.remembered(mono_ns)
        if do is Do.RENEW and self._fetch.wanted == (hello.desc_hash, hello.desc_length):
            return None
        if self._fetch.begin(hello.desc_hash, hello.desc_length):
            return State.RUNNING
        self._request_piece(mono_ns)
        return State.DESCRIBING

    def _request_piece(self, mono_ns: int) -> None:
        payload = messages.descriptor_request(self._fetch.offset)
        self.outbox.send(MessageType.DESC_REQ, payload, mono_ns)
        self.watch.progressed(mono_ns)

    def _fetch_again(self, mono_ns: int) -> State | None:
        if self._fetch.again() < FETCHES_MAX:
            self._request_piece(mono_ns)
            return None
        return State.FOREIGN if self.watch.frames_in_state else State.QUIET

    # Sessions.

    def _forget_start(self) -> None:
        self.probe.restarted()
        self.account.restarted()
        if self.readings is not None:
            self.readings.restarted()

    def _restart(self, mono_ns: int, events: list[BoardEvent]) -> None:
        assert self.hello is not None
        self._forget_start()
        self._held.clear()
        outcome = self.desk.restarted(self.hello.reset)
        if outcome is not None:
            events.append(outcome)
        self.new_session(mono_ns)

    def new_session(self, mono_ns: int) -> None:
        """Ask for one, at most twice a second; the schedule asks again. No command may be open."""
        self.session.renew()
        self.desk.new_session()
        self.watch.ask_anew(mono_ns)
        if mono_ns >= self._next_session_ns:
            self._next_session_ns = mono_ns + NEW_SESSION_NS_MIN
            self.ask(mono_ns)

    def _ask_anew(self, mono_ns: int) -> None:
        self.watch.ask_anew(mono_ns)
        self.ask(mono_ns)

    def ask(self, mono_ns: int) -> None:
        """HELLO_REQ: for our session, or only whose session it is."""
        ask_only = self.session.established or self.desk.is_open
        payload = messages.ASK if ask_only else messages.hello_request(self.session.number)
        self.outbox.send(MessageType.HELLO_REQ, payload, mono_ns)
