"""The simulated port as a program sees it: a path to open, bytes, and a plug."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.pty_port import PtyPort

WAIT_S = 10


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    with PtyPort(tmp_path / "by-id" / "sensor") as port:
        yield port


@pytest.fixture
def reader(port: PtyPort) -> Iterator[int]:
    fd = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    yield fd
    os.close(fd)


def opened(port: PtyPort) -> bool:
    return port.opened


def read_some(fd: int) -> bytes:
    assert select.select([fd], [], [], WAIT_S)[0]
    return os.read(fd, 65_536)


def test_bytes_pass_both_ways_untouched(port: PtyPort, reader: int) -> None:
    everything = bytes(range(256))
    port.write(everything)
    assert read_some(reader) == everything
    os.write(reader, everything)
    assert port.read() == everything
    assert port.read() == b""


def test_nothing_is_kept_for_a_reader_who_is_not_there(port: PtyPort) -> None:
    assert not opened(port)
    port.write(b"unheard")
    assert port.unheard_bytes == 7
    fd = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    assert opened(port)
    port.write(b"heard")
    assert read_some(fd) == b"heard"
    os.close(fd)
    assert not opened(port)
    assert port.read() == b""
    port.write(b"again unheard")
    assert port.unheard_bytes == 20


def test_a_reader_who_does_not_read_loses_the_oldest(port: PtyPort, reader: int) -> None:
    sent = b""
    for number in range(400):
        chunk = bytes((number % 256,)) * 1_000
        port.write(chunk)
        sent += chunk
    assert port.dropped_bytes > 0
    assert port._pending_bytes <= 4_096
    heard = b""
    while port.written_bytes > len(heard):
        heard += read_some(reader)
        port.flush()
    assert len(heard) + port.dropped_bytes == len(sent)
    assert heard.endswith(sent[-4_096:])  # the newest survived


def test_unplugging_hangs_up_and_takes_the_path_away(port: PtyPort, reader: int) -> None:
    port.unplug()
    assert not port.plugged
    assert not port.path.is_symlink()
    assert select.select([reader], [], [], WAIT_S)[0]
    assert os.read(reader, 1) == b""
    with pytest.raises(OSError, match="Input/output"):
        os.write(reader, b"x")
    port.write(b"lost")
    assert port.unheard_bytes == 4
    assert port.read() == b""
    port.unplug()


def test_plugging_in_gives_another_terminal_under_the_same_path(port: PtyPort, reader: int) -> None:
    first = port.path.readlink()
    port.unplug()
    port.plug()
    port.plug()
    assert port.plugs == 2
    assert port.path.readlink() != first  # the old one is still held by its reader
    fd = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    port.write(b"back")
    assert read_some(fd) == b"back"
    os.close(fd)
    assert reader > 0


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with PtyPort(tmp_path / "port") as port:
        port.write(b"x")
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before
