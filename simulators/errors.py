"""What goes wrong in simulations, and whose fault it is.

LamplighterError
├── CallerFault
│   ├── ScenarioAbsent    no scenario of that name
│   ├── NodeAbsent        a fault on a node that the town has not
│   ├── PlacesUnreadable  a list of places, or a town, that cannot be read
│   ├── RecordingForeign  a file that is no recording, or is damaged
│   ├── LevelUnknown      a board that is not made at that level
│   ├── FaultUnknown      a board that cannot be wrong in that way
│   └── DescriptorRefused a board's file that makes no good descriptor
└── WorldFault
    └── ProgramsMissing   a compiler or an emulator is not installed
"""

from vocabulary.errors import CallerFault, WorldFault
from vocabulary.exit_codes import ExitCode


class ScenarioAbsent(CallerFault):
    """There is no scenario of that name."""

    remedy = "Name one of the scenarios listed, or the path of a .toml file."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        return f"there is no scenario `{self.name}`; there are: {', '.join(self.known)}"


class NodeAbsent(CallerFault):
    """A scenario wants to hit a node that does not exist."""

    remedy = "Name a node of the town's inventory.toml, or leave `node` out to have one drawn."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, node: str, key: str, file: str = "scenario") -> None:
        super().__init__(node, key, file)
        self.node, self.key, self.file = node, key, file

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: found `{self.node}`, expected a node of the town"


class RecordingForeign(CallerFault):
    """A file that is no recording, of another version, or damaged beyond its first frames."""

    remedy = "Name a file written by `lamplighter simulate play --record FILE`."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, path: str, flaw: str) -> None:
        super().__init__(path, flaw)
        self.path, self.flaw = path, flaw

    def __str__(self) -> str:
        return f"{self.path}: {self.flaw}"


class PlacesUnreadable(CallerFault):
    """A file that cannot be read at all; what is wrong within one is a finding."""

    remedy = "Check the path, and that this user may read the file."
    exit_code = ExitCode.IO_ERROR

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"cannot read {self.path}: {self.reason}"


class LevelUnknown(CallerFault):
    """This kind of board is not made at this level."""

    remedy = "Choose one of the levels named above with --level."

    def __init__(self, kind: str, level: str, known: list[str]) -> None:
        super().__init__(kind, level, known)
        self.kind, self.level, self.known = kind, level, known

    def __str__(self) -> str:
        return f"there is no {self.kind} at level {self.level}, only {', '.join(self.known)}"


class FaultUnknown(CallerFault):
    """Nobody knows how to be wrong in this way."""

    remedy = "lamplighter simulate board --help lists the faults."

    def __init__(self, kind: str, fault: str, known: list[str]) -> None:
        super().__init__(kind, fault, known)
        self.kind, self.fault, self.known = kind, fault, known

    def __str__(self) -> str:
        return f"a {self.kind} cannot have the fault {self.fault!r}; it has {', '.join(self.known)}"


class ProgramsMissing(WorldFault):
    """A level needs programs that this machine does not have."""

    remedy = "On Debian: apt-get install --no-install-recommends and the packages named above."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, programs: list[str], packages: list[str]) -> None:
        super().__init__(programs, packages)
        self.programs, self.packages = programs, packages

    def __str__(self) -> str:
        packages = " ".join(self.packages)
        return f"{', '.join(self.programs)}: not installed here (Debian: {packages})"


class DescriptorRefused(CallerFault):
    """A board's TOML file does not make a descriptor that a gateway would take."""

    remedy = "Correct the file; firmware_bridge/c/example/street_box.toml is a good one."
    exit_code = ExitCode.BAD_DATA

    def __init__(self, file: str, fault: str) -> None:
        super().__init__(file, fault)
        self.file, self.fault = file, fault

    def __str__(self) -> str:
        return f"{self.file}: {self.fault}"
