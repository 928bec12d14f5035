"""What happened to the spool, counted since the process started."""

import msgspec

from edge.spool_record import CLASS_COUNT


class SpoolStats(msgspec.Struct, kw_only=True):
    """Counters of one process; ``ram_mode`` and the last fault are states."""

    appended_records: int = 0
    appended_bytes: int = 0
    syncs: int = 0
    synced_bytes: int = 0
    last_sync_ns: int = 0
    """How long the last sync in a thread took."""
    slow_syncs: int = 0
    cursor_saves: int = 0
    committed_records: int = 0
    torn_tails: int = 0
    torn_bytes_cut: int = 0
    corrupt_records: int = 0
    skipped_offsets: int = 0
    damaged_headers: int = 0
    damaged_slots: int = 0
    foreign_segments: int = 0
    evicted_by_class: list[int] = msgspec.field(default_factory=lambda: [0] * CLASS_COUNT)
    ring_evicted_by_class: list[int] = msgspec.field(default_factory=lambda: [0] * CLASS_COUNT)
    ring_records: int = 0
    write_faults: int = 0
    read_faults: int = 0
    heals: int = 0
    abandoned_records: int = 0
    ram_mode: bool = False
    last_fault: str = ""

    @property
    def evicted_records(self) -> int:
        """Records given up for lack of room, on disk and in memory."""
        return sum(self.evicted_by_class) + sum(self.ring_evicted_by_class)

    def begin_counting_damage(self) -> None:
        """The folder is read again from the start: what it shows is not counted twice."""
        self.torn_tails = self.torn_bytes_cut = 0
        self.corrupt_records = 0
        self.damaged_headers = self.damaged_slots = 0
        self.foreign_segments = 0
