"""The register: each change whole, each state reached only from where it may be."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import enrol_register
from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import AuditRow, GatewayRow, GatewayState
from ingest.errors import EnrolmentRefused, GatewayUnknown, RegisterFault
from tests.ingest.enrol_world import Device, EnrolWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[EnrolWorld]:
    made = EnrolWorld(tmp_path)
    yield made
    made.register.close()


def test_one_refused_row_refuses_all(world: EnrolWorld) -> None:
    world.enrol(Device(), world.expect())
    rows = [
        (GatewayRow(name, "s", "d", 1, GatewayState.EXPECTED), world.code_row(name, code))
        for name, code in (("gw-2", "00000002"), ("gw-1", "00000001"))
    ]
    with pytest.raises(EnrolmentRefused, match="gw-1 is enrolled"):
        world.register.expect(rows, "test")
    assert world.register.gateway("gw-2") is None
    assert world.register.code(rows[0][1].code_hash) is None


def test_a_new_code_withdraws_the_old_one(world: EnrolWorld) -> None:
    old = world.expect()
    world.expect(code="AAAABBBB")
    assert world.enrol(Device(), old).status == 403
    assert world.enrol(Device(), "AAAABBBB").status == 200


def test_states_are_reached_from_where_they_may_be(world: EnrolWorld) -> None:
    register, row = world.register, world.code_row("gw-1", "0000000A")
    with pytest.raises(GatewayUnknown):
        register.retire("gw-1", "test", 0)
    world.expect()
    with pytest.raises(EnrolmentRefused, match="expected retired"):
        register.reopen("gw-1", row, "test", 0)
    register.move("gw-1", "site-2", "test", 0)
    assert world.gateway().site_id == "site-2"
    register.retire("gw-1", "test", 0)
    for call in (
        lambda: register.retire("gw-1", "test", 0),
        lambda: register.move("gw-1", "site-3", "test", 0),
        lambda: register.replace("gw-1", row, "test", 0),
    ):
        with pytest.raises(EnrolmentRefused):
            call()
    register.reopen("gw-1", row, "test", 0)
    assert (world.gateway().generation, world.gateway().state) == (2, GatewayState.EXPECTED)
    events = [one.event for one in register.audit("gw-1")]
    assert events == ["expected", "moved", "retired", "reopened"]


def test_no_code_stands_in_the_file(world: EnrolWorld) -> None:
    world.enrol(Device(), world.expect())
    world.register.close()
    for path in world.files.directory.iterdir():
        assert b"7KQ2M4XD" not in path.read_bytes(), path.name


def test_it_outlives_its_process_and_others_files_are_left_alone(tmp_path: Path) -> None:
    world = EnrolWorld(tmp_path)
    world.expect()
    world.register.close()
    with EnrolRegister.open(world.files.register_path) as again:
        assert [row.gateway_id for row in again.gateways()] == ["gw-1"]
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    with pytest.raises(RegisterFault, match="another program"):
        EnrolRegister.open(foreign)
    with pytest.raises(RegisterFault):
        EnrolRegister.open(tmp_path / "absent" / "x")


def test_the_audit_log_is_bounded(world: EnrolWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol_register, "AUDIT_ROWS_MAX", 3)
    for ix in range(6):
        world.register.note(AuditRow(ix, "x", "e", "", "y" * 500))
    rows = world.register.audit()
    assert [row.at_s for row in rows] == [3, 4, 5]
    assert len(rows[0].detail) == enrol_register.DETAIL_CHARS_MAX


def test_a_full_disk_changes_nothing(world: EnrolWorld) -> None:
    world.register._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(RegisterFault):
        world.expect()
    assert world.register.gateways() == []
