"""Asks the board what the doctor wants to know: all questions at once, each with its time."""

import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from edge import identity, machine, odometer_file
from edge import provision_probe as probe
from edge.clock import Clock
from edge.configuration import GatewayConfiguration, broker_address
from edge.doctor_board import Board, Reached
from edge.errors import AddressRefused, IdentityUnusable
from edge.identity_store import IdentityStore
from edge.renewal import try_identity
from vocabulary.units import NS_PER_S

QUESTION_S_MAX: Final = 10.0
DNS_PORT: Final = 53
DNS_WAIT_S: Final = 4.0
SERVERS_MAX: Final = 4
DNS_BYTES_MAX: Final = 512
OTHERS_READ: Final = 0o007
_THERMAL: Final = Path("/sys/class/thermal/thermal_zone0/temp")
_RTC: Final = Path("/sys/class/rtc/rtc0")
_ROUTES: Final = Path("/proc/net/route")
_RESOLV: Final = Path("/etc/resolv.conf")
_BOARD: Final = Path("/sys/firmware/devicetree/base/model")

Question = Callable[[], Mapping[str, Any]]


def ask_all(questions: Mapping[str, Question], *, each_s: float = QUESTION_S_MAX) -> Board:
    """Every question in a thread of its own; one that gives no answer in time is named."""
    answers: dict[str, Mapping[str, Any]] = {}

    def ask(name: str, question: Question) -> None:
        answers[name] = question()

    threads = {
        name: threading.Thread(target=ask, args=(name, question), daemon=True)
        for name, question in questions.items()
    }
    for thread in threads.values():
        thread.start()
    waited = threading.Event()
    watch = threading.Timer(each_s, waited.set)
    watch.daemon = True
    watch.start()
    for thread in threads.values():
        while thread.is_alive() and not waited.is_set():
            thread.join(0.05)
    watch.cancel()
    slow = tuple(name for name, thread in threads.items() if thread.is_alive())
    known = {key: value for name in list(answers) for key, value in answers[name].items()}
    return Board(**known, too_slow=slow)


def systemctl(*words: str) -> str | None:
    """What the service manager says; None where there is none."""
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            ["systemctl", *words],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
            timeout=QUESTION_S_MAX,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip()


