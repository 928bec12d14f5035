"""What a start finds in the spool's folder, whatever happened to it: logs, spares, strangers.

Closed files are believed by their footers and checked when they are read; the rest is scanned.
No bytes raise and nothing waits for a person. A file that cannot be read at all keeps its place
by its name, to be tried again later.
"""

import errno
from dataclasses import dataclass, field
from typing import Final

from edge.disk import Disk
from edge.spool_gaps import Reason, decode_gap
from edge.spool_log import Index, Log, Segment
from edge.spool_record import Found, Record, Tally, crc_of_epoch, decode, scan, torn_bytes
from edge.spool_segment import (
    FOLDER,
    FOOTER_BYTES,
    HEADER_BYTES,
    Footer,
    Header,
    decode_footer,
    decode_header,
    parse_name,
)
from edge.spool_shelf import is_spare
from edge.spool_stats import SpoolStats

UNKNOWN: Final = bytes(16)


@dataclass(slots=True)
class FoundLog:
    """One epoch as found: the log, and the places in its unfinished file.

    ``torn``: something at the end is missing, so the last offset found may not be the last given.
    """

    log: Log
    tail: Index | None = None
    torn: bool = False
    side: bool = False
    boot_max: int = 0
    board: bytes = UNKNOWN


@dataclass(slots=True)
class Folder:
    """The spool's folder."""

    logs: dict[int, FoundLog] = field(default_factory=dict)
    spares: list[str] = field(default_factory=list)
    foreign_epochs: set[int] = field(default_factory=set)
    foreign_bytes: int = 0


@dataclass(slots=True)
class _File:
    """One segment on its way into a log; ``found`` if it had to be scanned."""

    segment: Segment
    found: Found | None
    data: bytes
    header_whole: bool
    footer: Footer | None = None
    blind: bool = False


def read_folder(disk: Disk, board: bytes | None, stats: SpoolStats) -> Folder:
    """Read it; ``board`` is whose epochs are ours, None for all.

    Raises ``OSError`` only if the folder, or every file in it, is out of reach.
    """
    folder = Folder()
    files: dict[int, list[_File]] = {}
    fault: OSError | None = None
    for file_name in sorted(disk.names(FOLDER)):
        if is_spare(file_name):
            folder.spares.append(file_name)
            continue
        if not file_name.endswith(".seg"):
            continue
        try:
            file = _read_file(disk, file_name, stats)
        except OSError as raised:
            if raised.errno != errno.EIO:
                raise
            file, fault = _blind(disk, file_name), raised
        if file is not None:
            files.setdefault(file.segment.header.epoch, []).append(file)
    if fault is not None and all(file.blind for found in files.values() for file in found):
        raise fault
    for epoch, found in files.items():
        if board is not None and _is_foreign(found, board):
            stats.foreign_segments += len(found)
            folder.foreign_epochs.add(epoch)
            folder.foreign_bytes += sum(file.segment.file_bytes for file in found)
        else:
            folder.logs[epoch] = _log_of(disk, epoch, found, stats)
    return folder


def _is_foreign(files: list[_File], board: bytes) -> bool:
    """A flipped header names no board; the other files of the epoch then speak for it."""
    boards = {file.segment.header.board for file in files if file.header_whole}
    return bool(boards) and board not in boards


def _read_file(disk: Disk, file_name: str, stats: SpoolStats) -> _File | None:
    name = f"{FOLDER}/{file_name}"
    size_bytes = disk.size_bytes(name)
    named = parse_name(file_name)
    header = decode_header(disk.read_at(name, 0, HEADER_BYTES))
    whole = header is not None
    if header is None:
        stats.damaged_headers += 1
        if named is None:
            return None
        header = Header(*named, UNKNOWN, UNKNOWN, 0)
    closing = disk.read_at(name, max(0, size_bytes - FOOTER_BYTES), FOOTER_BYTES)
    footer = decode_footer(closing, header.epoch, header.first)
    if footer is not None and not footer.tally.note_count:
        segment = Segment(name, header, size_bytes, footer.tally, footer.end, closed=True)
        return _File(segment, None, b"", whole)
    data = disk.read_at(name, 0, footer.end if footer is not None else size_bytes)
    found = scan(data, epoch=header.epoch, start=HEADER_BYTES, floor=header.first)
    closed = footer is not None
    if footer is not None:
        stats.corrupt_records += footer.tally.record_count - found.tally.record_count
    segment = Segment(name, header, size_bytes, found.tally, found.end, closed, checked=True)
    return _File(segment, found, data, whole, footer)


