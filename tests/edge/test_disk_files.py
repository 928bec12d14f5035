"""The real disk and the simulated one keep the same promises; only one of them can be broken."""

import errno
import os
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from edge.disk import Disk
from edge.disk_files import FILES_OPEN_MAX, RealDisk
from edge.errors import SpoolInUse
from simulators.disk import SimulatedDisk


@pytest.fixture(params=["real", "simulated"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return RealDisk(tmp_path / "state") if request.param == "real" else SimulatedDisk(seed=1)


def test_an_empty_disk_has_no_names(disk: Disk) -> None:
    assert disk.names("spool") == []
    assert disk.names("") == []


def test_writes_are_read_back(disk: Disk) -> None:
    disk.write_at("spool/a", 3, b"abc")
    disk.write_at("spool/a", 5, b"xyz")
    assert disk.read_at("spool/a", 0, 100) == b"\0\0\0abxyz"
    assert disk.read_at("spool/a", 4, 2) == b"bx"
    assert disk.read_at("spool/a", 8, 5) == b""
    assert disk.size_bytes("spool/a") == 8
    assert disk.names("spool") == ["a"]
    assert disk.names("") == []


def test_what_is_absent_says_so(disk: Disk) -> None:
    for call in (
        lambda: disk.size_bytes("no"),
        lambda: disk.read_at("no", 0, 1),
        lambda: disk.sync("no"),
        lambda: disk.rename("no", "other"),
        lambda: disk.remove("no"),
    ):
        with pytest.raises(FileNotFoundError):
            call()


def test_rename_replaces(disk: Disk) -> None:
    disk.write_at("spool/a", 0, b"new")
    disk.write_at("spool/b", 0, b"old one")
    disk.sync("spool/a")
    disk.rename("spool/a", "spool/b")
    disk.sync_directory("spool")
    assert disk.names("spool") == ["b"]
    assert disk.read_at("spool/b", 0, 10) == b"new"
    disk.remove("spool/b")
    assert disk.names("spool") == []


def test_space_is_told(disk: Disk) -> None:
    assert 0 < disk.free_bytes() <= disk.total_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(st.tuples(st.integers(0, 9000), st.binary(min_size=1, max_size=9000))),
    reads=st.lists(st.tuples(st.integers(0, 20000), st.integers(0, 9000))),
)
def test_the_simulated_disk_reads_as_the_real_one(
    tmp_path: Path, writes: list[tuple[int, bytes]], reads: list[tuple[int, int]]
) -> None:
    real, simulated = RealDisk(tmp_path), SimulatedDisk(seed=0)
    real.write_at("f", 0, b"")
    real.remove("f")
    for disk in (real, simulated):
        disk.write_at("f", 0, b"x")
        for position, data in writes:
            disk.write_at("f", position, data)
    assert real.size_bytes("f") == simulated.size_bytes("f")
    for position, size_bytes in reads:
        assert real.read_at("f", position, size_bytes) == simulated.read_at(
            "f", position, size_bytes
        )


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_only_a_few_files_stay_open(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    before = open_files()
    for number in range(4 * FILES_OPEN_MAX):
        disk.write_at(f"f{number}", 0, b"x")
    assert open_files() <= before + FILES_OPEN_MAX
    disk.close()
    assert open_files() == before
    assert disk.read_at("f0", 0, 1) == b"x"


def test_a_file_that_was_replaced_by_others_is_found_again_after_a_fault(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    disk.write_at("f", 0, b"before")
    (tmp_path / "other").write_bytes(b"behind")
    (tmp_path / "other").rename(tmp_path / "f")
    with pytest.raises(FileNotFoundError):
        disk.read_at("absent", 0, 1)
    assert disk.read_at("f", 0, 6) == b"behind"


def test_a_full_device_raises() -> None:
    disk = RealDisk(Path("/dev"))
    with pytest.raises(OSError, match="No space") as raised:
        disk.write_at("full", 0, b"x")
    assert raised.value.errno == errno.ENOSPC
    disk.close()


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path / "state")
    disk.claim()
    with pytest.raises(SpoolInUse, match=str(os.getpid())):
        RealDisk(tmp_path / "state").claim()
