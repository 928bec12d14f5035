"""``lamplighter host batch``: jobs that a device can check, for their owner only, all or none."""

import json
from pathlib import Path

import msgspec
import pytest

from edge import identity
from edge.errors import BundleForged
from lamplighter.cli import run
from tests.ingest.enrol_world import EnrolWorld
from vocabulary.enrolment import Bundle
from vocabulary.exit_codes import ExitCode

LIST = "gateway_id,site_id,district\ngw-1,library,north\ngw-2,park,north\n"


def create(world: EnrolWorld, tmp_path: Path, text: str) -> int:
    (tmp_path / "sites.csv").write_text(text, "utf-8")
    words = ["--enrol-url", "https://e:8443", "--broker", "mqtts://b:8883", "--json"]
    words += ["--out", str(tmp_path / "jobs"), "--directory", str(world.files.directory)]
    return run(["host", "batch", "create", str(tmp_path / "sites.csv"), *words])


def test_jobs_and_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = EnrolWorld(tmp_path)
    assert create(world, tmp_path, LIST) == ExitCode.FINE
    assert json.loads(capsys.readouterr().out)["jobs"] == ["gw-1.job", "gw-2.job"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "jobs").iterdir()} == {0o600}
    bundle = msgspec.json.decode((tmp_path / "jobs" / "gw-1.job").read_bytes(), type=Bundle)
    job = identity.open_job(bundle, pinned=world.fingerprint)
    assert (job.gateway_id, job.site_id) == ("gw-1", "library")
    assert job.code[:4] + "-" + job.code[4:] in (tmp_path / "jobs" / "sheet.html").read_text(
        "utf-8"
    )
    with pytest.raises(BundleForged, match="E-ENR-03"):
        identity.open_job(bundle, pinned="00" * 32)
    assert create(world, tmp_path, LIST) == ExitCode.FINE, "again: new codes"


def test_a_fault_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = EnrolWorld(tmp_path)
    assert create(world, tmp_path, LIST + "GW 3,x,\n") == ExitCode.CONFIGURATION
    assert world.register.gateways() == []
    said = capsys.readouterr().err
    assert "sites.csv:4: gateway_id" in said
    assert "sites.csv:4: district" in said
    missing = ["batch", "create", str(tmp_path / "absent.csv"), "--out", str(tmp_path / "o")]
    missing += ["--enrol-url", "https://e", "--broker", "mqtts://b"]
    missing += ["--directory", str(world.files.directory)]
    assert run(["host", *missing]) == ExitCode.CONFIGURATION
