"""What real devices said, as others published it, and what we make of it."""

from pathlib import Path

import pytest

from tests.firmware_bridge.recordings import FOLDER, meaning, read

RECORDINGS = sorted(FOLDER.glob("*.txt"))
every_recording = pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)


@every_recording
def test_the_golden_output(path: Path) -> None:
    recording = read(path)
    assert meaning(recording) == recording.golden.read_text("utf-8").splitlines()


@every_recording
def test_it_says_which_device_and_where_from(path: Path) -> None:
    notes = read(path).notes
    assert notes["kind"]
    assert notes["device"]
    assert notes["source"].startswith("https://")


def test_there_are_some_of_every_way_of_speaking() -> None:
    kinds = {read(path).notes["kind"] for path in RECORDINGS}
    assert kinds >= {"sds011", "pms5003", "mhz19b", "senseair-s8", "nmea", "sdm120", "pzem004t"}
    assert {path.stem for path in FOLDER.glob("*.golden")} == {path.stem for path in RECORDINGS}
