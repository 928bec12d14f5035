"""Real servers on loopback while a `with` block lasts: Mosquitto, InfluxDB 1.x, VictoriaMetrics.

Stories, benchmarks and the crash command kill, freeze and restart them. Each lives in a
directory of its own, which holds its configuration, its data and its log, and keeps its port
over a restart, as a server in the world does.
"""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from vocabulary.errors import WorldFault
from vocabulary.exit_codes import ExitCode

LOOPBACK: Final = "127.0.0.1"
PORT_TRIES_MAX: Final = 5
READY_TRIES_MAX: Final = 600
READY_PAUSE_S: Final = 0.05  # times READY_TRIES_MAX: half a minute for a busy machine
STOP_WAIT_S: Final = 10.0
PING_TIMEOUT_S: Final = 2.0
LOG_TAIL_CHARS: Final = 4_000


class ServerMissing(WorldFault):
    """The program of a server is not installed."""

    remedy = "Install them: apt-get install mosquitto influxdb victoria-metrics."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, program: str) -> None:
        super().__init__(program)
        self.program = program

    def __str__(self) -> str:
        return f"the program `{self.program}` is not installed on this machine"


class ServerFailed(WorldFault):
    """A server ended, or never answered; carries the end of its log."""

    remedy = "Read the end of its log, above."

    def __init__(self, program: str, what: str, log: str) -> None:
        super().__init__(program, what, log)
        self.program, self.what, self.log = program, what, log

    def __str__(self) -> str:
        return f"{self.program} {self.what}; the end of its log:\n{self.log}"


def free_port() -> int:
    """A port that nobody listened on a moment ago; whoever binds it must be ready to lose it."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody accepts connections on ``port`` of this machine."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=PING_TIMEOUT_S):
            return True
    except OSError:
        return False


def answers(port: int, path: str, status: int) -> bool:
    """Whether a web server on ``port`` of this machine answers so."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PING_TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


class Server:
    """One foreign process and its directory. Use as a context manager."""

    program: ClassVar[str]
    stop_wait_s: ClassVar[float] = STOP_WAIT_S
    ready_tries_max: ClassVar[int] = READY_TRIES_MAX

    def __init__(self) -> None:
        self.port = 0
        self.exit_code: int | None = None
        """How it ended last, negative for a signal; None until it has."""
        self.directory = Path()
        self.own_group = False
        """Whether Ctrl-C at the terminal is for whoever started it and not for it."""
        self._process: subprocess.Popen[bytes] | None = None
        self._last_resort: weakref.finalize[[subprocess.Popen[bytes]], Server] | None = None

    def command(self, program: str) -> Sequence[str]:
        """Write the configuration for ``self.port`` and say what to execute."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it serves by now."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def supposed_to_run(self) -> bool:
        """Whether it was started and nobody has stopped or killed it since."""
        return self._process is not None

    @property
    def running(self) -> bool:
        """Whether the process exists, frozen or not."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and return once it answers; on the port it had, if it had one.

        Raises:
            ServerMissing: the program is not installed.
            ServerFailed: it ended or stayed silent.
        """
        assert not self.running, "already started"
        if not self.directory.name:
            self.directory = Path(tempfile.mkdtemp(prefix=f"{Path(self.program).name}-"))
            self.directory.chmod(0o755)  # a daemon that gives up root still reads its files
        kept = self.port
        for _ in range(PORT_TRIES_MAX):
            self.port = kept or free_port()
            if self._started():
                return
            if kept or "in use" not in self.log():
                break
        raise ServerFailed(self.program, "did not come up", self.log())

    def _started(self) -> bool:
        path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"  # where daemons are
        program = shutil.which(self.program, path=path)
        if program is None:
            raise ServerMissing(self.program)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
                self.command(program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0 if self.own_group else None,
            )
        # Whatever becomes of the caller, its interpreter does not leave the process behind.
        self._last_resort = weakref.finalize(self, _end, self._process)
        for _ in range(self.ready_tries_max):
            if self.ready():
                return True
            try:
                self._process.wait(READY_PAUSE_S)
            except subprocess.TimeoutExpired:
                continue
            return False
        self.kill()
        return False

    def stop(self) -> None:
        """Ask it to end, and wait; by force if it does not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)  # a frozen process hears nothing else
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self.stop_wait_s)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, as a power cut or the kernel's memory killer would."""
        if self._process is not None and self._last_resort is not None:
            self._last_resort()
            self.exit_code = self._process.returncode
            self._process = None

    def restart(self) -> None:
        """Come back on the same port with the same files, after a kill or a clean stop."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT, after ``freeze``."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def log_path(self) -> Path:
        """Where the server's own words are; gone with the directory."""
        return self.directory / "log.txt"

    def log(self) -> str:
        """The end of the log."""
        if not self.log_path.exists():
            return "(no log)"
        return self.log_path.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL_CHARS:]

    def close(self) -> None:
        """Stop and remove the directory."""
        self.stop()
        if self.directory.name:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = Path()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(f"{self.program} on port {self.port} said last:\n{self.log()}")
        self.close()


