"""Recordings: byte for byte, robust against being cut off anywhere and against damage."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.intake import Message
from processing.incidents import Incident
from processing.intervals import Cause, Level
from processing.settings import Settings
from simulators.errors import RecordingForeign
from simulators.recording import MAGIC, Frame, Head, Kind, Recorder, Recording
from simulators.town import generate
from vocabulary.exit_codes import ExitCode

HEAD = Head(generate(3, 1).inventory, Settings(misses_down=4), 1_000, "a run", 7)
INCIDENT = Incident("i", 1, Level.AP, "ap-1", Cause.ACCESS_POINT, 5, None, 6, ("ap-1",))
MESSAGES = [
    Message("spBv1.0/town/NBIRTH/gw-00000", b"\x00\xff", 1_500, retain=True),
    Message("spBv1.0/t\u00f6wn/x\ud800", b"", 1_600),
]


def written(path: Path, *, end: bool = True) -> bytes:
    with Recorder(path, HEAD) as recorder:
        recorder.message(MESSAGES[0])
        recorder.turn(1_550)
        recorder.hearing(1_560, on=False)
        recorder.hearing(1_570, on=True)
        recorder.message(MESSAGES[1])
        if end:
            recorder.end((INCIDENT,))
        assert recorder.messages == 2
    return path.read_bytes()


def read(path: Path) -> tuple[Recording, list[Frame]]:
    recording = Recording(path)
    frames = list(recording.frames())
    recording.close()
    return recording, frames


FRAMES = [
    Frame(Kind.MESSAGE, 1_500, MESSAGES[0]),
    Frame(Kind.TURN, 1_550),
    Frame(Kind.DEAF, 1_560),
    Frame(Kind.HEARING, 1_570),
    Frame(Kind.MESSAGE, 1_600, MESSAGES[1]),
]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written(tmp_path / "tape")
    recording, frames = read(tmp_path / "tape")
    assert frames == FRAMES
    assert recording.head == HEAD
    assert recording.incidents == (INCIDENT,)
    assert not recording.cut_off


def test_cut_off_anywhere_it_holds_what_stands_before(tmp_path: Path) -> None:
    data = written(tmp_path / "tape")
    lengths: set[int] = set()
    coarse, fine = range(len(MAGIC), len(data), 17), range(len(data) - 500, len(data))
    for size in sorted({*coarse, *fine}):
        (tmp_path / "cut").write_bytes(data[:size])
        try:
            recording, frames = read(tmp_path / "cut")
        except RecordingForeign:
            assert not lengths, "once readable, always readable"
            continue
        assert frames == FRAMES[: len(frames)]
        assert recording.cut_off
        assert recording.incidents is None
        lengths.add(len(frames))
    assert lengths == set(range(len(FRAMES) + 1))


def test_a_run_without_an_end_was_cut_off(tmp_path: Path) -> None:
    written(tmp_path / "tape", end=False)
    recording, frames = read(tmp_path / "tape")
    assert frames == FRAMES
    assert recording.cut_off


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_bit_never_raises(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    directory = tmp_path_factory.mktemp("flip")
    data = bytearray(written(directory / "tape"))
    data[at % len(data)] ^= flip
    (directory / "bad").write_bytes(data)
    try:
        recording, frames = read(directory / "bad")
    except RecordingForeign:
        return
    assert frames == FRAMES[: len(frames)]
    assert recording.cut_off or (frames == FRAMES and recording.incidents == (INCIDENT,))


@pytest.mark.parametrize(
    "data", [b"", b"LL", b"something else entirely", MAGIC, MAGIC + b"\xff" * 40]
)
def test_a_stranger_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "tape").write_bytes(data)
    with pytest.raises(RecordingForeign) as caught:
        Recording(tmp_path / "tape")
    assert caught.value.exit_code is ExitCode.BAD_DATA
    with pytest.raises(RecordingForeign):
        Recording(tmp_path / "absent")
