"""A spool on its way from one card to another: lines of JSON out, closed epochs in.

The first line names the card, its epochs and its aliases; each further one is a record or a
range that will never come; the last one says how many there were. Only what no host has yet is
taken along. Imported records keep epoch, offset and time, so that a host knows those it has;
their aliases are exchanged for those of the new gateway.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Final, NamedTuple

import msgspec
from google.protobuf.message import DecodeError

from edge.alias_table import AliasTable
from edge.disk import Disk
from edge.errors import BundleRefused
from edge.spool_cursor import CursorFile
from edge.spool_exact import remove_epoch, write_log
from edge.spool_gaps import Gap, Lost, Reason
from edge.spool_inspect import open_logs
from edge.spool_policy import SpoolLimits
from edge.spool_record import BODY_BYTES_MAX, CLASS_COUNT, Record
from edge.spool_segment import SIDE, Header, identity, identity_text
from edge.spool_stats import SpoolStats
from edge.spool_store import BootInfo
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import EPOCH_MAX, TimeQuality
from vocabulary.units import INT64_MAX

VERSION: Final = 1
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
EpochNumber = Annotated[int, msgspec.Meta(ge=1, le=EPOCH_MAX)]
Ns = Annotated[int, msgspec.Meta(ge=-INT64_MAX, le=INT64_MAX)]


class BundleEpoch(msgspec.Struct, frozen=True):
    """An epoch of the card and how far the host was in it."""

    epoch: EpochNumber
    committed: Offset
    next_offset: Offset


class BundleHead(msgspec.Struct, frozen=True, tag="spool", tag_field="line"):
    """The first line."""

    version: int
    boards: list[str]
    epochs: list[BundleEpoch]
    aliases: list[tuple[int, str, str, int]]


class BundleRecord(msgspec.Struct, frozen=True, tag="record", tag_field="line"):
    """One record; the body is Base64."""

    epoch: EpochNumber
    offset: Offset
    wall_ns: Ns
    mono_ns: Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)]
    boot: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    quality: TimeQuality
    klass: Annotated[int, msgspec.Meta(ge=0, lt=CLASS_COUNT)]
    body: Annotated[bytes, msgspec.Meta(max_length=BODY_BYTES_MAX)]


class BundleLost(msgspec.Struct, frozen=True, tag="lost", tag_field="line"):
    """A range that will never come."""

    epoch: EpochNumber
    offset: Offset
    count: Annotated[int, msgspec.Meta(ge=1, le=2**48)]
    reason: Reason


class BundleEnd(msgspec.Struct, frozen=True, tag="end", tag_field="line"):
    """The last line: without it the bundle was cut short."""

    records: int


Line = BundleHead | BundleRecord | BundleLost | BundleEnd
_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class Imported(NamedTuple):
    """What an import brought. ``unknown_aliases``: records that name a metric no line explains."""

    epochs: int
    records: int
    lost: int
    own_epochs: int
    unknown_aliases: int


def export(disk: Disk) -> Iterator[bytes]:
    """The card's lines, each with its line feed. Raises ``OSError``."""
    folder, _cursor = open_logs(disk, SpoolStats())
    aliases = AliasTable.open(disk, 0, repair=False)
    logs = [found.log for _epoch, found in sorted(folder.logs.items())]
    yield _line(
        BundleHead(
            VERSION,
            sorted({identity_text(found.board) for found in folder.logs.values()}),
            [BundleEpoch(log.epoch, log.committed, log.next_offset) for log in logs],
            [(alias, *row) for alias, row in aliases.items()],
        )
    )
    count = 0
    for log in logs:
        offset = log.committed
        while (found := log.read(offset)) is not None:
            if isinstance(found, Lost):
                yield _line(BundleLost(log.epoch, offset, found.count, Reason(found.reason)))
                offset += found.count
            else:
                yield _line(_record_line(found))
                offset, count = offset + 1, count + 1
    yield _line(BundleEnd(count))


def _record_line(record: Record) -> BundleRecord:
    return BundleRecord(
        record.epoch,
        record.offset,
        record.wall_ns,
        record.mono_ns,
        record.boot,
        TimeQuality(record.quality),
        record.klass,
        record.body,
    )


def _line(line: Line) -> bytes:
    return _ENCODER.encode(line) + b"\n"


