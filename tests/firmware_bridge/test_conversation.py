"""The table carried out: cells that the whole link does not reach by itself."""

from itertools import product

import pytest

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import BoardEvent, GaveUp, StateChange
from firmware_bridge.conversation import Conversation, Held, Line
from firmware_bridge.messages import Data, Hello
from firmware_bridge.session import TABLE, Cue, Do, State
from tests.firmware_bridge.vectors import DESCRIPTOR
from vocabulary.units import NS_PER_S

HELLO = Hello(1, 1, 7, 0, 42, 7, 1, 0xFEAC11C5, 159, 64, 10, 0x01020003, 6)
HELD = Held(Data(1, 0, 5, bytes.fromhex("40E2010098093012818D0100AC0C")), 0)


def in_state(state: State) -> Conversation:
    """A conversation there, with everything known that could be."""
    numbers = iter(range(1, 1_000))
    line = Line(115_200, 86_805, 0, (9_600, 57_600))
    made = Conversation(
        0, line, BoardCounters(), draw=lambda: next(numbers), known={0xFEAC11C5: DESCRIPTOR}
    )
    events: list[BoardEvent] = []
    made.opened(0, events)
    made.greeted(HELLO, 1, events)
    assert made.state is State.RUNNING
    made.watch.moved(state, 2)
    made.outbox.take()
    return made


@pytest.mark.parametrize(("state", "cue"), list(product(State, Cue)))
def test_every_cell_can_be_carried_out(state: State, cue: Cue) -> None:
    talk, events = in_state(state), list[BoardEvent]()
    cell = TABLE[state, cue]
    talk.cue(cue, NS_PER_S, events, HELD if cue is Cue.FRAME else None)
    decided = {Do.KNOW, Do.RENEW, Do.FETCH} & set(cell.do)
    if not decided:
        assert talk.state is cell.after
    changes = [one for one in events if isinstance(one, StateChange)]
    assert len(changes) == (talk.state is not state)
    asked = {Do.ASK, Do.FETCH} & set(cell.do)
    assert bool(talk.outbox.take()) == bool(asked or Do.RESTART in cell.do)
    gave_up = [one for one in events if isinstance(one, GaveUp)]
    wanted = {Do.GIVE_UP_MUTE, Do.GIVE_UP_SILENT, Do.NEXT_RATE} & set(cell.do)
    assert len(gave_up) == len(wanted)


def test_a_rate_is_tried_only_where_nothing_good_was_heard() -> None:
    talk, events = in_state(State.GARBAGE), list[BoardEvent]()
    talk.ever_good = True
    talk.cue(Cue.GARBLED, 5, events)
    assert events == []


def test_the_fifth_request_in_vain_ends_in_quiet_or_foreign() -> None:
    for frames, after in ((0, State.QUIET), (3, State.FOREIGN)):
        talk, events = in_state(State.DESCRIBING), list[BoardEvent]()
        talk.watch.frames_in_state = frames
        for ix in range(5):
            assert talk.state is State.DESCRIBING
            talk.cue(Cue.NOTHING, ix * NS_PER_S, events)
        assert talk.state is after
