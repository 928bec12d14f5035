"""The MH-Z19B on a desk."""

from simulators.board_kinds import Start
from simulators.mhz19b_board import BREATH_PPM, Mhz19bBoard, check, plugged_in
from vocabulary.units import NS_PER_S

READ = bytes.fromhex("FF0186000000000079")


def ask(board: Mhz19bBoard, at_ns: int) -> bytes:
    board.receive(READ, at_ns)
    return board.advance(at_ns + NS_PER_S // 10)


def test_the_check_of_the_sheet() -> None:
    assert check(READ) == 0x79
    assert check(bytes.fromhex("FF86022000000000")) == 0x58


def test_it_answers_and_remembers_the_truth() -> None:
    board = plugged_in(Start(0))
    answer = ask(board, 0)
    assert answer[:2] == b"\xff\x86"
    assert check(answer) == answer[8]
    (reading,) = board.truth.readings
    assert reading.values == (("air/co2_ppm", float(answer[2] << 8 | answer[3])),)


def test_a_calibration_is_never_forgotten() -> None:
    board = plugged_in(Start(0))
    board.receive(bytes.fromhex("FF0187000000000078"), 0)
    assert board.calibrations == 1
    assert board.advance(NS_PER_S) == b""


def test_its_habits() -> None:
    cold = plugged_in(Start(0, 1, frozenset({"cold"})))
    ask(cold, 0)
    ask(cold, 181 * NS_PER_S)
    assert [reading.settled for reading in cold.truth.readings] == [False, True]
    deaf = plugged_in(Start(0, 1, frozenset({"deaf"})))
    assert [bool(ask(deaf, ix * NS_PER_S)) for ix in range(7)] == [True] * 6 + [False]
    late = plugged_in(Start(0, 1, frozenset({"late"})))
    assert [bool(ask(late, ix * NS_PER_S)) for ix in range(5)] == [True] * 4 + [False]
    breath = plugged_in(Start(0, 1, frozenset({"breath"})))
    heard = [ask(breath, ix * NS_PER_S) for ix in range(6)][-1]
    assert heard[2] << 8 | heard[3] == BREATH_PPM
