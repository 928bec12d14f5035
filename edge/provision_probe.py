"""What provisioning asks of the board and the network: each question bounded, each answer plain."""

import os
import socket
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from edge.clock import Clock
from edge.machine import links_up
from vocabulary.units import NS_PER_S

PROBE_WRITES: Final = 20
PROBE_BYTES: Final = 4096
CONNECT_S_MAX: Final = 10.0
SYSTEMCTL_S_MAX: Final = 60.0
THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
UNDER_VOLTAGE_BITS: Final = 0x1 | 0x10000
SERIAL_PLACES: Final = (Path("/dev/serial/by-path"), Path("/dev/serial/by-id"))
LISTED_MAX: Final = 8


class Services(Protocol):
    """Who starts the agent."""

    def start_agent(self) -> str:
        """Enable and start (or restart) the agent; gives what went wrong, empty if nothing."""
        ...


class Systemd:
    """The machine's service manager."""

    units: Final = (
        "lamplighter-gateway.service",
        "lamplighter-renew.timer",
        "lamplighter-doctor.timer",
        "lamplighter-recover.timer",
        "lamplighter-lamp.service",
    )

    def start_agent(self) -> str:
        """Enable all, restart the agent so that it reads what was written."""
        for words in (("enable", "--now", *self.units), ("restart", self.units[0])):
            try:
                done = subprocess.run(  # noqa: S603 - our own arguments, no shell
                    ["systemctl", *words],  # noqa: S607
                    check=False,
                    capture_output=True,
                    text=True,
                    timeout=SYSTEMCTL_S_MAX,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return f"systemctl {words[0]}: {error}"
            if done.returncode:
                return f"systemctl {words[0]}: {done.stderr.strip()[:200]}"
        return ""


class NoServices:
    """Somebody else starts the agent."""

    def start_agent(self) -> str:
        """Nothing to do."""
        return ""


class CardSpeed(NamedTuple):
    """How a card takes small durable writes."""

    worst_s: float
    fault: str


def card_speed(directory: Path, clock: Clock) -> CardSpeed:
    """The slowest of twenty synced writes of 4 KiB."""
    path = directory / "card-probe.tmp"
    worst_ns = 0
    try:
        directory.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            for _ in range(PROBE_WRITES):
                began_ns = clock.mono_ns()
                os.write(opened, os.urandom(PROBE_BYTES))
                os.fsync(opened)
                worst_ns = max(worst_ns, clock.mono_ns() - began_ns)
        finally:
            os.close(opened)
            path.unlink(missing_ok=True)
    except OSError as error:
        return CardSpeed(0.0, error.strerror or str(error))
    return CardSpeed(worst_ns / NS_PER_S, "")


def under_voltage(path: Path = THROTTLED) -> bool | None:
    """Whether the supply was too weak now or since boot; None where nobody can say."""
    try:
        return bool(int(path.read_text("ascii"), 16) & UNDER_VOLTAGE_BITS)
    except (OSError, ValueError):
        return None


def carriers() -> Sequence[str]:
    """Interfaces with a carrier."""
    return sorted(links_up())


class Reach(NamedTuple):
    """Whether a server was reached; else the code, what was found and what was expected."""

    code: str = ""
    found: str = ""
    expected: str = ""


def reach(host: str, port: int, chain: str, *, timeout_s: float = CONNECT_S_MAX) -> Reach:
    """Name, port and TLS of a server, each with an answer of its own."""
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return Reach("E-NET-13", f"no address for {host}: {error.strerror}", "an address")
    try:
        raw = socket.create_connection((host, port), timeout=timeout_s)
    except TimeoutError:
        found = f"no answer from {host}:{port} within {timeout_s:g} s"
        return Reach("E-NET-31", found, "an open port: is it blocked on the way?")
    except ConnectionRefusedError:
        return Reach("E-MQ-01", f"{host}:{port} refused the connection", "a server there")
    except OSError as error:
        return Reach("E-NET-11", f"no way to {host}: {error.strerror}", "a route")
    return _handshake(raw, host, port, chain)


def _handshake(raw: socket.socket, host: str, port: int, chain: str) -> Reach:
    where = f"{host}:{port}"
    try:
        context = ssl.create_default_context(cadata=chain)
        with raw, context.wrap_socket(raw, server_hostname=host):
            return Reach()
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in (9, 10):  # not yet valid, expired: X509_V_ERR_… of OpenSSL
            found = f"{where}: {error.verify_message}; our clock?"
            return Reach("E-TIME-03", found, "a clock right within a day")
        found = f"{where} shows a certificate that is not this city's: {error.verify_message}"
        return Reach("E-NET-21", found, "this city's authority; a portal or proxy between?")
    except OSError as error:
        return Reach("E-MQ-01", f"{where} speaks no TLS: {error}", "TLS 1.3")


def serial_adapters(places: Sequence[Path] = SERIAL_PLACES) -> list[str]:
    """What sits on the USB ports, by path."""
    found: list[str] = []
    for place in places:
        try:
            found += sorted(str(path) for path in place.iterdir())
        except OSError:
            continue
    return found[:LISTED_MAX]
