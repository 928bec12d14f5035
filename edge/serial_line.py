"""One opening of one serial port, on pyserial: ours alone, raw, and closed without waiting.

Ports remember what the last program left, so every flag is set here. Two locks, for neither is
enough: ``flock`` stops only programs that ask for it, ``TIOCEXCL`` all but the superuser.

On a pseudo-terminal ``TIOCEXCL`` is asked for but not set: it would outlive a killed owner there
and keep the next one out, while on hardware the kernel drops it with the last close.
"""

import contextlib
import errno
import fcntl
import grp
import os
import struct
import termios
import threading
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import serial

from edge.port_holders import told
from edge.serial_backoff import Reason
from vocabulary.errors import WorldFault
from vocabulary.exit_codes import ExitCode

READ_BYTES_MAX: Final = 4_096
WRITE_TIMEOUT_S: Final = 0.5
PULSE_S: Final = 0.1

_TIOCGEXCL: Final = 0x80045440
_TIOCGICOUNT: Final = 0x545D
_ICOUNT_BYTES: Final = 80
_ICOUNT_ERRORS_AT: Final = 24  # after cts, dsr, rng, dcd, rx, tx
_PTY_MAJORS: Final = range(136, 144)
_HELD: Final = "another program holds it"
_NO_BYTES: Final = struct.pack("i", 0)

_REASONS: Final = {
    errno.ENOENT: Reason.ABSENT,
    errno.ENODEV: Reason.ABSENT,
    errno.ENXIO: Reason.ABSENT,
    errno.ENOTDIR: Reason.ABSENT,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.EBUSY: Reason.BUSY,
    errno.EAGAIN: Reason.BUSY,  # what flock says
}

_ERRORS: Final = (OSError, ValueError, TypeError, termios.error)
"""What pyserial lets through: its own are ``OSError``, the rest comes from a port half gone."""

Identity = tuple[int, int, int]


class LineFault(WorldFault):
    """The port could not be opened, or failed. Told as a state of the port, never raised on."""

    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def identity(path: str) -> Identity | None:
    """What stands at ``path`` now, None if nothing does.

    Another device is another identity, and so is the same one with other rights: between the two
    stands the moment when udev has made a node but not yet handed it to its group.
    """
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_ino, status.st_rdev, status.st_ctime_ns


def _fault(error: Exception, path: str) -> LineFault:
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        return LineFault(Reason.LOST, str(error))
    reason, detail = _REASONS.get(number, Reason.LOST), os.strerror(number)
    if reason is Reason.BUSY:
        detail = _held(path)
    if reason is Reason.DENIED:
        detail += _missing_group(path)
    return LineFault(reason, detail)


def _held(path: str) -> str:
    """Somebody has it; who, if that can be seen."""
    who = told(path)
    return f"{_HELD}: {who}" if who else f"{_HELD}, of another user: sudo shows which"


def _missing_group(path: str) -> str:
    """Which group has the port, if it has a name and we are not in it."""
    with contextlib.suppress(OSError, KeyError):
        group_id = Path(path).stat().st_gid
        if group_id not in (os.getegid(), *os.getgroups()):
            return f"; the port belongs to the group {grp.getgrgid(group_id).gr_name}"
    return ""


def is_claimed(fd: int) -> bool:
    """Whether somebody set ``TIOCEXCL`` on the terminal behind ``fd``."""
    answer = fcntl.ioctl(fd, _TIOCGEXCL, _NO_BYTES)
    return bool(struct.unpack("i", answer)[0])


def claim(fd: int, path: str) -> None:
    """Keep everybody else out, or say that somebody keeps us out."""
    if is_claimed(fd):
        raise LineFault(Reason.BUSY, _held(path))
    if os.major(os.fstat(fd).st_rdev) not in _PTY_MAJORS:
        fcntl.ioctl(fd, termios.TIOCEXCL)


