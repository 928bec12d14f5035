"""Everything a spool ever held is found in its files, whoever wrote it and whatever was freed."""

from pathlib import Path

from edge.spool_segment import FOLDER
from simulators.spool_harvest import Harvest, Reading
from tests.simulators.spooled import Spooled

AP = "ap-1-1"


def test_a_spool_that_was_never_begun_holds_nothing(tmp_path: Path) -> None:
    harvest = Harvest("gw-1", tmp_path / "nowhere")
    harvest.look()
    assert harvest.bodies == {}
    assert harvest.holes == 0
    assert harvest.readings().total() == 0


def test_readings_are_named_as_in_the_database(tmp_path: Path) -> None:
    spooled, harvest = Spooled(tmp_path), Harvest("gw-1", tmp_path)
    spooled.record(AP, 1, wifi__ok=True, wifi__seq=7, wifi__clients=3)
    spooled.record("air-1-1", 2, air__pm2_5_ugm3=0.1)
    spooled.record("", 3, gateway__uptime_s=9, spool__backlog_records=2)
    spooled.record(AP, 4, wifi__clients=3)
    harvest.look()
    assert harvest.readings() == {
        Reading(AP, "wifi_check", "ok", True): 1,
        Reading(AP, "wifi_check", "seq", 7): 1,
        Reading(AP, "wifi_usage", "clients", 3): 2,
        Reading("air-1-1", "sensor", "pm2_5_ugm3", 0.1): 1,
        Reading("gw-1", "gateway", "uptime_s", 9): 1,
        Reading("gw-1", "gateway", "spool_backlog_records", 2): 1,
    }
    assert harvest.offsets == {spooled.epoch: 4}


def test_what_was_freed_is_still_seen_and_lives_follow_one_another(tmp_path: Path) -> None:
    harvest, spooled = Harvest("gw-1", tmp_path), Spooled(tmp_path)
    for life in range(5):
        for number in range(40):
            spooled.record(AP, number, wifi__clients=life, wifi__rx_bytes=number)
            if number % 10 == 9:
                harvest.look()
                spooled.commit_all()
        spooled = Spooled(tmp_path)  # the one before was not closed: it was killed
    harvest.look()
    assert any((tmp_path / FOLDER).glob("spare-*"))
    assert harvest.offsets == {spooled.epoch: 200}
    assert harvest.holes == 0
    assert harvest.readings()[Reading(AP, "wifi_usage", "clients", 0)] == 40


def test_what_was_overwritten_before_a_look_is_a_hole(tmp_path: Path) -> None:
    spooled, harvest = Spooled(tmp_path), Harvest("gw-1", tmp_path)
    for number in range(400):
        spooled.record(AP, number, wifi__clients=1)
        spooled.commit_all()
    harvest.look()
    assert 0 < harvest.holes < 400
    assert harvest.holes + len(harvest.bodies) == 400


def test_half_a_record_waits_for_the_next_look(tmp_path: Path) -> None:
    spooled, harvest = Spooled(tmp_path), Harvest("gw-1", tmp_path)
    spooled.record(AP, 1, wifi__clients=1)
    spooled.record(AP, 2, wifi__clients=2)
    (segment,) = (tmp_path / FOLDER).glob("*.seg")
    whole = segment.read_bytes()
    end = len(whole.rstrip(b"\0"))
    segment.write_bytes(whole[: end - 3].ljust(len(whole), b"\0"))
    harvest.look()
    assert len(harvest.bodies) == 1
    segment.write_bytes(whole)
    harvest.look()
    assert len(harvest.bodies) == 2
