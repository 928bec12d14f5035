"""What is counted on a link to a board of ours: nothing is dropped without a number here."""

import msgspec

from firmware_bridge.counters import LinkCounters


class BoardCounters(LinkCounters):
    """Counters only rise; a port that is opened again goes on counting."""

    oversize_pieces: int = 0
    cobs_errors: int = 0
    short_pieces: int = 0
    other_versions: int = 0
    settling: int = 0
    """Bad pieces in the first three seconds after an open, counted above as well."""
    malformed: int = 0
    """Good frames whose payload is too short for its type, or impossible."""
    duplicates: int = 0
    """Frames that came twice in a row, byte for byte."""
    seq_gaps: int = 0
    """Numbers that did not arrive, as far as the frame counter tells (it wraps at 256)."""
    lost_on_wire: int = 0
    """The board's own account of sent frames, less those that came: exact."""
    dropped_by_board: int = 0
    heard_by_board: int = 0
    bad_at_board: int = 0
    overruns_at_board: int = 0
    restarts: int = 0
    foreign_sessions: int = 0
    held_dropped: int = 0
    """Readings that came before the descriptor, and were too many to keep."""
    too_fast: int = 0
    """Readings above fifty a second on one stream."""
    missing_values: int = 0
    """Values that the board said it does not have."""
    sensor_faults: int = 0
    by_arrival: int = 0
    """Readings timed by their arrival, for want of a clock."""
    ticks_refused: int = 0
    times_refused: int = 0
    """Answers to time probes that contradict themselves or that nobody asked for."""
    logs_dropped: int = 0
    output_dropped: int = 0
    foreign_acks: int = 0
    descriptor_errors: int = 0

    def copy(self) -> "BoardCounters":
        """As they stand now."""
        return msgspec.structs.replace(self)
