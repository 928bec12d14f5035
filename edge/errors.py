"""What can go wrong on a gateway, by whose fault."""

from vocabulary.errors import CallerFault, PeerFault, WorldFault
from vocabulary.exit_codes import ExitCode


class AddressRefused(CallerFault):
    """A broker address in the configuration is not one."""

    remedy = "Write it as mqtt://HOST:PORT or mqtts://HOST:PORT."
    exit_code = ExitCode.CONFIGURATION

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        return f"broker address {self.address!r} is not of the form mqtt://HOST[:PORT]"


class LinkLost(WorldFault):
    """The connection to a broker broke or could not be made."""

    remedy = "Nothing: the gateway keeps its readings and connects again by itself."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, reason: str, *, socket_opened: bool) -> None:
        super().__init__(reason, socket_opened)
        self.reason, self.socket_opened = reason, socket_opened

    def __str__(self) -> str:
        return f"link lost: {self.reason}"


class BrokerRefused(PeerFault):
    """The broker answered the connection with a refusal."""

    remedy = "Check the gateway's certificate and the broker's access list."

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the broker refused us: {self.reason}"


class AliasesExhausted(CallerFault):
    """More metrics were announced than a node can number."""

    remedy = "Take devices or metrics out of this gateway's configuration."
    exit_code = ExitCode.CONFIGURATION

    def __init__(self, aliases_max: int) -> None:
        super().__init__(aliases_max)
        self.aliases_max = aliases_max

    def __str__(self) -> str:
        return f"this gateway has given out all {self.aliases_max} metric numbers"


class BundleRefused(CallerFault):
    """What was to be imported is no bundle of spool records, or not a whole one."""

    remedy = "Export the card again, and import that file from its first line to its last."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line, self.reason = line, reason

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"not a whole bundle of spool records: {where}{self.reason}"


class SpoolInUse(WorldFault):
    """Another process has the spool open."""

    remedy = "Stop the gateway first: systemctl stop lamplighter-gateway."
    exit_code = ExitCode.TRY_AGAIN

    def __init__(self, directory: str, holder: str) -> None:
        super().__init__(directory, holder)
        self.directory, self.holder = directory, holder

    def __str__(self) -> str:
        return f"the spool in {self.directory} is in use by process {self.holder or 'unknown'}"


class SpoolAbsent(CallerFault):
    """There is no spool where a command was told to look."""

    remedy = "Name the spool's directory with --directory; the configuration says where it is."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self.directory = directory

    def __str__(self) -> str:
        return f"there is no directory {self.directory}"
