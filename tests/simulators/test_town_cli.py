"""The town's commands as their users type them; what is wrong is refused with the right code."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lamplighter.cli import run as lamplighter
from simulators.cli import simulate
from simulators.truth import TruthLedger
from vocabulary.exit_codes import ExitCode


def told(*words: object) -> Result:
    return CliRunner().invoke(simulate, [str(word) for word in words])


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """Through the front door, which turns errors into words and codes."""
    code = lamplighter(["simulate", *(str(word) for word in words)])
    return int(code), capsys.readouterr().err


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("town")
    made = told("city", "--aps", 30, "--seed", 3, "--out", path, "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["access_points"] == 30
    return path


@pytest.mark.parametrize("name", ["city", "play", "replay", "scenarios"])
def test_each_command_shows_an_example(name: str) -> None:
    shown = told(name, "--help")
    assert shown.exit_code == 0
    assert "Example" in shown.output


def test_the_same_seed_writes_the_same_files(town: Path, tmp_path: Path) -> None:
    told("city", "--aps", 30, "--seed", 3, "--out", tmp_path)
    for name in ("inventory.toml", "people.toml"):
        assert (tmp_path / name).read_bytes() == (town / name).read_bytes()


def test_real_places_are_taken_and_bad_rows_named(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("name,lat,lon\nA,41.9,-87.6\nB,-87.6,41.9\n")
    made = told("city", "--places", tmp_path / "p.csv", "--out", tmp_path / "town")
    assert made.exit_code == ExitCode.DEGRADED
    assert "p.csv:3: lat" in made.stderr
    assert (tmp_path / "town" / "inventory.toml").exists()


def test_play_record_and_replay(town: Path, tmp_path: Path) -> None:
    tape, truth = tmp_path / "tape", tmp_path / "truth.json"
    options = ("--minutes", 8, "--seed", 5, "--town", town, "--record", tape, "--truth", truth)
    made = told("play", "s1b", *options, "--json")
    assert made.exit_code == 0, made.output
    report = json.loads(made.stdout)
    assert report["finished"]
    assert report["access_points"] == 30
    assert len(TruthLedger.from_json(truth.read_bytes()).usage) == 30
    same = told("replay", tape, "--json")
    assert same.exit_code == 0
    assert json.loads(same.stdout)["added"] == []
    (tmp_path / "d.toml").write_text("misses_down = 1\n")
    more = told("replay", tape, "--settings", tmp_path / "d.toml")
    assert "+ 2027-" in more.stdout


def test_scenarios_are_listed() -> None:
    made = json.loads(told("scenarios", "--json").stdout)
    assert made["s1-loss"].startswith("S1 ")
    assert "s20-counters" in told("scenarios").stdout


def test_bad_input_is_refused_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, town: Path
) -> None:
    bad = tmp_path / "s.toml"
    bad.write_text("[link]\nlos = 0.1\n")
    code, said = refused(capsys, "play", bad)
    assert code == ExitCode.CONFIGURATION
    assert "s.toml:2: link.los" in said
    bad.write_text('[[trouble]]\nkind = "ap_crash"\nat_s = 1\nnode = "nobody"\n')
    code, said = refused(capsys, "play", bad, "--town", town)
    assert code == ExitCode.BAD_DATA
    assert f"{bad}: trouble[0].node: found `nobody`" in said
    assert "what to do" in said
    assert refused(capsys, "play", "s99")[0] == ExitCode.BAD_DATA
    assert refused(capsys, "replay", bad)[0] == ExitCode.BAD_DATA
    text = (town / "inventory.toml").read_text().replace("lat_deg = 41.", "lat_deg = -87.")
    (tmp_path / "i.toml").write_text(text)
    code, said = refused(capsys, "play", "s1", "--town", tmp_path / "i.toml")
    assert code == ExitCode.CONFIGURATION
    assert "lat_deg" in said
    assert "swapped" in said


def test_contradicting_options_are_a_mistake_of_use() -> None:
    assert told("play", "s1", "--virtual", "--broker", "mqtt://x").exit_code == 2
    assert told("play", "s1", "--ptys", "ptys").exit_code == 2
    assert told("play").exit_code == 2


def test_control_c_leaves_the_report_of_what_was_done(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    command = [sys.executable, "-m", "lamplighter", "simulate", "play", "s1", "--json"]
    command += ["--minutes", "1000000", "--aps", "5", "--record", str(tape)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
        while not (tape.exists() and tape.stat().st_size > 60_000):  # it has begun to play
            assert process.poll() is None
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    report = json.loads(out)
    assert process.returncode == 130
    assert not report["finished"]
    assert 0 < report["share_done"] < 1
    assert json.loads(told("replay", tape, "--json").stdout)["cut_off"] is False