def _blind(disk: Disk, file_name: str) -> _File | None:
    named = parse_name(file_name)
    if named is None:
        return None
    epoch, first = named
    name = f"{FOLDER}/{file_name}"
    size_bytes = disk.size_bytes(name)
    header = Header(epoch, first, UNKNOWN, UNKNOWN, 0)
    segment = Segment(name, header, size_bytes, Tally(first, first), size_bytes, closed=True)
    return _File(segment, None, b"", header_whole=False, blind=True)


def _log_of(disk: Disk, epoch: int, files: list[_File], stats: SpoolStats) -> FoundLog:
    log = Log(disk, epoch, stats)
    made = FoundLog(log)
    files.sort(key=lambda file: file.segment.header.first)
    for file, following in zip(files, [*files[1:], None], strict=True):
        segment = file.segment
        floor = max(segment.header.first, segment.tally.last + 1)
        if file.blind and following is not None:
            segment.tally.last = following.segment.header.first - 1
        if file.found is not None:
            floor = max(floor, file.found.floor)
            _note_gaps(log, file)
        if file.footer is not None:
            floor = max(floor, file.footer.tally.last + 1)
        log.segments.append(segment)
        log.next_offset = max(log.next_offset, floor)
        made.boot_max = max(made.boot_max, segment.header.boot, segment.tally.boot_max)
        made.side = made.side or segment.header.side
        if file.header_whole:
            made.board = segment.header.board
    last = files[-1]
    made.torn = last.blind
    if last.found is not None and not last.segment.closed:
        _take_tail(made, last, last.found, stats)
    _close_all_but_tail(log, made.tail is not None)
    _count_bad(log, files, stats)
    return made


def _close_all_but_tail(log: Log, has_tail: bool) -> None:
    for segment in log.segments[: -1 if has_tail else None]:
        segment.closed = True


def _take_tail(made: FoundLog, file: _File, found: Found, stats: SpoolStats) -> None:
    """The unfinished file at the end: what is behind its last valid record is cut off."""
    made.tail = Index(found.offsets, found.positions, found.notes)
    boot = found.tally.boot_max or file.segment.header.boot
    last_mono_ns = _last_mono_ns(made.log, file, found)
    epoch = made.log.epoch
    cut_bytes = torn_bytes(file.data, found, epoch=epoch, boot=boot, last_mono_ns=last_mono_ns)
    if cut_bytes:
        made.torn = True
        stats.torn_tails += 1
        stats.torn_bytes_cut += cut_bytes


def _last_mono_ns(log: Log, file: _File, found: Found) -> int:
    if not found.positions:
        return 0
    record = decode(file.data, found.positions[-1], log.epoch, log.seed)
    return record.mono_ns if record else 0


def _note_gaps(log: Log, file: _File) -> None:
    assert file.found is not None
    for position in file.found.notes:
        note: Record | None = decode(file.data, position, log.epoch, crc_of_epoch(log.epoch))
        gap = decode_gap(note.body) if note else None
        if gap is not None:
            log.gaps.add(gap)


def _count_bad(log: Log, files: list[_File], stats: SpoolStats) -> None:
    """Count the records that stood in damaged stretches of files without a footer."""
    for file in files:
        if file.found is None or file.footer is not None:
            continue  # a footer says how many there were; they are counted by difference
        for bad in file.found.bad:
            offset = bad.below
            while offset < bad.above:
                lost = log.gaps.explain(log.epoch, offset, bad.above)
                if lost.reason == Reason.CORRUPT:
                    stats.corrupt_records += lost.count
                offset += lost.count
