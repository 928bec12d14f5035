"""One opening of a real terminal: ours alone, raw, and every failure under its name."""

import errno
import fcntl
import os
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.serial_backoff import Reason
from edge.serial_line import (
    Dtr,
    LineFault,
    Parity,
    SerialLine,
    _fault,
    identity,
    is_claimed,
    line_errors,
)
from simulators.pty_port import PtyPort

WAIT_S = 10


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    with PtyPort(tmp_path / "port") as port:
        yield port


@pytest.fixture
def line(port: PtyPort) -> Iterator[SerialLine]:
    line = SerialLine(str(port.path), 9600)
    yield line
    line.close()


def test_reads_all_that_came_and_writes(port: PtyPort, line: SerialLine) -> None:
    port.write(b"\x00\x03\x11\x13\r\n\xff")
    assert line.read(WAIT_S) == b"\x00\x03\x11\x13\r\n\xff"
    assert line.write(b"\r\x00\x1a")
    assert port.read() == b"\r\x00\x1a"


def test_nothing_within_the_time(line: SerialLine) -> None:
    assert line.read(0) == b""


def test_every_flag_is_set_whatever_was_left(port: PtyPort) -> None:
    left = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    flags = termios.tcgetattr(left)
    flags[0] |= termios.BRKINT | termios.ISTRIP | termios.IXON | termios.ICRNL | termios.PARMRK
    flags[1] |= termios.OPOST | termios.ONLCR
    flags[2] |= termios.HUPCL | termios.CSTOPB | termios.PARENB
    flags[2] &= ~termios.CLOCAL
    flags[3] |= termios.ICANON | termios.ECHO | termios.ISIG
    termios.tcsetattr(left, termios.TCSANOW, flags)
    os.close(left)
    line = SerialLine(str(port.path), 115200)
    iflag, oflag, cflag, lflag, ispeed, ospeed, waits = termios.tcgetattr(line.fileno())
    line.close()
    assert (iflag, oflag, lflag) == (0, 0, 0)
    assert cflag == termios.B115200 | termios.CS8 | termios.CREAD | termios.CLOCAL
    assert (ispeed, ospeed) == (termios.B115200, termios.B115200)
    assert (waits[termios.VMIN], waits[termios.VTIME]) in ((b"\0", b"\0"), (0, 0))


def test_the_flags_stay_while_reading(line: SerialLine) -> None:
    line.read(0)
    line.read(0.001)
    iflag, oflag, cflag, lflag, *_ = termios.tcgetattr(line.fileno())
    assert (iflag, oflag, lflag) == (0, 0, 0)
    assert not cflag & termios.HUPCL


def test_a_rate_without_a_name(port: PtyPort) -> None:
    line = SerialLine(str(port.path), 250_000)
    assert termios.tcgetattr(line.fileno())[2] & termios.CBAUD == termios.CBAUDEX  # any rate
    line.close()


def test_a_second_opener_is_refused_as_busy(port: PtyPort, line: SerialLine) -> None:
    assert line.read(0) == b""
    with pytest.raises(LineFault) as caught:
        SerialLine(str(port.path), 9600)
    assert caught.value.reason is Reason.BUSY
    line.close()
    SerialLine(str(port.path), 9600).close()


def test_a_claim_without_a_lock_is_busy_too(port: PtyPort) -> None:
    other = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(other, termios.TIOCEXCL)
    assert is_claimed(other)
    with pytest.raises(LineFault) as caught:
        SerialLine(str(port.path), 9600)
    assert caught.value.reason is Reason.BUSY
    fcntl.ioctl(other, termios.TIOCNXCL)
    SerialLine(str(port.path), 9600).close()
    os.close(other)


def test_a_pseudo_terminal_is_not_left_claimed(line: SerialLine) -> None:
    assert not is_claimed(line.fileno())


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOENT, Reason.ABSENT),
        (errno.ENODEV, Reason.ABSENT),
        (errno.ENXIO, Reason.ABSENT),
        (errno.EACCES, Reason.DENIED),
        (errno.EPERM, Reason.DENIED),
        (errno.EBUSY, Reason.BUSY),
        (errno.EWOULDBLOCK, Reason.BUSY),
        (errno.EIO, Reason.LOST),
    ],
)
def test_each_error_has_its_reason(number: int, reason: Reason) -> None:
    fault = _fault(OSError(number, "x"), "/nowhere")
    assert fault.reason is reason
    detail = "another program holds it" if reason is Reason.BUSY else os.strerror(number)
    assert str(fault).startswith(f"{reason}: {detail}")


