"""A foreign program in its own environment: orders in, lines of JSON out, and ways to end it."""

import json
import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.house.tree import HOUSE

PEERS: Final = HOUSE / ".cache" / "peers"
PROGRAMS: Final = Path(__file__).parent / "peers"
PATIENCE_S: Final = 30.0


def command(program: str) -> list[str]:
    """How a program of ``peers/`` is started; the name says in whose environment."""
    if program.endswith(".js"):
        return ["node", str(PROGRAMS / "node" / program)]
    owner = "mqtt_spb_wrapper" if program.startswith("mqtt_spb_wrapper") else "pysparkplug"
    return [str(PEERS / owner / "bin" / "python"), "-I", str(PROGRAMS / program)]


def environment(**more: str) -> dict[str, str]:
    """Where it finds its libraries, and nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "PEER_HOME": str(PEERS / "node"), **more}


def ask(program: str, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Hand a reader its lines; gives its answers, one each."""
    done = subprocess.run(
        command(program),
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines), done.stderr
    return answers


class PeerProcess:
    """One running program; a context manager."""

    def __init__(self, program: str, *arguments: str, **settings: str) -> None:
        self.events: list[str] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [*command(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(**settings),
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self.events.append(json.loads(line)["event"])
                self._news.notify_all()

    def order(self, text: str) -> None:
        """Tell it to do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def until(self, event: str, times: int = 1) -> None:
        """Wait until it says that something happened."""
        with self._news:
            assert self._news.wait_for(lambda: self.events.count(event) >= times, PATIENCE_S), (
                self.events
            )

    def end(self) -> None:
        """Wait for its end, by force after a while."""
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.end()