class Parity(StrEnum):
    """The ninth bit."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


_PARITY_FLAGS: Final = {
    Parity.NONE: 0,
    Parity.EVEN: termios.PARENB,
    Parity.ODD: termios.PARENB | termios.PARODD,
}


_PARITIES: Final = {
    Parity.NONE: serial.PARITY_NONE,
    Parity.EVEN: serial.PARITY_EVEN,
    Parity.ODD: serial.PARITY_ODD,
}


class Dtr(StrEnum):
    """What is done with DTR and RTS; opening raises both, which resets many boards."""

    KEEP = "keep"
    LOW = "low"
    PULSE = "pulse"


class LineErrors(NamedTuple):
    """What the driver counted since it was loaded (Linux ``serial_icounter_struct``)."""

    frame: int
    overrun: int
    parity: int
    breaks: int


def line_errors(fd: int) -> LineErrors | None:
    """What the driver says; None where it does not count, as on a pseudo-terminal."""
    try:
        answer = fcntl.ioctl(fd, _TIOCGICOUNT, bytes(_ICOUNT_BYTES))
    except OSError:
        return None
    return LineErrors(*struct.unpack_from("4i", answer, _ICOUNT_ERRORS_AT))


def set_raw(fd: int, parity: Parity = Parity.NONE) -> None:
    """Nothing translated, echoed or signalled; no modem lines; DTR left alone on close.

    The rate and the waiting rules stay as pyserial set them. A break reads as one 00.
    """
    _iflag, _oflag, cflag, _lflag, ispeed, ospeed, waits = termios.tcgetattr(fd)
    rate = cflag & (termios.CBAUD | termios.CBAUDEX)
    cflag = rate | termios.CS8 | termios.CREAD | termios.CLOCAL | _PARITY_FLAGS[parity]
    termios.tcsetattr(fd, termios.TCSANOW, [0, 0, cflag, 0, ispeed, ospeed, waits])


class SerialLine:
    """From one open to one close. One thread reads and closes; another writes; any may ``wake``.

    Whoever uses the descriptor holds a lock that ``close`` waits for: a number given back to the
    kernel may at once stand for another file.
    """

    def __init__(
        self,
        path: str,
        baud: int,
        *,
        parity: Parity = Parity.NONE,
        dtr: Dtr = Dtr.KEEP,
    ) -> None:
        """Open ``path``; raises ``LineFault`` with a reason."""
        self._writing, self._waking = threading.Lock(), threading.Lock()
        self._fault: LineFault | None = None
        try:
            self._serial = serial.Serial(
                path,
                baud,
                parity=_PARITIES[parity],  # pyserial sets its own again with each new timeout
                timeout=None,
                write_timeout=WRITE_TIMEOUT_S,
                exclusive=True,
            )
        except _ERRORS as error:
            raise _fault(error, path) from error
        try:
            self._set_up(path, baud, parity, dtr)
        except LineFault:
            self._serial.close()
            raise
        except _ERRORS as error:
            self._serial.close()
            raise _fault(error, path) from error

    def _set_up(self, path: str, baud: int, parity: Parity, dtr: Dtr) -> None:
        fd = self._serial.fileno()
        claim(fd, path)
        set_raw(fd, parity)
        if baud not in serial.Serial.BAUDRATES:
            self._serial.baudrate = baud  # a rate without a name is lost by the line above
        if dtr is not Dtr.KEEP:
            self._set_lines(up=False)
        if dtr is Dtr.PULSE:
            threading.Event().wait(PULSE_S)
            self._set_lines(up=True)

    def _set_lines(self, *, up: bool) -> None:
        with contextlib.suppress(*_ERRORS):  # a port without these lines
            self._serial.dtr = up
            self._serial.rts = up

    def set_rate(self, baud: int) -> None:
        """Another rate from now on; what waits to be read is of the old one, and dropped."""
        try:
            self._serial.baudrate = baud
            set_raw(self._serial.fileno())
            self._serial.reset_input_buffer()
        except _ERRORS as error:
            raise LineFault(Reason.LOST, str(error)) from error

    def fileno(self) -> int:
        """The descriptor, for asking the kernel about the line."""
        return int(self._serial.fileno())

    def read(self, timeout_s: float | None) -> bytes:
        """At least one byte, and all that came with it; nothing on timeout or ``wake``."""
        try:
            if self._serial.timeout != timeout_s:
                self._serial.timeout = timeout_s
            data = self._serial.read(1)
            if data:
                data += self._serial.read(min(self._serial.in_waiting, READ_BYTES_MAX))
        except _ERRORS as error:
            raise LineFault(Reason.LOST, str(error)) from error
        if self._fault is not None:
            raise self._fault
        return data

    def wake(self) -> None:
        """End the ``read`` that waits now, or the next one; from any thread."""
        with self._waking:
            self._serial.cancel_read()  # nothing, once closed

    def write(self, data: bytes) -> bool:
        """Send all of ``data``, blocking half a second at most. A failure ends the reader too."""
        with self._writing:
            try:
                self._serial.write(data)
            except serial.SerialTimeoutException:
                self._fault = LineFault(Reason.LOST, "the port takes no more bytes")
            except _ERRORS as error:
                self._fault = LineFault(Reason.LOST, str(error))
            else:
                return True
        self.wake()
        return False

    def close(self) -> None:
        """Give it back. What is unsent is dropped first, or the kernel waits half a minute."""
        with self._writing, self._waking:
            with contextlib.suppress(*_ERRORS):
                self._serial.reset_output_buffer()
            with contextlib.suppress(*_ERRORS):
                fcntl.ioctl(self._serial.fileno(), termios.TIOCNXCL)
            with contextlib.suppress(*_ERRORS):
                self._serial.close()