def import_bundle(
    lines: Iterable[bytes], disk: Disk, *, boot: BootInfo, limits: SpoolLimits
) -> Imported:
    """Put a bundle into the spool of a gateway that is not running.

    Doing it twice is as good as once. Raises ``BundleRefused`` for lines that are none, before or
    after whole epochs were taken in; ``OSError`` if the card does not take them.
    """
    parsed = _parsed(lines)
    head = next(parsed, None)
    if not isinstance(head, BundleHead) or head.version != VERSION:
        raise BundleRefused(1, "the first line does not begin a bundle of this version")
    cursor = CursorFile(disk).load()
    own = cursor.epoch if cursor is not None else 0
    exchange = _Exchange(disk, head, own)
    epochs = {part.epoch: part for part in head.epochs}
    stamp = Header(0, 0, identity(boot.board_serial), identity(boot.kernel_boot_id), 0, SIDE)
    done = Imported(0, 0, 0, 0, 0)
    for epoch, group in groupby(_body(parsed), key=lambda line: line.epoch):
        placed = epochs.pop(epoch, None)
        if placed is None:
            raise BundleRefused(0, f"epoch {epoch} is not named in the first line, or comes twice")
        if epoch == own:
            for _line_of_ours in group:
                pass
            done = done._replace(own_epochs=done.own_epochs + 1)
            continue
        remove_epoch(disk, epoch)
        taken = _Epoch(group, placed, exchange)
        header = stamp._replace(epoch=epoch, first=placed.committed)
        part_bytes = limits.segment_bytes // 2
        write_log(disk, header, taken.items(), ends=placed.next_offset, part_bytes=part_bytes)
        done = done._replace(
            epochs=done.epochs + 1, records=done.records + taken.count, lost=done.lost + taken.lost
        )
    return done._replace(unknown_aliases=exchange.unknown)


def _parsed(lines: Iterable[bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        try:
            yield _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise BundleRefused(number, str(fault)) from None


def _body(parsed: Iterator[Line]) -> Iterator[BundleRecord | BundleLost]:
    count = 0
    for line in parsed:
        if isinstance(line, BundleEnd):
            if line.records != count:
                raise BundleRefused(0, f"{line.records} records were sent off, {count} arrived")
            return
        if isinstance(line, BundleHead):
            raise BundleRefused(0, "a second bundle begins inside the first")
        count += isinstance(line, BundleRecord)
        yield line
    raise BundleRefused(0, "the bundle was cut short: its last line is missing")


class _Epoch:
    """The lines of one epoch, in order, counted on their way."""

    def __init__(
        self,
        lines: Iterator[BundleRecord | BundleLost],
        placed: BundleEpoch,
        exchange: "_Exchange",
    ) -> None:
        self._lines, self._placed, self._exchange = lines, placed, exchange
        self.count = self.lost = 0

    def items(self) -> Iterator[Record | Gap]:
        """Records, their aliases exchanged, and gaps."""
        floor = self._placed.committed
        for line in self._lines:
            width = 1 if isinstance(line, BundleRecord) else line.count
            if not floor <= line.offset <= line.offset + width <= self._placed.next_offset:
                raise BundleRefused(
                    0, f"offset {line.offset} of epoch {line.epoch} is out of order"
                )
            floor = line.offset + width
            if isinstance(line, BundleLost):
                self.lost += line.count
                yield Gap(line.reason, line.offset, line.offset + width, width)
                continue
            self.count += 1
            yield Record(
                line.epoch,
                line.offset,
                line.wall_ns,
                line.mono_ns,
                line.boot,
                line.quality,
                line.klass,
                self._exchange.body(line.body),
            )


class _Exchange:
    """Aliases of the old card for those of the new gateway."""

    def __init__(self, disk: Disk, head: BundleHead, epoch: int) -> None:
        table = AliasTable.open(disk, epoch)
        table.reserve((device, name, datatype) for _alias, device, name, datatype in head.aliases)
        self._ours = {
            alias: table.alias_of(device, name, datatype)
            for alias, device, name, datatype in head.aliases
        }
        self.unknown = 0

    def body(self, body: bytes) -> bytes:
        """The same readings under our numbers."""
        payload = pb.Payload()
        try:
            payload.ParseFromString(body)
        except DecodeError:
            self.unknown += 1
            return body
        for metric in payload.metrics:
            ours = self._ours.get(metric.alias)
            if ours is None:
                self.unknown += 1
                return body
            metric.alias = ours
        return payload.SerializeToString()


def as_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks of a file or pipe -> its lines."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest
