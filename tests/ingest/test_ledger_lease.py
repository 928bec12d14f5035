"""One holder at a time, whoever dies."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import LedgerBusy, LedgerUnwritable
from ingest.ledger_lease import Lease
from vocabulary.exit_codes import ExitCode

HOLD = """
import sys
from pathlib import Path
from ingest.ledger_lease import Lease
lease = Lease(Path(sys.argv[1]))
lease.take()
print("mine", flush=True)
sys.stdin.read()
"""


def test_the_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    first, second = Lease(tmp_path / "ledger.sqlite"), Lease(tmp_path / "ledger.sqlite")
    first.take()
    with pytest.raises(LedgerBusy) as caught:
        second.take()
    assert str(os.getpid()) in str(caught.value)
    assert caught.value.exit_code is ExitCode.TRY_AGAIN
    first.release()
    second.take()
    second.release()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        with pytest.raises(LedgerBusy) as caught:
            Lease(path).take()
        assert str(holder.pid) in str(caught.value)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    lease = Lease(path)
    lease.take()
    lease.release()


def test_releasing_twice_is_harmless_and_the_file_stays(tmp_path: Path) -> None:
    lease = Lease(tmp_path / "ledger.sqlite")
    lease.take()
    lease.release()
    lease.release()
    assert lease.path.exists()
    assert lease.path != tmp_path / "ledger.sqlite"


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnwritable) as caught:
        Lease(tmp_path / "nowhere" / "ledger.sqlite").take()
    assert caught.value.exit_code is ExitCode.IO_ERROR


def test_a_file_system_without_locks_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(_file: object, _how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(LedgerUnwritable) as caught:
        Lease(tmp_path / "ledger.sqlite").take()
    assert "not supported" in str(caught.value)
