"""Tells the service manager how we are: ready, alive, leaving (sd_notify(3)); silent elsewhere."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

READY: Final = b"READY=1"
ALIVE: Final = b"WATCHDOG=1"
LEAVING: Final = b"STOPPING=1"


class ServiceNotify:
    """One service's line to its manager; there is none outside a service."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watched = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        self._watched = self._watched and environment.get("WATCHDOG_USEC", "").isdecimal()

    def ready(self) -> None:
        """Everything is open, the work begins."""
        self._say(READY)

    def alive(self) -> None:
        """Say it more often than the watchdog asks; only while the work truly goes on."""
        if self._watched:
            self._say(ALIVE)

    def leaving(self) -> None:
        """A clean end has begun."""
        self._say(LEAVING)

    def _say(self, what: bytes) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(what, self._address)
