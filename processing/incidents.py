"""Incidents: one cause, the nodes it took along, and how our opinion of it changed.

People are told about incidents, never about single nodes. An incident's id is made of the node
that was blamed first and the time it began, so that the same history gives the same id again.
"""

import msgspec

from processing.intervals import Cause, Level


class Incident(msgspec.Struct, frozen=True):
    """One version of one incident. It is open while ``end_ms`` is None."""

    incident: str
    version: int
    level: Level
    node: str
    cause: Cause
    start_ms: int
    end_ms: int | None
    declared_ms: int
    """When we said so, by the host's clock."""
    members: tuple[str, ...]
    merged_into: str = ""


def incident_id(node: str, start_ms: int) -> str:
    """The id of the incident that began then at that node."""
    return f"{node}@{start_ms}"


class IncidentBook(msgspec.Struct):
    """Incidents that may still change, and the versions not yet handed out."""

    known: dict[str, Incident] = {}
    written: list[Incident] = []

    def declare(
        self,
        level: Level,
        node: str,
        cause: Cause,
        start_ms: int,
        declared_ms: int,
        members: tuple[str, ...],
    ) -> str:
        """Open an incident; the same one again only gains members."""
        made = incident_id(node, start_ms)
        if made in self.known:
            for member in members:
                self.attach(made, member)
        else:
            self._write(Incident(made, 1, level, node, cause, start_ms, None, declared_ms, members))
        return made

    def attach(self, incident: str, member: str) -> None:
        """One more node is taken along."""
        row = self.known[incident]
        if member not in row.members:
            self._change(incident, members=(*row.members, member))

    def blame(self, incident: str, level: Level, node: str, cause: Cause) -> None:
        """Another cause explains it better."""
        row = self.known[incident]
        if (row.level, row.node, row.cause) != (level, node, cause):
            self._change(incident, level=level, node=node, cause=cause)

    def merge(self, incident: str, into: str) -> None:
        """It was the same all along; its members move."""
        if incident == into:
            return
        row = self.known[incident]
        for member in row.members:
            self.attach(into, member)
        self._change(incident, merged_into=into, end_ms=row.start_ms)
        self.forget(incident)

    def retime(self, incident: str, start_ms: int, end_ms: int | None) -> None:
        """Better times; the id stays."""
        row = self.known[incident]
        if (row.start_ms, row.end_ms) != (start_ms, end_ms):
            self._change(incident, start_ms=start_ms, end_ms=end_ms)

    def forget(self, incident: str) -> None:
        """Nothing will change it any more."""
        self.known.pop(incident, None)

    def take(self) -> list[Incident]:
        """The versions written since the last call."""
        taken, self.written = self.written, []
        return taken

    def _change(self, incident: str, **fields: object) -> None:
        row = self.known[incident]
        self._write(msgspec.structs.replace(row, version=row.version + 1, **fields))

    def _write(self, row: Incident) -> None:
        self.known[row.incident] = row
        self.written.append(row)