class Questions:
    """The questions about one gateway."""

    def __init__(self, made: GatewayConfiguration, clock: Clock) -> None:
        self._made, self._clock = made, clock
        self.store = IdentityStore(Path(made.spool.directory) / "identity")

    def all(self) -> dict[str, Question]:
        """Every question by its name."""
        return {
            "power": self.power,
            "card": self.card,
            "time": self.time,
            "identity": self.identity,
            "network": self.network,
            "name servers": self.name_servers,
            "the broker": self.broker,
            "serial ports": self.serial,
            "secrets": self.secrets,
        }

    def power(self) -> dict[str, Any]:
        """Supply, heat, hardware watchdog."""
        try:
            soc_c: float | None = int(_THERMAL.read_text("ascii")) / 1_000
        except (OSError, ValueError):
            soc_c = None
        is_pi = _BOARD.exists()  # elsewhere nobody promised a watchdog
        said = systemctl("show", "--property", "RuntimeWatchdogUSec", "--value") if is_pi else None
        return {"under_voltage": probe.under_voltage(), "soc_c": soc_c, "watchdog": said}

    def card(self) -> dict[str, Any]:
        """Wear, and room for files."""
        directory = Path(self._made.spool.directory)
        try:
            state = os.statvfs(directory)
        except OSError:
            return {}
        device = odometer_file.device_of(directory)
        if device is not None:
            boot_id = machine.boot_info().kernel_boot_id
            now_s = self._clock.now().wall_ns // NS_PER_S
            with suppress(OSError, ValueError, IndexError):
                made = odometer_file.look(directory, device, boot_id=boot_id, now_s=now_s)
                odometer_file.keep(directory, made)
        share = state.f_favail / state.f_files if state.f_files else None
        return {"inodes_share": share, "card_share": odometer_file.read_share(directory)}

    def time(self) -> dict[str, Any]:
        """The date against our own certificate's; a battery clock."""
        floor_s = None
        if self.store.enrolled:
            try:
                own = identity.certificates(self.store.identity())
            except IdentityUnusable:
                own = []
            floor_s = identity.lifetime(own[0]).begins_s if own else None
        wall_s = self._clock.now().wall_ns // NS_PER_S
        return {"wall_s": wall_s, "wall_floor_s": floor_s, "has_rtc": _RTC.exists()}

    def identity(self) -> dict[str, Any]:
        """Key, certificate and the timer that renews it; only where certificates are used."""
        if not self._made.uplink.login.certificate_file:
            return {}
        if not self.store.enrolled:
            return {"enrolled": False}
        row: dict[str, Any] = {"enrolled": True, "mode_faults": tuple(self.store.mode_faults())}
        said = systemctl("is-active", "lamplighter-renew.timer")
        row["renew_timer"] = said or None
        try:
            text, root = self.store.identity(), identity.root_of(self.store.authority())
        except IdentityUnusable as error:
            return row | {"identity_faults": (error.what,)}
        if root is None:
            return row | {"identity_faults": ("no root certificate of the city",)}
        found = identity.faults(text, gateway_id=self._made.gateway_id, root=root)
        own = identity.certificates(text)
        now_s = self._clock.now().wall_ns // NS_PER_S
        days = identity.days_left(own[0], now_s) if own else None
        return row | {"identity_faults": tuple(found), "days_left": days}

    def network(self) -> dict[str, Any]:
        """Carrier and default route."""
        try:
            rows = [line.split() for line in _ROUTES.read_text("ascii").splitlines()[1:]]
        except OSError:
            return {}
        routes = any(len(row) > 1 and row[1] == "00000000" for row in rows)
        return {"carriers": tuple(probe.carriers()), "has_route": routes}

    def name_servers(self) -> dict[str, Any]:
        """Each name server by itself: one that is dead slows down everything."""
        host = broker_address(self._made.uplink.broker).host
        return {"dns": tuple(self._server(one, host) for one in name_servers())}

    def _server(self, server: str, name: str) -> Reached:
        began_ns = self._clock.mono_ns()
        fault = ask_name(server, name)
        seconds = (self._clock.mono_ns() - began_ns) / NS_PER_S
        return Reached(server, "E-NET-13" if fault else "", fault, "an answer", seconds)

    def broker(self) -> dict[str, Any]:
        """Name, port, TLS and our certificate."""
        try:
            address = broker_address(self._made.uplink.broker)
        except AddressRefused:
            return {}
        place, login = f"{address.host}:{address.port}", self._made.uplink.login
        if not address.tls or not login.certificate_file:
            return {}
        began_ns = self._clock.mono_ns()
        try:
            chain = Path(login.ca_file).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return {}
        found = probe.reach(address.host, address.port, chain, timeout_s=QUESTION_S_MAX / 2)
        seconds = (self._clock.mono_ns() - began_ns) / NS_PER_S
        row = {"broker": Reached(place, found.code, found.found, found.expected, seconds)}
        if found.code or not Path(login.certificate_file).exists():
            return row
        return row | {"broker_says": try_identity(address, login.certificate_file, login.ca_file)}

    def serial(self) -> dict[str, Any]:
        """Which configured ports are not there."""
        rows = self._made.serial
        missing = [f"{row.sensor_id} at {row.port}" for row in rows if not Path(row.port).exists()]
        return {"ports_missing": tuple(missing)} if rows else {}

    def secrets(self) -> dict[str, Any]:
        """Files of secrets that everybody may read."""
        places = [self._made.uplink.login, self._made.local.login]
        paths = [path for one in places for path in (one.password_file, one.key_file) if path]
        return {"open_secrets": tuple(path for path in paths if is_open(Path(path)))}


def name_servers(path: Path = _RESOLV) -> list[str]:
    """The name servers of this board."""
    try:
        words = [line.split() for line in path.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return []
    return [row[1] for row in words if len(row) > 1 and row[0] == "nameserver"][:SERVERS_MAX]


def is_open(path: Path) -> bool:
    """Whether others may read or write it."""
    try:
        return bool(path.stat().st_mode & OTHERS_READ)
    except OSError:
        return False


def ask_name(server: str, name: str) -> str:
    """Ask one name server for one name; gives what went wrong, empty if it answered at all."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    number = secrets.token_bytes(2)
    try:
        labels = [label.encode("idna") for label in name.split(".") if label]
        asked = b"".join(bytes([len(one)]) + one for one in labels) + b"\0"
        packet = number + bytes.fromhex("01000001000000000000") + asked + bytes.fromhex("00010001")
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.settimeout(DNS_WAIT_S)
            line.connect((server, DNS_PORT))
            line.send(packet)
            answer = line.recv(DNS_BYTES_MAX)
    except TimeoutError:
        return f"no answer within {DNS_WAIT_S:g} s"
    except (OSError, UnicodeError, ValueError) as error:
        return str(error)
    return "" if answer[:2] == number else "an answer to another question"


def with_agent(board: Board, agent: Mapping[str, float] | None) -> Board:
    """What the agent knows of the city."""
    if agent and "uplink_recent_losses" in agent:
        board = msgspec.structs.replace(board, uplink_losses=int(agent["uplink_recent_losses"]))
    if not agent or "host_online" not in agent or not agent.get("uplink_up"):
        return board
    return msgspec.structs.replace(board, host_online=agent["host_online"] > 0)
