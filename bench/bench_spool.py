"""The spool beside SQLite and beside a bare file: speed, wear of the card, time to open.

All write the same records, 60 to a sync, on the file system this runs on, in the same minute.
Wear is read from the block device where the machine shows it; other programs writing at that
moment are in the number too, so the least of several rounds counts.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.figure import Figure
from edge.disk_files import RealDisk
from edge.spool import BootInfo, Lost, Spool, SpoolLimits
from edge.spool_record import HEADER_BYTES
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S, S_PER_DAY

FAMILY: Final = "spool"
RECORD_BYTES: Final = 108
BODY: Final = b"r" * (RECORD_BYTES - HEADER_BYTES)
GROUP: Final = 60
RECORDS: Final = 12_000
WEAR_ROUNDS: Final = 10
WEAR_RECORDS: Final = 2_400
SLOW_GROUP: Final = 10
"""Two records a second, synced every five seconds."""
RECORDS_PER_S: Final = 2
REOPEN_BYTES: Final = 512 << 20
REOPEN_BODY: Final = b"r" * 4000
SECTOR_BYTES: Final = 512
SECTORS_WRITTEN: Final = 6
MB: Final = 1_000_000
START: Final = Moment(NS_PER_S, 1_800_000_000 * NS_PER_S)
LIMITS: Final = SpoolLimits(
    share_pct_max=100, free_bytes_min=0, free_pct_min=0, sync_bytes=1 << 20, sync_delay_ns=1 << 62
)


class Rate(NamedTuple):
    """How fast a store takes records and gives them back."""

    append_per_s: float
    drain_per_s: float


@contextmanager
def _directory() -> Iterator[Path]:
    """A place on a real disk: the machine's own temporary folder is often memory."""
    out = Path("bench-out")
    out.mkdir(exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix="spool-", dir=out))
    try:
        yield path
    finally:
        shutil.rmtree(path)


class _Spool:
    """Ours."""

    def __init__(self, path: Path) -> None:
        self._spool = _open(path)
        self._read = 0

    def append(self) -> None:
        """One group, durable."""
        append = self._spool.append
        for _record in range(GROUP):
            append(BODY, klass=RecordClass.CHECK, now=START)
        self._spool.sync(START)

    def drain(self) -> None:
        """One group, read and given back."""
        spool = self._spool
        for offset in range(self._read, self._read + GROUP):
            assert not isinstance(spool.read(offset), Lost | None)
        self._read += GROUP
        spool.commit(spool.epoch, self._read, START)
        spool.tick(START)


class _Sqlite:
    """SQLite as a queue, as durable as ours: write-ahead log, full sync, a transaction a group."""

    ROW: Final = (START.wall_ns, START.mono_ns, 1, 0, 1, BODY)

    def __init__(self, path: Path) -> None:
        self._store = sqlite3.connect(path / "peer.sqlite", isolation_level=None)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("PRAGMA synchronous=FULL")
        self._store.execute(
            "CREATE TABLE spool (offset INTEGER PRIMARY KEY, wall_ns INTEGER, mono_ns INTEGER,"
            " boot INTEGER, quality INTEGER, class INTEGER, body BLOB)"
        )

    def append(self) -> None:
        """One group, durable."""
        execute = self._store.execute
        execute("BEGIN")
        for _record in range(GROUP):
            execute(
                "INSERT INTO spool (wall_ns, mono_ns, boot, quality, class, body)"
                " VALUES (?,?,?,?,?,?)",
                self.ROW,
            )
        execute("COMMIT")

    def drain(self) -> None:
        """One group, read and given back."""
        rows = self._store.execute("SELECT * FROM spool ORDER BY offset LIMIT ?", (GROUP,))
        self._store.execute("DELETE FROM spool WHERE offset <= ?", (rows.fetchall()[-1][0],))


