"""What goes wrong in simulations, and whose fault it is.

LamplighterError
├── CallerFault
│   ├── ScenarioAbsent    no scenario of that name
│   ├── NodeAbsent        a fault on a node that the town has not
│   ├── PlacesUnreadable  a list of places, or a town, that cannot be read
│   └── RecordingForeign  a file that is no recording, or is damaged
"""

from vocabulary.errors import CallerFault
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
