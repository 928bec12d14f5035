"""Everything that a gateway's spool ever held, read beside it from its files.

A spool frees what the host has, but a freed file lies on its shelf with its content until it is
written anew. Who looks more often than files fill up sees every record, whichever process wrote
it and however that one ended.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from edge.alias_table import AliasTable
from edge.disk_files import RealDisk
from edge.spool_record import scan, unchecked
from edge.spool_segment import FOLDER, HEADER_BYTES, decode_header
from vocabulary.measurements import place_of
from vocabulary.payload import Datatype, Value, decode, interpret


class Reading(NamedTuple):
    """One value as the database names it; ``node`` is the gateway for its own."""

    node: str
    measurement: str
    field: str
    value: Value


class Harvest:
    """The records of one gateway, gathered by ``look``. ``directory`` is that of its spool."""

    def __init__(self, gateway_id: str, directory: Path) -> None:
        self._gateway_id, self._directory = gateway_id, directory
        self.bodies: dict[tuple[int, int], bytes] = {}
        """(epoch, offset) -> what was recorded there."""

    def look(self) -> None:
        """Take what the files hold now; half a record at the end waits for the next look."""
        for path in (self._directory / FOLDER).glob("*"):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue  # renamed while we listed: found under its new name the next time
            header = decode_header(data)
            if header is None:
                continue
            found = scan(data, epoch=header.epoch, start=HEADER_BYTES, floor=header.first)
            for position in found.positions:
                record = unchecked(data, position, header.epoch)
                self.bodies.setdefault((record.epoch, record.offset), record.body)

    @property
    def offsets(self) -> dict[int, int]:
        """Epoch -> how many records it has."""
        return Counter(epoch for epoch, _offset in self.bodies)

    @property
    def holes(self) -> int:
        """Offsets below the highest of their epoch at which nothing was ever seen."""
        highest: dict[int, int] = {}
        for epoch, offset in self.bodies:
            highest[epoch] = max(offset, highest.get(epoch, -1))
        return sum(highest.values()) + len(highest) - len(self.bodies)

    def readings(self) -> Counter[Reading]:
        """Every value of every record, as often as it was recorded."""
        aliases = AliasTable.open(RealDisk(self._directory), 0, repair=False)
        counted: Counter[Reading] = Counter()
        for body in self.bodies.values():
            for metric in decode(body).metrics:
                row = aliases.describe(metric.alias or 0)
                assert row is not None, f"alias {metric.alias} of {self._gateway_id} means nothing"
                device, name, datatype = row
                value = interpret(metric, Datatype(datatype))
                assert value is not None, (name, metric)
                counted[Reading(device or self._gateway_id, *place_of(name), value)] += 1
        return counted
