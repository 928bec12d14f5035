"""Lines in a file: all of a batch or none, torn tails cut, faults told and not raised."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.line_file import TAIL_BYTES, LineFile
from ingest.sink import Retry, Stop, WriteOutcome


def test_batches_follow_each_other(tmp_path: Path) -> None:
    sink = LineFile(tmp_path / "points.lp")
    assert sink.write(["a x=1i 1", "b x=1i 2"]) == WriteOutcome(2)
    assert sink.write(["c x=1i 3"]) == WriteOutcome(1)
    sink.close()
    assert sink.path.read_text() == "a x=1i 1\nb x=1i 2\nc x=1i 3\n"


@given(torn=st.text(alphabet='abc=1i ,"', max_size=80), whole=st.integers(0, 3))
def test_a_torn_last_line_is_cut_when_opened(
    tmp_path_factory: pytest.TempPathFactory, torn: str, whole: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "points.lp"
    path.write_text("a x=1i 1\n" * whole + torn)
    sink = LineFile(path)
    sink.write(["b x=1i 2"])
    sink.close()
    assert path.read_text() == "a x=1i 1\n" * whole + "b x=1i 2\n"


def test_a_torn_tail_longer_than_one_look_is_cut_too(tmp_path: Path) -> None:
    path = tmp_path / "points.lp"
    path.write_text("a x=1i 1\n" + "y" * (2 * TAIL_BYTES + 7))
    sink = LineFile(path)
    sink.probe()
    sink.close()
    assert path.read_text() == "a x=1i 1\n"


def test_a_directory_that_is_not_there_stops_and_heals(tmp_path: Path) -> None:
    sink = LineFile(tmp_path / "later" / "points.lp")
    outcome = sink.write(["a x=1i 1"])
    assert isinstance(outcome.stop, Stop)
    assert outcome.rest == ("a x=1i 1",)
    sink.path.parent.mkdir()
    assert sink.write(outcome.rest).stored == 1
    sink.close()


def test_a_full_disk_is_retried_and_leaves_no_half_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = LineFile(tmp_path / "points.lp")
    sink.write(["a x=1i 1"])

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        outcome = sink.write(["b x=1i 2", "c x=1i 3"])
    assert isinstance(outcome.retry, Retry)
    assert "No space" in outcome.retry.reason
    assert outcome.rest == ("b x=1i 2", "c x=1i 3")
    assert sink.write(["d x=1i 4"]).stored == 1
    sink.close()
    assert sink.path.read_text() == "a x=1i 1\nd x=1i 4\n"


def test_what_is_not_one_line_is_dead_and_its_mates_are_stored(tmp_path: Path) -> None:
    sink = LineFile(tmp_path / "points.lp")
    outcome = sink.write(["a x=1i 1", 'b x="1\n2" 2', ""])
    sink.close()
    assert outcome.stored == 1
    assert [dead.line for dead in outcome.dead] == ['b x="1\n2" 2', ""]
    assert outcome.settled
