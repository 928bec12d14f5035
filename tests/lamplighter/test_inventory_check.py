"""``lamplighter inventory check``: fine or every fault, for people and for programs."""

import json
from pathlib import Path

import pytest

from lamplighter import inventory_check
from lamplighter.cli import run
from vocabulary.exit_codes import ExitCode

GOOD = '[[area]]\narea_id = "north"\nname = "North"\n'
BAD = '[[area]]\narea_id = "North"\n\n[[site]]\nsite_id = "s"\nname = "S"\narea_id = "gone"\n'


def written(directory: Path, raw: bytes) -> str:
    file = directory / "inventory.toml"
    file.write_bytes(raw)
    return str(file)


def test_a_good_file_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inventory", "check", written(tmp_path, GOOD.encode())]) == ExitCode.FINE
    said = capsys.readouterr()
    assert "fine (1 area, 0 site," in said.out
    assert said.err == ""


def test_every_fault_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, BAD.encode())
    assert run(["inventory", "check", file]) == ExitCode.CONFIGURATION
    said = capsys.readouterr().err
    assert f"{file}:1: area[0].name" in said
    assert f"{file}:2: area[0].area_id" in said
    assert f"{file}:7: site[0].area_id" in said
    assert "what to do:" in said


def test_a_program_reads_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, BAD.encode())
    assert run(["inventory", "check", "--json", file]) == ExitCode.CONFIGURATION
    report = json.loads(capsys.readouterr().out)
    assert (report["file"], report["ok"]) == (file, False)
    assert [finding["line"] for finding in report["findings"]] == [1, 2, 7]
    assert run(["inventory", "check", "--json", written(tmp_path, GOOD.encode())]) == ExitCode.FINE
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["counts"]["area"]) == (True, 1)


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_file_that_cannot_be_read(tmp_path: Path, as_json: list[str]) -> None:
    absent, directory = str(tmp_path / "absent.toml"), str(tmp_path)
    assert run(["inventory", "check", *as_json, absent]) == ExitCode.IO_ERROR
    assert run(["inventory", "check", *as_json, directory]) == ExitCode.IO_ERROR


def test_bytes_that_are_no_text_are_found_with_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, b"\n\n# \xff\n")
    assert run(["inventory", "check", file]) == ExitCode.CONFIGURATION
    assert f"{file}:3: (file): found bytes that are not UTF-8" in capsys.readouterr().err


def test_a_file_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory_check, "FILE_BYTES_MAX", 10)
    file = written(tmp_path, GOOD.encode())
    assert run(["inventory", "check", file]) == ExitCode.CONFIGURATION
