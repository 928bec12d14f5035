"""A slave on its own: what it answers, what it refuses, its habits; read by its own sums alone."""

import pytest

from simulators.board_kinds import Start
from simulators.modbus_slave import ModbusSlave, crc16, framed
from vocabulary.units import NS_PER_S


def slave(*habits: str) -> ModbusSlave:
    def registers(_ts_ns: int, first: int, count: int) -> list[int] | None:
        return list(range(first, first + count)) if first + count <= 20 else None

    start = Start(0, 0, frozenset(habits))
    return ModbusSlave(start, registers, address=5, any_address=0xF8)


def ask(one: ModbusSlave, body: str, at_ns: int = 0) -> bytes:
    one.receive(framed(bytes.fromhex(body)), at_ns)
    return one.advance(at_ns + NS_PER_S // 10)


def test_the_check_value() -> None:
    assert crc16(b"123456789") == b"\x37\x4b"
    assert framed(bytes.fromhex("01040000000A")).hex().upper() == "01040000000A700D"


def test_registers_and_refusals() -> None:
    assert ask(slave(), "050400020002") == framed(bytes.fromhex("05040400020003"))
    assert ask(slave(), "F80400020001") == framed(bytes.fromhex("F804020002"))
    assert ask(slave(), "050400130002") == framed(bytes.fromhex("058402"))
    assert ask(slave(), "050600010001") == framed(bytes.fromhex("058601"))
    assert ask(slave(), "060400020002") == b""
    assert ask(slave(), "000400020002") == b""


def test_a_question_is_found_among_noise_and_a_spoilt_one_is_not_answered() -> None:
    one = slave()
    frame = framed(bytes.fromhex("050400020001"))
    one.receive(b"\x00\xff" + frame[:3], 0)
    one.receive(frame[3:] + b"\x05", 0)
    assert len(one.advance(NS_PER_S)) == 7
    one.receive(frame[:-1] + b"\x00", 0)
    assert one.advance(2 * NS_PER_S) == b""


def test_without_power_it_says_nothing() -> None:
    one = slave()
    one.powered = False
    assert ask(one, "050400020001") == b""


@pytest.mark.parametrize(
    ("habit", "number", "expected"),
    [
        ("stray", 1, "0005040200024930"),
        ("late", 5, ""),
        ("deaf", 7, ""),
        ("refusing", 4, "058404"),
        ("wrong_crc", 2, "0504020002"),
    ],
)
def test_its_habits(habit: str, number: int, expected: str) -> None:
    one = slave(habit)
    said = [ask(one, "050400020001", ix * NS_PER_S) for ix in range(number)][-1]
    if habit == "stray":
        assert said == b"\0" + framed(bytes.fromhex("0504020002"))
    elif habit == "wrong_crc":
        assert said[:-2].hex() == expected
        assert crc16(said[:-2]) != said[-2:]
    else:
        assert said == (framed(bytes.fromhex(expected)) if expected else b"")
