"""What the spool asks of a disk is what both disks give."""

from pathlib import Path

from edge.disk import Disk
from edge.disk_files import RealDisk
from simulators.disk import SimulatedDisk


def test_both_disks_are_disks(tmp_path: Path) -> None:
    disks: list[Disk] = [RealDisk(tmp_path), SimulatedDisk(seed=1)]
    for disk in disks:
        disk.write_at("spool/a", 0, b"x")
        disk.sync("spool/a")
        disk.sync_directory("spool")
        assert disk.names("spool") == ["a"]
        assert disk.size_bytes("spool/a") == 1
        assert disk.free_bytes() <= disk.total_bytes()
