"""Files written whole and never appended to: thinned segments, and epochs moved onto the disk.

Such a file is as long as its content. It is written beside its final name, synced, and renamed
over what it replaces; so at every moment one of the two is whole. What was dropped is noted in
the file itself, in the very place where the records were, and is freed together with it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from edge.disk import Disk
from edge.spool_gaps import Gap, GapTable, Reason, decode_gap, encode_gap
from edge.spool_log import Index, Log, Segment
from edge.spool_record import HEADER_BYTES as RECORD_HEADER_BYTES
from edge.spool_record import NOTE, Record, Tally, crc_of_epoch, decode, encode, unchecked
from edge.spool_segment import (
    FOLDER,
    FOOTER_BYTES,
    Footer,
    Header,
    encode_footer,
    encode_header,
    name_of,
    parse_name,
)
from vocabulary.delivery import TimeQuality

GAP_BYTES: Final = 128
"""A note on disk, rounded up."""
UNFINISHED: Final = f"{FOLDER}/unfinished.tmp"


def write_exact(
    disk: Disk, header: Header, records: Iterable[Record], gaps: Sequence[Gap], upto: int
) -> Segment:
    """A closed segment of these records and gaps, whole under its final name.

    The name is durable once the caller has synced the folder. ``upto`` is the offset behind the
    last one this file speaks of. Raises ``OSError``; nothing has changed then.
    """
    seed = crc_of_epoch(header.epoch)
    tally = Tally(header.first)
    parts = [encode_header(header)]
    for record in records:
        raw = encode(seed, record)
        tally.add(record.offset, record.wall_ns, record.boot, record.klass, len(raw))
        parts.append(raw)
    for gap in gaps:
        note = Record(
            header.epoch,
            upto,
            tally.last_wall_ns,
            0,
            header.boot,
            TimeQuality.SYNCED,
            NOTE,
            encode_gap(gap),
        )
        parts.append(encode(seed, note))
        tally.note_count += 1
    end = sum(len(part) for part in parts)
    parts.append(encode_footer(header.epoch, header.first, Footer(end, tally)))
    name = name_of(header.epoch, header.first)
    _remove_if_there(disk, UNFINISHED)
    disk.write_at(UNFINISHED, 0, b"".join(parts))
    disk.sync(UNFINISHED)
    disk.rename(UNFINISHED, name)
    return Segment(name, header, end + FOOTER_BYTES, tally, end, closed=True)


def write_log(
    disk: Disk, header: Header, items: Iterable[Record | Gap], *, ends: int, part_bytes: int
) -> list[Segment]:
    """A closed epoch in several files; ``header`` is that of the first, ``ends`` its end.

    A gap is noted in the file it falls into. Raises ``OSError``; what was written by then is
    whole and is the front of it.
    """
    segments: list[Segment] = []
    records: list[Record] = []
    gaps: list[Gap] = []
    size_bytes = 0
    for item in items:
        if isinstance(item, Gap):
            gaps.append(item)
            size_bytes += GAP_BYTES
            continue
        if size_bytes >= part_bytes:
            segments.append(write_exact(disk, header, records, gaps, item.offset))
            header = header._replace(first=item.offset)
            records, gaps, size_bytes = [], [], 0
        records.append(item)
        size_bytes += RECORD_HEADER_BYTES + len(item.body)
    if records or gaps:
        segments.append(write_exact(disk, header, records, gaps, ends))
    disk.sync_directory(FOLDER)
    return segments


def remove_epoch(disk: Disk, epoch: int) -> None:
    """Remove every file of an epoch, from the end: what stays if that fails has no hole."""
    for file_name in sorted(disk.names(FOLDER), reverse=True):
        named = parse_name(file_name)
        if named is not None and named[0] == epoch:
            disk.remove(f"{FOLDER}/{file_name}")


def _remove_if_there(disk: Disk, name: str) -> None:
    try:
        disk.remove(name)
    except FileNotFoundError:
        return


def notes_in(log: Log, index: Index) -> list[Gap]:
    """The gaps noted in a loaded file."""
    assert index.data is not None
    gaps = []
    for position in index.notes:
        record = decode(index.data, position, log.epoch, log.seed)
        gap = decode_gap(record.body) if record else None
        if gap is not None and gap not in gaps:
            gaps.append(gap)
    return gaps


def dropped(records: Sequence[Record]) -> Gap:
    """The gap these records leave."""
    by_class = [0, 0, 0, 0]
    for record in records:
        by_class[record.klass] += 1
    walls = [record.wall_ns for record in records]
    return Gap(
        Reason.OVERFLOW,
        records[0].offset,
        records[-1].offset + 1,
        len(records),
        tuple(by_class),
        min(walls),
        max(walls),
    )


def thin(disk: Disk, log: Log, at: int, classes: frozenset[int]) -> Gap | None:
    """Drop these classes from the closed segment number ``at``; gives what was lost.

    None if there was nothing to lose or the file cannot be read now. The caller syncs the folder.
    Raises ``OSError``; log and files still agree then.
    """
    segment = log.segments[at]
    index = log.index(segment)
    if index is None or index.data is None:
        return None
    held = [unchecked(index.data, position, log.epoch) for position in index.positions]
    pending = [record for record in held if record.offset >= log.committed]
    kept = [record for record in pending if record.klass not in classes]
    gone = [record for record in pending if record.klass in classes]
    if not gone:
        return None
    gap = dropped(gone)
    following = log.segments[at + 1].header.first if at + 1 < len(log.segments) else None
    upto = following if following is not None else log.next_offset
    notes = [*notes_in(log, index), gap]
    earlier = log.segments[at - 1] if at else None
    if not kept and earlier is not None and _is_stub(earlier):
        before = log.index(earlier)
        if before is not None:
            notes = joined([*notes_in(log, before), *notes])
            log.segments[at - 1] = write_exact(disk, earlier.header, [], notes, upto)
            log.forget_loaded(earlier)
            log.gaps.add(gap)
            del log.segments[at]
            log.forget_loaded(segment)
            disk.remove(segment.name)
            return gap
    rewritten = write_exact(disk, segment.header, kept, notes, upto)
    log.segments[at] = rewritten
    if rewritten.name != segment.name:
        disk.remove(segment.name)
    log.forget_loaded(segment)
    log.gaps.add(gap)
    return gap


def _is_stub(segment: Segment) -> bool:
    return segment.closed and not segment.tally.record_count


def joined(gaps: Sequence[Gap]) -> list[Gap]:
    """The same gaps with neighbours made one, so that a stub stays small."""
    table = GapTable()
    for gap in gaps:
        table.add(gap)
    return list(table)
