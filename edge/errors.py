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


class IdentityUnusable(WorldFault):
    """The gateway's key or certificate is not what it must be."""

    remedy = "Run: sudo lamplighter gateway provision, with a code from operations."
    exit_code = ExitCode.CONFIGURATION

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"this gateway's identity: {self.what}"


class BundleForged(CallerFault):
    """A job bundle is not what the city's authority wrote."""

    remedy = "Do not use this file. Fetch it again from operations, and tell them."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, code: str, found: str, expected: str) -> None:
        super().__init__(code, found, expected)
        self.code, self.found, self.expected = code, found, expected

    def __str__(self) -> str:
        return f"{self.code}: job bundle: found {self.found}, expected {self.expected}"


class AuthorityAway(WorldFault):
    """The enrolment service could not be asked; ``code`` says at which hop it ended."""

    remedy = "Check cable, name and port; ask operations whether the enrolment service runs."
    exit_code = ExitCode.TRY_AGAIN

    def __init__(self, code: str, tried: str, found: str, expected: str) -> None:
        super().__init__(code, tried, found, expected)
        self.code, self.tried, self.found, self.expected = code, tried, found, expected

    def __str__(self) -> str:
        return f"{self.code}: {self.tried}: found {self.found}, expected {self.expected}"


class AuthorityRefused(PeerFault):
    """The enrolment service said no, and why; what to do is its own advice."""

    def __init__(self, code: str, found: str, expected: str, advice: str) -> None:
        super().__init__(code, found, expected, advice)
        self.code, self.found, self.expected, self.advice = code, found, expected, advice

    remedy = "Do what the line above says."
    exit_code = ExitCode.PERMISSION

    def __str__(self) -> str:
        return (
            f"{self.code}: the enrolment service refused: found {self.found}, "
            f"expected {self.expected}. {self.advice}"
        )