def test_denied_names_the_group_that_is_missing(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch()
    assert "group" not in _fault(PermissionError(errno.EACCES, "x"), str(port)).detail
    if os.geteuid() == 0:
        os.chown(port, -1, 20)  # a group root is not in; Debian calls it dialout
        assert (
            "belongs to the group" in _fault(PermissionError(errno.EACCES, "x"), str(port)).detail
        )


def test_absent_and_not_a_port(tmp_path: Path) -> None:
    with pytest.raises(LineFault) as caught:
        SerialLine(str(tmp_path / "nothing"), 9600)
    assert caught.value.reason is Reason.ABSENT
    (tmp_path / "file").write_bytes(b"not a terminal")
    with pytest.raises(LineFault) as caught:
        SerialLine(str(tmp_path / "file"), 9600)
    assert caught.value.reason is Reason.LOST
    assert (tmp_path / "file").read_bytes() == b"not a terminal"


def test_a_hung_up_port_is_lost(port: PtyPort, line: SerialLine) -> None:
    port.unplug()
    with pytest.raises(LineFault) as caught:
        line.read(WAIT_S)
    assert caught.value.reason is Reason.LOST


def test_wake_ends_the_reading_from_another_thread(line: SerialLine) -> None:
    waker = threading.Thread(target=line.wake)
    waker.start()
    assert line.read(WAIT_S) == b""
    waker.join()
    line.close()
    line.wake()  # too late, and harmless


def test_a_line_that_takes_nothing_ends_its_reader(line: SerialLine) -> None:
    assert not line.write(bytes(1_000_000))  # nobody reads the other end
    with pytest.raises(LineFault) as caught:
        line.read(WAIT_S)
    assert caught.value.reason is Reason.LOST


def test_closed_is_closed(line: SerialLine) -> None:
    line.close()
    line.close()
    assert not line.write(b"x")
    with pytest.raises(LineFault):
        line.read(0)


def test_identity_tells_one_device_from_the_next(port: PtyPort) -> None:
    path = str(port.path)
    first = identity(path)
    assert first is not None
    line = SerialLine(path, 9600)
    assert identity(path) == first  # opening is not a change
    port.unplug()
    assert identity(path) is None
    port.plug()  # while the old one is held, the new one needs another number
    assert identity(path) not in (None, first)
    line.close()


def test_identity_tells_that_rights_were_given(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.touch()
    first = identity(str(node))
    assert first is not None
    for _ in range(1_000_000):  # the kernel's stamps are some milliseconds apart
        node.chmod(0o660)
        if identity(str(node)) != first:
            return
    pytest.fail("new rights went unseen")


@pytest.mark.parametrize(
    ("parity", "flags"),
    [
        (Parity.NONE, 0),
        (Parity.EVEN, termios.PARENB),
        (Parity.ODD, termios.PARENB | termios.PARODD),
    ],
)
def test_parity_is_asked_for_at_every_setting(
    port: PtyPort, monkeypatch: pytest.MonkeyPatch, parity: Parity, flags: int
) -> None:
    """A pseudo-terminal has none, so what is asked of the kernel is looked at."""
    asked: list[int] = []
    monkeypatch.setattr(termios, "tcsetattr", lambda _fd, _when, attr: asked.append(attr[2]))
    line = SerialLine(str(port.path), 9600, parity=parity)
    line.read(0)
    line.read(0.001)  # another timeout: pyserial sets the line up again
    line.close()
    assert len(asked) >= 2
    assert {cflag & (termios.PARENB | termios.PARODD) for cflag in asked} == {flags}


@pytest.mark.parametrize("dtr", Dtr)
def test_a_port_without_modem_lines_opens_whatever_is_asked_of_them(
    port: PtyPort, dtr: Dtr
) -> None:
    SerialLine(str(port.path), 9600, dtr=dtr).close()


def test_another_rate_and_what_waited_is_dropped(port: PtyPort, line: SerialLine) -> None:
    port.write(b"of the old rate")
    line.set_rate(4800)
    assert termios.tcgetattr(line.fileno())[4] == termios.B4800
    assert line.read(0) == b""
    port.write(b"new")
    assert line.read(WAIT_S) == b"new"
    line.close()
    with pytest.raises(LineFault):
        line.set_rate(9600)


def test_a_terminal_that_counts_no_errors_says_so(line: SerialLine) -> None:
    assert line_errors(line.fileno()) is None
