"""When the state of a link has lasted too long, and whether anything came meanwhile.

Pure bookkeeping of four times: the state's beginning, the last byte, the last good frame, and the
first byte since that frame. ``session.py`` has the limits, the link does what its table says.
"""

from firmware_bridge.events import NEVER_NS
from firmware_bridge.session import (
    ASK_AFTER_NS,
    GARBLED_NS,
    HEARTBEATS_MISSED_MAX,
    NOTHING_NS,
    QUIET_ASK_NS,
    SILENCE_NS_MIN,
    Cue,
    State,
)
from vocabulary.units import NS_PER_S


class LinkWatch:
    """Of one link."""

    def __init__(self, mono_ns: int) -> None:
        self.state = State.SYNCING
        self.heard_ns = mono_ns
        """When a good frame was last read; the start, before one was."""
        self.silence_ns = SILENCE_NS_MIN
        self.asking = False
        """Whether HELLO_REQ is due again and again."""
        self._since_ns = mono_ns
        self._byte_ns = mono_ns
        self._garbled_ns = NEVER_NS
        self._ask_ns, self._asks = NEVER_NS, 0
        self._progress_ns = mono_ns
        self.frames_in_state = 0

    def expect_heartbeat(self, heartbeat_s: int) -> None:
        """What the board promises."""
        missed_ns = HEARTBEATS_MISSED_MAX * heartbeat_s * NS_PER_S
        self.silence_ns = max(SILENCE_NS_MIN, missed_ns)

    def moved(self, state: State, mono_ns: int) -> None:
        """A state begins."""
        self.state = state
        self._since_ns = self._progress_ns = mono_ns
        self._garbled_ns = NEVER_NS
        self.frames_in_state = 0
        if state is State.QUIET:
            self._asks, self._ask_ns = 0, mono_ns + QUIET_ASK_NS

    def bytes_came(self, mono_ns: int) -> None:
        """Some bytes, good or bad."""
        self._byte_ns = mono_ns
        self._garbled_ns = min(self._garbled_ns, mono_ns)

    def frame_came(self, read_ns: int) -> None:
        """A good frame."""
        self.heard_ns = read_ns
        self._garbled_ns = NEVER_NS
        self.frames_in_state += 1

    def progressed(self, mono_ns: int) -> None:
        """A piece of the descriptor came, or was asked for."""
        self._progress_ns = mono_ns

    # HELLO_REQ.

    def ask_anew(self, mono_ns: int) -> None:
        """Ask from the start of the schedule; one is sent now."""
        self.asking, self._asks = True, 0
        self._ask_ns = mono_ns + ASK_AFTER_NS[0]

    @property
    def ask_ns(self) -> int:
        """When HELLO_REQ is due."""
        return self._ask_ns if self.asking or self.state is State.QUIET else NEVER_NS

    def asked(self, mono_ns: int) -> None:
        """One was sent."""
        self._asks += 1
        if self.state is State.QUIET:
            self._ask_ns = mono_ns + QUIET_ASK_NS
        else:
            self._ask_ns = mono_ns + ASK_AFTER_NS[min(self._asks, len(ASK_AFTER_NS) - 1)]

    # The state's limit.

    @property
    def limit_ns(self) -> int:
        """When the state's time is over, as things stand."""
        match self.state:
            case State.RUNNING:
                return self.heard_ns + self.silence_ns
            case State.DESCRIBING:
                return self._progress_ns + NOTHING_NS[State.DESCRIBING]
            case State.FOREIGN:
                return self._since_ns + NOTHING_NS[State.FOREIGN]
            case _:
                return min(self._nothing_ns, self._bytes_limit_ns)

    @property
    def _nothing_ns(self) -> int:
        return max(self._since_ns, self._byte_ns) + NOTHING_NS[self.state]

    @property
    def _bytes_limit_ns(self) -> int:
        return NEVER_NS if self._garbled_ns == NEVER_NS else self._garbled_ns + GARBLED_NS

    def cue(self, mono_ns: int) -> Cue | None:
        """The limit that was reached, if one was; the state begins anew for the next one."""
        if mono_ns < self.limit_ns:
            return None
        garbled = self._garbled_ns != NEVER_NS
        if self.state not in (State.RUNNING, State.DESCRIBING, State.FOREIGN):
            garbled = mono_ns >= self._bytes_limit_ns
        self._since_ns = self._progress_ns = mono_ns
        self._garbled_ns = NEVER_NS
        return Cue.GARBLED if garbled else Cue.NOTHING
