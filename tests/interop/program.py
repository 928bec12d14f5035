"""A peer's program under our orders: a line to it, a line back."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from tests.house.tree import HOUSE

ENVIRONMENTS: Final = HOUSE / ".cache" / "peers"
SCRIPTS: Final = Path(__file__).parent / "peers"


class Runtime(NamedTuple):
    """Who executes a script: an interpreter of the peer's own environment, or node."""

    environment: str
    interpreter: str

    def command(self, script: str) -> list[str]:
        """The words in front of a script's arguments."""
        home = ENVIRONMENTS / self.environment
        assert home.is_dir(), f"{self.environment} is not installed: run `make peers`"
        program = home / "bin" / "python" if self.interpreter == "python" else "node"
        return [str(program), str(SCRIPTS / script)]


PYSPARKPLUG: Final = Runtime("pysparkplug", "python")
WRAPPER: Final = Runtime("mqtt-spb-wrapper", "python")
NODE: Final = Runtime("sparkplug-js", "node")


class Program:
    """Use as a context manager; it is killed at the end if it still runs."""

    def __init__(self, runtime: Runtime, script: str, *arguments: str) -> None:
        self._command = [*runtime.command(script), *arguments]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """SIGKILL, and gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def answer(self) -> str:
        """The next line it says; empty once it has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def order(self, line: str) -> str:
        """Say a line, hear one."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.answer()
