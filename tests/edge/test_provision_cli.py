"""``lamplighter gateway provision``: typed wrong, and kept; see the story for all."""

import io
import json
from pathlib import Path

import msgspec
import pytest

from edge import provision_cli
from edge.provision import Record, StepRow
from lamplighter.cli import run
from tests.ingest.enrol_world import EnrolWorld
from vocabulary.exit_codes import ExitCode


def provision(tmp_path: Path, *words: str) -> int:
    places = ["--state", str(tmp_path / "s"), "--config", str(tmp_path / "g.toml")]
    return run(["gateway", "provision", "--no-services", "--clock-wait-s", "0", *places, *words])


def test_what_is_typed_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [
        (["--code", "lamplighter:9:x"], ExitCode.USAGE),
        (["--code", "x", "--ca-fingerprint", "zz"], ExitCode.USAGE),
        (["--code", "x", "--waive", "E-SD-01"], ExitCode.USAGE),
        (["--job", str(tmp_path / "absent")], ExitCode.USAGE),
        (["--job", __file__], ExitCode.BAD_DATA),
    ]
    for words, code in wrong:
        assert provision(tmp_path, *words) == code, words
    assert not (tmp_path / "s").exists(), "nothing was begun"
    assert "say why with --reason" in capsys.readouterr().err


def test_no_network_one_object_and_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = EnrolWorld(tmp_path)
    words = ["--code", f"lamplighter:1:7KQ2M4XD:{world.fingerprint}:https://127.0.0.1:9"]
    assert provision(tmp_path, *words, "--json") == ExitCode.FATAL_FINDING
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert (told["command"], told["code"], told["hand_off"]) == ("provision", 2, None)
    assert told["steps"][-1]["code"] == "E-ENR-10"
    assert set(told["steps"][-1]) == set(StepRow.__struct_fields__)
    assert "3 backhaul  FATAL E-ENR-10" in shown.err
    record = msgspec.json.decode((tmp_path / "s/provision/state.json").read_bytes(), type=Record)
    assert list(record.steps) == ["power", "clock", "backhaul"]
    assert b"7KQ2" not in (tmp_path / "s/provision/state.json").read_bytes()


def test_a_torn_record_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"steps": {', "utf-8")
    assert provision_cli._record(tmp_path / "state.json") == Record()


def test_a_code_on_the_screen_is_a_qr_code() -> None:
    assert len(provision_cli._qr("lamplighter-handoff:1:gw-1").splitlines()) > 10


def test_a_code_from_standard_input_shows_in_no_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = EnrolWorld(tmp_path)
    text = f"lamplighter:1:7KQ2M4XD:{world.fingerprint}:https://127.0.0.1:9\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert provision(tmp_path, "--code", "-") == ExitCode.FATAL_FINDING
    shown = capsys.readouterr()
    assert "E-ENR-10" in shown.err
    assert "7KQ2" not in shown.err + shown.out
