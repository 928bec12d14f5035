"""The desk: what opens it, what does not, and that every refusal says why and what to do."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge import identity
from ingest.enrol_desk import FOREIGN_TRIES_MAX, Answer, Asked
from ingest.enrol_limits import FAILURES_MAX
from ingest.enrol_rows import GatewayState
from tests.ingest.enrol_world import DAY_S, Device, EnrolWorld
from vocabulary.enrolment import ENROL, READBACK, RENEW, Enrolled, ReadBack, Refused


@pytest.fixture
def world(tmp_path: Path) -> Iterator[EnrolWorld]:
    made = EnrolWorld(tmp_path)
    yield made
    made.register.close()


@pytest.fixture
def device(world: EnrolWorld) -> Device:
    """A gateway that has enrolled."""
    made = Device()
    assert world.enrol(made, world.expect()).status == 200
    return made


def refusal(answer: Answer) -> Refused:
    assert isinstance(answer.body, Refused), answer
    assert answer.body.found
    assert answer.body.expected
    assert answer.body.remedy
    return answer.body


def test_adopt_precreated(world: EnrolWorld, device: Device) -> None:
    made = device.enrolled
    assert made is not None
    assert (made.gateway_id, made.site_id, made.district) == ("gw-1", "site-1", "north")
    text = identity.combine(device.key, made.certificate, made.authority)
    assert list(identity.faults(text, gateway_id="gw-1", root=world.root())) == []
    assert world.gateway().state is GatewayState.ENROLLED


def test_a_code_may_be_read_as_people_read(world: EnrolWorld) -> None:
    world.expect(code="70Q1M4XD")
    assert world.enrol(Device(), " 7oqi-m4xd").status == 200


def test_a_lost_answer_costs_nothing(world: EnrolWorld, device: Device) -> None:
    first = device.enrolled
    assert world.enrol(device, "7KQ2M4XD").body == first
    assert len(world.register.certificates("gw-1")) == 1


def test_another_key_is_told_when_and_by_whom(world: EnrolWorld, device: Device) -> None:
    del device
    body = refusal(world.enrol(Device("board-2"), "7KQ2M4XD"))
    assert body.code == "E-ENR-01"
    assert "by gw-1" in body.found
    assert "used at 2026-" in body.found


def test_a_code_that_others_tried_too_often_is_locked_for_all(
    world: EnrolWorld, device: Device
) -> None:
    for ix in range(FOREIGN_TRIES_MAX):
        world.enrol(Device(), "7KQ2M4XD", peer=f"192.0.2.{ix}")
    again = world.enrol(device, "7KQ2M4XD", peer="198.51.100.1")
    assert "locked" in refusal(again).found


def test_unknown_expired_retired(world: EnrolWorld) -> None:
    assert refusal(world.enrol(Device(), "00000000")).code == "E-ENR-01"
    code = world.expect()
    world.now_s += DAY_S + 1
    assert "ran out at" in refusal(world.enrol(Device(), code)).found
    world.now_s -= DAY_S
    assert world.enrol(Device(), code).status == 200
    world.register.retire("gw-1", "test", world.now_s)
    world.now_s += 60
    assert refusal(world.enrol(Device(), code)).code == "E-ENR-05"


def test_a_board_is_one_gateway(world: EnrolWorld, device: Device) -> None:
    other = Device(device.board)
    body = refusal(world.enrol(other, world.expect("gw-2", "AAAABBBB")))
    assert body.code == "E-ENR-02"
    assert "gw-1" in body.found
    assert "gw-2" in body.found


def test_a_key_is_one_gateway(world: EnrolWorld, device: Device) -> None:
    device.board = ""
    assert refusal(world.enrol(device, world.expect("gw-2", "AAAABBBB"))).code == "E-ENR-02"


def test_guessing_is_slow_and_then_over(world: EnrolWorld) -> None:
    code = world.expect()
    statuses = [world.enrol(Device(), f"0000000{ix}").status for ix in range(7)]
    assert statuses == [403] * 5 + [429] * 2
    for ix in range(FAILURES_MAX):
        world.now_s += 61
        world.enrol(Device(), f"000000A{ix}")
    world.now_s += 61
    assert world.enrol(Device(), code).status == 429, "locked, with the right code too"
    assert world.enrol(Device(), code, peer="192.0.2.9").status == 200
    assert "address_locked" in [row.event for row in world.register.audit()]


def test_a_renewal_is_a_new_key_signed_by_the_old(world: EnrolWorld, device: Device) -> None:
    world.now_s += 121 * DAY_S
    fresh = identity.new_key()
    answer = world.signed(device, RENEW, csr=identity.request(fresh))
    assert isinstance(answer.body, Enrolled)
    text = identity.combine(fresh, answer.body.certificate, answer.body.authority)
    assert list(identity.faults(text, gateway_id="gw-1", root=world.root())) == []
    again = world.signed(device, RENEW, csr=identity.request(fresh))
    assert again.body == answer.body, "the answer was lost on the way"


def test_a_gateway_that_was_away_longer_than_its_certificate_comes_back(
    world: EnrolWorld, device: Device
) -> None:
    world.now_s += (180 + 60) * DAY_S
    assert refusal(world.signed(device, READBACK, marker="1")).code == "E-ENR-07"
    answer = world.signed(device, RENEW, csr=identity.request(identity.new_key()))
    assert answer.status == 200
    world.now_s += 400 * DAY_S
    late = world.signed(device, RENEW, csr=identity.request(identity.new_key()))
    assert refusal(late).code == "E-ENR-07"


def test_a_word_is_good_once_and_for_one_question(world: EnrolWorld, device: Device) -> None:
    body = device.signed_body(READBACK, world.nonce(), marker="1")
    assert world.ask(RENEW, body).status == 403, "signed for another question"
    body = device.signed_body(READBACK, world.nonce(), marker="1")
    assert world.ask(READBACK, body).status == 200
    assert world.ask(READBACK, body).status == 403, "replayed"
    body = device.signed_body(READBACK, world.nonce(), marker="1")
    world.now_s += 61
    assert world.ask(READBACK, body).status == 403, "too late"


def test_retired_says_so(world: EnrolWorld, device: Device) -> None:
    world.register.retire("gw-1", "test", world.now_s)
    assert refusal(world.signed(device, READBACK, marker="1")).code == "E-ENR-05"
    world.register.reopen("gw-1", world.code_row("gw-1", "BBBBCCCC"), "test", world.now_s)
    assert refusal(world.signed(device, READBACK, marker="1")).code == "E-ENR-07"


def test_a_copied_card_is_refused_and_both_boards_are_named(
    world: EnrolWorld, device: Device
) -> None:
    device.board = "board-of-a-thief"
    assert refusal(world.signed(device, READBACK, marker="1")).code == "E-ENR-02"
    flag = world.gateway().flag
    assert "board-1" in flag
    assert "board-of-a-thief" in flag


def test_the_old_certificate_dies_with_the_new_ones_first_data(
    world: EnrolWorld, device: Device
) -> None:
    world.register.replace("gw-1", world.code_row("gw-1", "CCCCDDDD"), "test", world.now_s)
    second = Device("board-2")
    assert world.enrol(second, "CCCCDDDD").status == 200
    assert world.gateway().generation == 2
    assert [row.revoked_s for row in world.register.certificates("gw-1")] == [0, 0]
    world.told = ReadBack(False, "broker", "nothing yet", "E-E2E-03")
    world.signed(second, READBACK, marker="5")
    assert [row.revoked_s for row in world.register.certificates("gw-1")] == [0, 0]
    world.told = ReadBack(True, "database", "a point")
    assert world.signed(second, READBACK, marker="5").status == 200
    assert [row.revoked_s > 0 for row in world.register.certificates("gw-1")] == [True, False]
    assert world.asked[-1] == ("gw-1", "5")
    assert refusal(world.signed(device, RENEW, csr=identity.request(device.key))).code == "E-ENR-07"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(path=st.sampled_from([ENROL, RENEW, READBACK, "/", "/v1/../../x"]), body=st.binary())
def test_no_bytes_raise(world: EnrolWorld, path: str, body: bytes) -> None:
    world.now_s += 61
    answer = world.ask(path, body)
    assert answer.status in (400, 403, 404, 429)
    msgspec.json.encode(answer.body)


def test_other_methods_and_great_bodies(world: EnrolWorld) -> None:
    assert world.desk.answer(Asked("GET", ENROL, b"", "x"), world.now_s).status == 405
    assert world.ask(ENROL, b"x" * 20_000).status == 413
    nested = b'{"code":' + b"[" * 8_000
    assert world.ask(ENROL, nested).status == 400
