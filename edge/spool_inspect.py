"""What a spool holds and whether it is sound, read without changing a byte.

For the technician at the gateway and for a card from a dead one in another machine's reader.
"""

from typing import Final

import msgspec

from edge.alias_table import AliasTable
from edge.disk import Disk
from edge.spool_cursor import Cursor, CursorFile
from edge.spool_epoch import is_volatile
from edge.spool_gaps import Reason
from edge.spool_log import Log
from edge.spool_record import scan
from edge.spool_recovery import Folder, FoundLog, read_folder
from edge.spool_segment import (
    FOLDER,
    FOOTER_BYTES,
    HEADER_BYTES,
    Header,
    decode_footer,
    decode_header,
    identity_text,
    parse_name,
)
from edge.spool_stats import SpoolStats

LOST_RANGES_MAX: Final = 100_000


class EpochShown(msgspec.Struct, frozen=True):
    """One epoch on a card. ``role``: written, closed, or moved there from memory."""

    epoch: int
    role: str
    board: str
    committed: int
    next_offset: int
    records: int
    bytes: int
    lost: int
    skipped: int
    files: int
    oldest_wall_ns: int | None


class SpoolShown(msgspec.Struct, frozen=True):
    """A card."""

    epochs: list[EpochShown]
    boots: int
    aliases: int
    host_acknowledges: bool
    clean_stop: bool
    spare_files: int
    torn_tails: int
    damaged_headers: int
    damaged_slots: int


class FileVerified(msgspec.Struct, frozen=True):
    """One file, read to its end. ``missing``: offsets that should be between those found."""

    name: str
    records: int
    bytes: int
    closed: bool
    header_whole: bool
    bad_stretches: int
    missing: int

    @property
    def sound(self) -> bool:
        """Whether nothing in it is damaged."""
        return self.header_whole and not self.bad_stretches and not self.missing


class SpoolVerified(msgspec.Struct, frozen=True):
    """Every file of a card."""

    files: list[FileVerified]
    unreadable: list[str]

    @property
    def sound(self) -> bool:
        """Whether every file was read and found whole."""
        return not self.unreadable and all(file.sound for file in self.files)


def open_logs(disk: Disk, stats: SpoolStats) -> tuple[Folder, Cursor | None]:
    """Every epoch on a card, whoever wrote it, placed where its cursor says. Only reads."""
    folder = read_folder(disk, None, stats)
    file = CursorFile(disk)
    cursor = file.load()
    stats.damaged_slots += file.damaged_slots
    for epoch, found in folder.logs.items():
        log = found.log
        position = cursor.position(epoch) if cursor is not None else None
        if position is not None:
            log.commit(position.committed)
            log.next_offset = max(log.next_offset, position.next_offset)
        else:
            log.commit(_first_known(log))
    return folder, cursor


def _first_known(log: Log) -> int:
    held = [part.tally.first for part in log.segments if part.tally.record_count]
    noted = log.gaps.lowest()
    return min([*held, *([] if noted is None else [noted])], default=log.next_offset)


def show(disk: Disk) -> SpoolShown:
    """What the card holds. Raises ``OSError``."""
    stats = SpoolStats()
    folder, cursor = open_logs(disk, stats)
    return SpoolShown(
        epochs=[_epoch_shown(found, cursor) for _epoch, found in sorted(folder.logs.items())],
        boots=cursor.boots[-1].number if cursor is not None and cursor.boots else 0,
        aliases=len(AliasTable.open(disk, 0, repair=False).rows()),
        host_acknowledges=cursor is not None and cursor.host_acknowledges,
        clean_stop=cursor is not None and cursor.clean,
        spare_files=len(folder.spares),
        torn_tails=stats.torn_tails,
        damaged_headers=stats.damaged_headers,
        damaged_slots=stats.damaged_slots,
    )


def _epoch_shown(found: FoundLog, cursor: Cursor | None) -> EpochShown:
    log = found.log
    lost = log.lost_ranges(LOST_RANGES_MAX)
    skipped = sum(part.count for part in lost if part.reason == Reason.SKIPPED)
    written = cursor is not None and cursor.epoch == log.epoch
    role = "memory" if is_volatile(log.epoch) else "written" if written else "closed"
    return EpochShown(
        epoch=log.epoch,
        role=role,
        board=identity_text(found.board),
        committed=log.committed,
        next_offset=log.next_offset,
        records=log.backlog_records,
        bytes=log.backlog_bytes,
        lost=sum(part.count for part in lost) - skipped,
        skipped=skipped,
        files=len(log.segments),
        oldest_wall_ns=log.oldest_wall_ns,
    )


def verify(disk: Disk) -> SpoolVerified:
    """Read every record of the card. Raises ``OSError`` if there is no folder to read."""
    files: list[FileVerified] = []
    unreadable: list[str] = []
    for file_name in sorted(disk.names(FOLDER)):
        named = parse_name(file_name)
        if named is None:
            continue
        try:
            files.append(_verified(disk, file_name, named))
        except OSError:
            unreadable.append(file_name)
    return SpoolVerified(files, unreadable)


def _verified(disk: Disk, file_name: str, named: tuple[int, int]) -> FileVerified:
    name = f"{FOLDER}/{file_name}"
    size_bytes = disk.size_bytes(name)
    data = disk.read_at(name, 0, size_bytes)
    whole = decode_header(data)
    header = whole or Header(*named, bytes(16), bytes(16), 0)
    footer = decode_footer(data[-FOOTER_BYTES:], header.epoch, header.first)
    held = data[: footer.end] if footer is not None else data
    found = scan(held, epoch=header.epoch, start=HEADER_BYTES, floor=header.first)
    missing = 0
    if footer is not None:
        missing = footer.tally.record_count - found.tally.record_count
    return FileVerified(
        name=file_name,
        records=found.tally.record_count,
        bytes=found.end - HEADER_BYTES,
        closed=footer is not None,
        header_whole=whole is not None,
        bad_stretches=len(found.bad),
        missing=missing,
    )
