"""Which processes have a serial port open: what a technician must know about a busy one.

Open files are read from ``/proc``; those of other users are seen by the superuser only. A lock is
shown to everybody in ``/proc/locks``, so the holder of one is found even so.
"""

import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")
SHOWN_MAX: Final = 3
_LOCK_PID, _LOCK_FILE = 4, 5


class Holder(NamedTuple):
    """A process."""

    pid: int
    name: str

    def __str__(self) -> str:
        ours = ", this program itself: two paths lead to one port" if self.is_us else ""
        return f"{self.name or 'a process'} (pid {self.pid}{ours})"

    @property
    def is_us(self) -> bool:
        """Whether we hold it ourselves."""
        return self.pid == os.getpid()


def _name(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _has_open(process: Path, device: int) -> bool:
    try:
        files = list((process / "fd").iterdir())
    except OSError:
        return False
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        if stat.S_ISCHR(status.st_mode) and status.st_rdev == device:
            return True
    return False


def _lock_holders(status: os.stat_result) -> set[int]:
    where = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        rows = [line.split() for line in (PROC / "locks").read_text("ascii").splitlines()]
    except OSError:
        return set()
    found = [row for row in rows if len(row) > _LOCK_FILE and row[_LOCK_FILE] == where]
    return {int(row[_LOCK_PID]) for row in found if row[_LOCK_PID].isdigit()}


def holders(path: str) -> list[Holder]:
    """Everybody who has ``path`` open or locked, as far as we may know; ourselves last."""
    try:
        status = Path(path).stat()
        processes = [one for one in PROC.iterdir() if one.name.isdigit()]
    except OSError:
        return []
    pids = {int(one.name) for one in processes if _has_open(one, status.st_rdev)}
    pids |= _lock_holders(status)
    return sorted((Holder(pid, _name(pid)) for pid in pids), key=lambda one: (one.is_us, one.pid))


def told(path: str) -> str:
    """In words, empty if nobody is seen."""
    found = holders(path)
    more = len(found) - SHOWN_MAX
    names = [str(one) for one in found[:SHOWN_MAX]] + ([f"{more} more"] if more > 0 else [])
    return ", ".join(names)