class _Bare:
    """A file and nothing else: no numbers, no checks, nothing given back."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path / "bare.log", os.O_RDWR | os.O_CREAT)
        self._read = 0

    def append(self) -> None:
        """One group, durable."""
        record = bytes(RECORD_BYTES)
        for _record in range(GROUP):
            os.write(self._file, record)
        os.fdatasync(self._file)

    def drain(self) -> None:
        """One group, read."""
        for _record in range(GROUP):
            os.pread(self._file, RECORD_BYTES, self._read)
            self._read += RECORD_BYTES


def _rates(path: Path) -> list[Rate]:
    """Of ours, SQLite and the bare file, group by group in turn, so that all see the same disk."""
    stores = (_Spool(path), _Sqlite(path), _Bare(path))
    seconds = {(store, what): 0.0 for store in stores for what in ("append", "drain")}
    for what in ("append", "drain"):
        for _group in range(RECORDS // GROUP):
            for store in stores:
                work = getattr(store, what)
                began = time.perf_counter()
                work()
                seconds[store, what] += time.perf_counter() - began
    return [
        Rate(RECORDS / seconds[store, "append"], RECORDS / seconds[store, "drain"])
        for store in stores
    ]


# Wear


def _device_bytes(path: Path) -> int | None:
    """Bytes the block device under ``path`` has taken since the machine started."""
    device = path.stat().st_dev
    stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
    try:
        return int(stat.read_text().split()[SECTORS_WRITTEN]) * SECTOR_BYTES
    except (OSError, IndexError, ValueError):
        return None


def _open(path: Path) -> Spool:
    return Spool.open(
        RealDisk(path), limits=LIMITS, boot=BootInfo("bench-boot", "bench-board"), now=START
    )


def _settled(path: Path) -> int | None:
    os.sync()
    return _device_bytes(path)


def _least(measure: Callable[[int], float | None]) -> float | None:
    found = [amount for turn in range(WEAR_ROUNDS) if (amount := measure(turn)) is not None]
    return min(found, default=None)


class _Wear:
    """A spool in daily use: the host commits, files are written over, the cursor is saved."""

    def __init__(self, path: Path) -> None:
        self._path, self._now = path, START
        self._spool = _open(path)
        self._work(15_000, 600)  # until every file is a recycled one

    def _work(self, records: int, group: int) -> None:
        spool = self._spool
        for _group in range(records // group):
            self._now = self._now.later(5)
            for _record in range(group):
                spool.append(BODY, klass=RecordClass.CHECK, now=self._now)
            spool.sync(self._now)
            spool.commit(spool.epoch, spool.next_offset, self._now)
            spool.tick(self._now)

    def amplification(self, group: int) -> float | None:
        """Bytes at the device per byte of record; None where the device is not to be seen."""
        before = _settled(self._path)
        self._work(WEAR_RECORDS, group)
        after = _device_bytes(self._path)
        if before is None or after is None:
            return None
        return (after - before) / (WEAR_RECORDS * RECORD_BYTES)


def _growing(path: Path, group: int) -> float | None:
    before = _settled(path)
    file = os.open(path / f"growing-{time.perf_counter_ns()}", os.O_RDWR | os.O_CREAT)
    for _group in range(WEAR_RECORDS // group):
        os.write(file, bytes(RECORD_BYTES * group))
        os.fdatasync(file)
    os.close(file)
    after = _device_bytes(path)
    return (
        None
        if before is None or after is None
        else (after - before) / (WEAR_RECORDS * RECORD_BYTES)
    )


def _pages(group: int) -> float:
    """What the file's own pages come to: each sync writes every page it touched."""
    page_bytes, touched = 4096, 0
    for first in range(0, WEAR_RECORDS * RECORD_BYTES, group * RECORD_BYTES):
        last = first + group * RECORD_BYTES - 1
        touched += last // page_bytes - first // page_bytes + 1
    return touched * page_bytes / (WEAR_RECORDS * RECORD_BYTES)


def _wear(path: Path) -> list[Figure]:
    wear = _Wear(path)
    at_60 = _least(lambda _turn: wear.amplification(GROUP))
    at_10 = _least(lambda _turn: wear.amplification(SLOW_GROUP))
    growing = _least(lambda _turn: _growing(path, GROUP))
    beside = {"file_pages_only": _pages(GROUP)}
    if growing is not None:
        beside["growing_file_fdatasync"] = growing
    if at_60 is None or at_10 is None:
        print("spool: the block device cannot be seen here; wear is that of the file's own pages")
        at_60, at_10 = _pages(GROUP), _pages(SLOW_GROUP)
    daily_mb = RECORDS_PER_S * S_PER_DAY * RECORD_BYTES * at_10 / MB
    budget = {"payload_only": RECORDS_PER_S * S_PER_DAY * RECORD_BYTES / MB}
    return [
        Figure(
            name="spool.write_amplification",
            value=at_60,
            unit="bytes written per byte of record",
            better="lower",
            beside=beside,
        ),
        Figure(
            name="spool.written_mb_per_day",
            value=daily_mb,
            unit="MB",
            better="lower",
            beside=budget,
        ),
    ]


# Opening


def _forget_cache(path: Path) -> None:
    os.sync()
    for name in path.rglob("*"):
        if name.is_file():
            file = os.open(name, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def _reopen(path: Path) -> Figure:
    spool = _open(path)
    while spool.backlog_bytes < REOPEN_BYTES:
        for _record in range(4096):
            spool.append(REOPEN_BODY, klass=RecordClass.CHECK, now=START)
    spool.close(START)
    held_gib = spool.backlog_bytes / (1 << 30)
    records = spool.backlog_records
    seconds = {}
    for state in ("cold_cache", "warm_cache"):
        if state == "cold_cache":
            _forget_cache(path)
        began = time.perf_counter()
        again = _open(path)
        seconds[state] = (time.perf_counter() - began) / held_gib
        assert again.backlog_records == records
        again.close(START)
    return Figure(
        name="spool.reopen_s_per_gib",
        value=seconds["cold_cache"],
        unit="s",
        better="lower",
        beside={"warm_cache": seconds["warm_cache"]},
    )


def run() -> list[Figure]:
    """Measure all."""
    with _directory() as path:
        spool, sqlite, bare = _rates(path)
    with _directory() as path:
        wear = _wear(path)
    with _directory() as path:
        reopen = _reopen(path)
    figures = [
        Figure(
            name="spool.append_ratio_vs_sqlite",
            value=spool.append_per_s / sqlite.append_per_s,
            unit="times SQLite (WAL, FULL)",
            better="higher",
            beside={"write_fdatasync": bare.append_per_s / sqlite.append_per_s},
        ),
        Figure(
            name="spool.drain_ratio_vs_sqlite",
            value=spool.drain_per_s / sqlite.drain_per_s,
            unit="times SQLite (WAL, FULL)",
            better="higher",
            beside={"pread": bare.drain_per_s / sqlite.drain_per_s},
        ),
    ]
    for what, mine, peer, least in (
        ("append", spool.append_per_s, sqlite.append_per_s, bare.append_per_s),
        ("drain", spool.drain_per_s, sqlite.drain_per_s, bare.drain_per_s),
    ):
        for unit, scale in (("records_per_s", 1.0), ("mb_per_s", RECORD_BYTES / MB)):
            figures.append(
                Figure(
                    name=f"spool.{what}_{unit}",
                    value=mine * scale,
                    unit=unit.replace("_per_", "/").replace("mb", "MB"),
                    better="higher",
                    beside={"sqlite": peer * scale, "bare_file": least * scale},
                )
            )
    return [*figures, *wear, reopen]
