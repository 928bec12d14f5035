"""What only this machine can tell: who booted it, how the agent fares, how full its disk is."""

import os
import resource
import shutil
from pathlib import Path
from typing import Final

from edge.spool_store import BootInfo
from edge.vitals import Vitals

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_SERIAL: Final = Path("/sys/firmware/devicetree/base/serial-number")
_SECTORS_WRITTEN: Final = 6
_SECTOR_BYTES: Final = 512
"""Of a block device's `stat`, whatever the medium (kernel documentation, block/stat)."""
_STATM: Final = Path("/proc/self/statm")
_NET: Final = Path("/sys/class/net")
_THERMAL: Final = Path("/sys/class/thermal/thermal_zone0/temp")


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip("\x00\n ")
    except OSError:
        return ""


def boot_info() -> BootInfo:
    """This boot of this board; empty where the machine does not say (not a Raspberry Pi)."""
    return BootInfo(kernel_boot_id=_text(_BOOT_ID), board_serial=_text(_SERIAL))


def links_up() -> frozenset[str]:
    """Network interfaces with a carrier, loopback left out."""
    try:
        names = sorted(_NET.iterdir())
    except OSError:
        return frozenset()
    return frozenset(
        one.name for one in names if one.name != "lo" and _text(one / "carrier") == "1"
    )


class Machine:
    """Vitals of this process and the disk under the spool."""

    def __init__(self, spool_directory: Path) -> None:
        self._directory = spool_directory
        self._cpu_s = 0.0
        self._cpu_ns: int | None = None
        self._cpu_pct: float | None = None

    def measure_cpu(self, mono_ns: int) -> None:
        """Share of one core since the last call; call it now and then."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = usage.ru_utime + usage.ru_stime
        if self._cpu_ns is not None and mono_ns > self._cpu_ns:
            share = (cpu_s - self._cpu_s) / ((mono_ns - self._cpu_ns) / 1e9)
            self._cpu_pct = min(100.0, round(100 * share, 2))
        self._cpu_s, self._cpu_ns = cpu_s, mono_ns

    def _written_bytes(self) -> int | None:
        """Bytes that reached the spool's block device since boot, others' writes included."""
        try:
            device = self._directory.stat().st_dev
        except OSError:
            return None
        stat = _text(Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")).split()
        return int(stat[_SECTORS_WRITTEN]) * _SECTOR_BYTES if len(stat) > _SECTORS_WRITTEN else None

    def vitals(self) -> Vitals:
        """What can be read now; None for what cannot."""
        statm = _text(_STATM).split()
        thermal = _text(_THERMAL)
        try:
            free_bytes: int | None = shutil.disk_usage(self._directory).free
        except OSError:
            free_bytes = None
        return Vitals(
            cpu_pct=self._cpu_pct,
            memory_bytes=int(statm[1]) * os.sysconf("SC_PAGE_SIZE") if len(statm) > 1 else None,
            disk_free_bytes=free_bytes,
            sd_written_bytes=self._written_bytes(),
            temperature_c=int(thermal) / 1_000 if thermal.lstrip("-").isdigit() else None,
        )
