"""What can go wrong in the host, by whose fault it is.

    LamplighterError
    ├── PeerFault       ── QueryRefused, LineUnreadable
    ├── CallerFault     ── BatchOutOfOrder, AuthorityExists, GatewayUnknown, EnrolmentRefused
    └── WorldFault      ── AuthorityMissing, AuthorityOpen, RegisterFault
        ├── DatabaseAway, HostAway
        └── LedgerFault ── LedgerBusy, LedgerDamaged, LedgerForeign, LedgerNewer,
                           LedgerMissing, LedgerUnwritable

A sink's own troubles are no errors but outcomes: see `ingest/sink.py`.
"""

from vocabulary.errors import CallerFault, PeerFault, WorldFault
from vocabulary.exit_codes import ExitCode


class QueryRefused(PeerFault):
    """InfluxDB understood that it was asked something, and will not answer it."""

    remedy = "Check the query, the database's name and the rights of the user."

    def __init__(self, influxql: str, status: int, reason: str) -> None:
        super().__init__(influxql, status, reason)
        self.influxql, self.status, self.reason = influxql, status, reason

    def __str__(self) -> str:
        return f"InfluxDB refused `{self.influxql}` ({self.status}): {self.reason}"


class LineUnreadable(PeerFault):
    """A file of lines holds one that is no line protocol, as we write it."""

    remedy = "The file was changed by other hands, or the disk damaged it: remove the line."

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line

    def __str__(self) -> str:
        return f"not a line of line protocol: {self.line[:200]!r}"


class DatabaseAway(WorldFault):
    """InfluxDB does not answer, or answers nothing of use."""

    remedy = "Check that InfluxDB runs and that its address in the configuration is right."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"no answer from InfluxDB at {self.url}: {self.reason}"


class HostAway(WorldFault):
    """No running host answers where the configuration says."""

    remedy = (
        "Start the host, or look at metrics_page in its configuration: with port 0 it tells nobody."
    )
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"no answer from a running host at {self.url}: {self.reason}"


class BatchOutOfOrder(CallerFault):
    """A batch for the ledger skips the number that must come next."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(expected, found)
        self.expected, self.found = expected, found

    def __str__(self) -> str:
        return f"ledger batch {self.found} came where {self.expected} must come"


class LedgerFault(WorldFault):
    """Something about the ledger's file; carries its path."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return f"ledger {self.path}: {self.what}"


class LedgerBusy(LedgerFault):
    """Another host process holds the lease."""

    remedy = "One host writes a ledger. Stop the other one, or give this one a file of its own."
    exit_code = ExitCode.TRY_AGAIN


class LedgerDamaged(LedgerFault):
    """SQLite finds the file broken. It is left as it is."""

    remedy = (
        "The file was not touched. Copy it away, restore the last backup, and start again: "
        "the gateways send again what the restored ledger does not know."
    )


class LedgerForeign(LedgerFault):
    """The file is no ledger of Lamplighter's. It is left as it is."""

    remedy = "The file was not touched. Give the ledger's path another name in host.toml."


class LedgerNewer(LedgerFault):
    """A later version of Lamplighter wrote the file. It is left as it is."""

    remedy = "The file was not touched. Install the version that wrote it, or a later one."


class LedgerMissing(LedgerFault):
    """A reader was pointed at a file that does not exist."""

    remedy = "Check the ledger's path in host.toml; the host makes the file when it first starts."


class LedgerUnwritable(LedgerFault):
    """The disk refuses: full, read-only, gone. Nothing was stored; the batch may be tried again."""

    remedy = (
        "Make its directory if there is none; else make room on its disk, or remount it for "
        "writing. Nothing is lost meanwhile."
    )


class AuthorityExists(CallerFault):
    """An authority was to be made where there is one."""

    remedy = "Nothing was changed: every gateway trusts the old root. Name another --directory."
    exit_code = ExitCode.CONFIGURATION

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self.directory = directory

    def __str__(self) -> str:
        return f"{self.directory} holds an enrolment authority already"


class AuthorityMissing(WorldFault):
    """The authority's files are not where they were said to be."""

    remedy = "Name its --directory, or make one: lamplighter host ca init."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class AuthorityOpen(WorldFault):
    """A secret of the authority may be read by others; it is not used."""

    remedy = "chmod 600 the file; if others had access, make a new issuing key."
    exit_code = ExitCode.PERMISSION

    def __init__(self, path: str, mode: str) -> None:
        super().__init__(path, mode)
        self.path, self.mode = path, mode

    def __str__(self) -> str:
        return f"{self.path} has mode {self.mode}, expected 0o600"


class GatewayUnknown(CallerFault):
    """The register knows no gateway of this name."""

    remedy = "List them: lamplighter host enrol list."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, gateway_id: str) -> None:
        super().__init__(gateway_id)
        self.gateway_id = gateway_id

    def __str__(self) -> str:
        return f"the register knows no gateway {self.gateway_id!r}"


class EnrolmentRefused(CallerFault):
    """The register will not do this with a gateway in its present state."""

    remedy = "Look at its state: lamplighter host enrol list."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, gateway_id: str, state: str, expected: str) -> None:
        super().__init__(gateway_id, state, expected)
        self.gateway_id, self.state, self.expected = gateway_id, state, expected

    def __str__(self) -> str:
        return f"{self.gateway_id} is {self.state}, expected {self.expected}"


class RegisterFault(WorldFault):
    """The enrolment register cannot be opened or written."""

    remedy = "Check its directory, rights and disk; nothing was changed."

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return f"enrolment register {self.path}: {self.what}"
