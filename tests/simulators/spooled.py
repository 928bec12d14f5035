"""A gateway's spool on a real directory, filled as a gateway fills it."""

from pathlib import Path

from edge.alias_table import AliasTable
from edge.collector import Collector
from edge.disk_files import RealDisk
from edge.spool import BootInfo, Spool
from tests.edge.spool_world import LIMITS, START
from vocabulary.delivery import RecordClass
from vocabulary.payload import Value


class Spooled:
    """One process of one gateway; opening another on the same directory goes on where it was."""

    def __init__(self, directory: Path) -> None:
        disk = RealDisk(directory)
        self.spool = Spool.open(disk, limits=LIMITS, boot=BootInfo("kernel", "board"), now=START)
        self._collector = Collector(self.spool, AliasTable.open(disk, self.spool.epoch))
        self.epoch = self.spool.epoch

    def record(self, device: str, ts_ms: int, **values: Value) -> None:
        """One record; ``wifi__clients`` stands for ``wifi/clients``."""
        named = [(name.replace("__", "/"), value) for name, value in values.items()]
        self._collector.add(device, named, START, klass=RecordClass.CHECK, ts_ms=ts_ms)

    def commit_all(self) -> None:
        """The host has everything; what is no longer needed goes."""
        self.spool.commit(self.epoch, self.spool.next_offset, START)
        self.spool.tick(START)
