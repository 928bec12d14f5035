"""The root of every error Lamplighter raises: what happened, what to do, how the process ends.

LamplighterError
├── ConfigurationInvalid    a file a person wrote; all findings at once
├── ExtraMissing            a command whose room is not installed here
└── one errors.py per room  PeerFault (the other side), CallerFault (us), WorldFault (disk, net)
"""

from typing import ClassVar

import msgspec

from vocabulary.exit_codes import ExitCode


class LamplighterError(Exception):
    """Base of all; ``str()`` says what was seen, ``remedy`` what to do next."""

    remedy: ClassVar[str] = "Report this with the log: it is a fault of Lamplighter."
    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL


class PeerFault(LamplighterError):
    """The other side broke the protocol. In a core this is an event or a count, not a raise."""

    exit_code = ExitCode.BAD_DATA


class CallerFault(LamplighterError):
    """Our own code, or the person at the keyboard, asked for something impossible."""

    exit_code = ExitCode.USAGE


class WorldFault(LamplighterError):
    """Disk, network, clock or database does not do what it should."""

    exit_code = ExitCode.IO_ERROR


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong in a file: where, what was found, what was expected instead.

    ``line`` is 1-based, 0 when the fault is that something is absent.
    """

    file: str
    line: int
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: found {self.found}, expected {self.expected}"


class ConfigurationInvalid(LamplighterError):
    """A file is wrong; carries every finding, in the order of the file."""

    remedy = "Correct the lines named above and start again; nothing was changed."
    exit_code = ExitCode.CONFIGURATION

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = sorted(findings, key=lambda finding: (finding.file, finding.line))

    def __str__(self) -> str:
        count = len(self.findings)
        head = f"{count} fault{'s' if count != 1 else ''} in the configuration"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


class ExtraMissing(LamplighterError):
    """A subcommand needs packages that this machine does not have."""

    remedy = "Install the extra named above, into the same environment, and run the command again."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, command: str, extra: str, package: str) -> None:
        super().__init__(command, extra, package)
        self.command, self.extra, self.package = command, extra, package

    def __str__(self) -> str:
        return (
            f"`lamplighter {self.command}` needs the package {self.package!r}, which is not "
            f'installed here. Install it with: pip install "lamplighter[{self.extra}]"'
        )