class Mosquitto(Server):
    """A broker on one loopback listener, open to everyone, forgetting everything at its end.

    The queue bound is that of production: with the default, a host that pauses for seconds
    loses messages inside the broker. ``settings`` are further lines of its configuration.
    """

    program = "mosquitto"

    def __init__(self, settings: Sequence[str] = ()) -> None:
        super().__init__()
        self.settings = tuple(settings)

    @property
    def url(self) -> str:
        """As a configuration of ours names it."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def command(self, program: str) -> Sequence[str]:
        """Write the configuration and say what to execute."""
        lines = [
            f"listener {self.port} {LOOPBACK}",
            "allow_anonymous true",
            "max_queued_messages 100000",
            "log_dest stderr",
            *self.settings,
        ]
        path = self.directory / "mosquitto.conf"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return [program, "-c", str(path)]

    def ready(self) -> bool:
        """It accepts connections."""
        return listens(self.port)


_INFLUX_TOML: Final = """
reporting-disabled = true
bind-address = "{loopback}:{rpc_port}"
[meta]
dir = "{directory}/meta"
logging-enabled = false
[data]
dir = "{directory}/data"
wal-dir = "{directory}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[subscriber]
enabled = false
[continuous_queries]
enabled = false
[http]
bind-address = "{loopback}:{port}"
auth-enabled = {auth}
log-enabled = false
[logging]
level = "warn"
suppress-logo = true
"""


class InfluxDb(Server):
    """An InfluxDB 1.x with empty data, silent but for warnings.

    With ``auth`` it asks everyone for a name and a password; the first user is made by the
    first ``CREATE USER ... WITH ALL PRIVILEGES``, which needs neither.
    """

    program = "influxd"

    def __init__(self, *, auth: bool = False) -> None:
        super().__init__()
        self.auth = auth

    @property
    def url(self) -> str:
        """As a configuration of ours names it."""
        return f"http://{LOOPBACK}:{self.port}"

    def command(self, program: str) -> Sequence[str]:
        """Write the configuration and say what to execute."""
        path = self.directory / "influxdb.conf"
        text = _INFLUX_TOML.format(
            loopback=LOOPBACK,
            port=self.port,
            rpc_port=free_port(),
            directory=self.directory,
            auth="true" if self.auth else "false",
        )
        path.write_text(text, encoding="utf-8")
        return [program, "-config", str(path)]

    def ready(self) -> bool:
        """It answers /ping."""
        return answers(self.port, "/ping", http.HTTPStatus.NO_CONTENT)


class VictoriaMetrics(Server):
    """A second store that speaks ``/api/v2/write``; it keeps numbers and truths, no text."""

    program = "victoria-metrics"

    @property
    def url(self) -> str:
        """As a configuration of ours names it."""
        return f"http://{LOOPBACK}:{self.port}"

    def command(self, program: str) -> Sequence[str]:
        """Say what to execute."""
        return [
            program,
            f"-httpListenAddr={LOOPBACK}:{self.port}",
            f"-storageDataPath={self.directory / 'data'}",
            "-retentionPeriod=100y",
            "-search.latencyOffset=0s",
            "-loggerLevel=WARN",
        ]

    def ready(self) -> bool:
        """It answers /health."""
        return answers(self.port, "/health", http.HTTPStatus.OK)
