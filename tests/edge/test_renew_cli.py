"""``lamplighter gateway renew``: does nothing until it is due, and says why it cannot."""

from pathlib import Path

import msgspec
import pytest

from edge import enrolment
from edge.clock import SystemClock
from edge.enrol_client import EnrolClient
from edge.identity_store import IdentityStore
from ingest import authority, enrol_batch
from ingest.enrol_batch import BatchRow, Surroundings
from lamplighter.cli import run
from simulators.trusted_city import TrustedCity
from tests.house.tree import HOUSE
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_S


def test_a_certificate_is_renewed_against_a_real_broker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = SystemClock().now().wall_ns // NS_PER_S
    words = ["gateway", "renew", "--directory", str(tmp_path / "identity")]
    assert run(words) == ExitCode.CONFIGURATION
    with TrustedCity(tmp_path / "city", HOUSE / "deploy" / "mosquitto", now_s=now_s) as city:
        store = IdentityStore(tmp_path / "identity")
        store.keep_authority(city.files.chain())
        enrolment.enrol(EnrolClient(city.url, city.files.chain()), store, city.expect("gw-1"), "")
        before = store.identity()
        assert run(words) == ExitCode.FINE
        assert "not due" in capsys.readouterr().out
        assert store.identity() == before
        assert run([*words, "--now"]) == ExitCode.FINE
        assert store.identity() != before
        city.register.retire("gw-1", "test", now_s)
        assert run([*words, "--now"]) == ExitCode.PERMISSION
        assert "E-ENR-05" in capsys.readouterr().err
    assert run([*words, "--now"]) == ExitCode.TRY_AGAIN


def test_a_job_that_waited_enrols_when_there_is_a_link(tmp_path: Path) -> None:
    now_s = SystemClock().now().wall_ns // NS_PER_S
    with TrustedCity(tmp_path / "city", HOUSE / "deploy" / "mosquitto", now_s=now_s) as city:
        row = BatchRow("gw-1", "library", "north", (), ())
        around = Surroundings(city.url, city.broker.url, "host1")
        code = city.expect("gw-1")
        raw = enrol_batch.job_of(row, around, code=code, generation=1, expires_s=now_s + 99)
        bundle = authority.sign_job(city.files.issuing(), city.files.root(), raw)
        (tmp_path / "job").write_bytes(msgspec.json.encode(bundle))
        words = ["gateway", "renew", "--directory", str(tmp_path / "identity")]
        assert run([*words, "--job", str(tmp_path / "job")]) == ExitCode.FINE
        placed = IdentityStore(tmp_path / "identity").placed()
        assert placed is not None
        assert placed.gateway_id == "gw-1"
