"""Strangers on the line: NMEA and Modbus, seen twice; noise, never."""

import random

from firmware_bridge.strangers import HELD_BYTES_MAX, Strangers, crc16_modbus

SENTENCE = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
ANSWER = bytes.fromhex("010404436633341B38")
EXCEPTION = bytes.fromhex("018402C2C1")


def test_the_crc_has_its_check_value() -> None:
    assert crc16_modbus(b"123456789") == 0x4B37


def test_sentences_are_recognised_in_any_pieces() -> None:
    strangers, said = Strangers(), None
    for byte in SENTENCE * 2:
        said = said or strangers.look(bytes((byte,)))
    assert said is not None
    assert "NMEA" in said


def test_answers_are_recognised_as_they_are_read() -> None:
    for wire in (ANSWER, EXCEPTION):
        strangers = Strangers()
        assert strangers.look(wire) is None
        assert "Modbus" in str(strangers.look(wire))


def test_a_wrong_sum_or_a_forgotten_one_does_not_count() -> None:
    strangers = Strangers()
    assert strangers.look(SENTENCE.replace(b"*47", b"*48") * 3) is None
    strangers.look(SENTENCE)
    strangers.forget()
    assert strangers.look(SENTENCE) is None


def test_noise_is_no_stranger_and_is_not_kept() -> None:
    strangers, chance = Strangers(), random.Random(1)
    for _ in range(3_000):
        assert strangers.look(chance.randbytes(40)) is None
    assert len(strangers._held) <= HELD_BYTES_MAX
