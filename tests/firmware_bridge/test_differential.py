"""C against Python: 100,000 streams and blocks in each run, and boards request for request.

``DIFFERENTIAL_SEED`` sets where the run begins; a failure names the seed of its batch.
"""

import os
import random

import pytest

from simulators.street_box import C_FOLDER
from tests.firmware_bridge.board_differential import parts, parts_at_the_turn
from tests.firmware_bridge.differential import (
    Case,
    ask,
    batches,
    first_difference,
    judge,
    python_answer,
)
from tests.firmware_bridge.vectors import DESCRIPTOR, FRAMES

SEED = int(os.environ.get("DIFFERENTIAL_SEED", "1"))
STREAMS = 100_000
BATCH = 10_000


def test_c_and_python_judge_a_hundred_thousand_streams_alike() -> None:
    print(f"DIFFERENTIAL_SEED={SEED}")  # noqa: T201 - shown when the test fails
    program = judge(C_FOLDER / "lamp.c", "judge")
    for seed, count in batches(SEED, STREAMS, BATCH):
        difference = first_difference(program, seed, count)
        assert difference is None, difference


@pytest.mark.parametrize("sanitizer", ["address,undefined"])
def test_no_stream_touches_memory_that_is_not_its_own(sanitizer: str) -> None:
    options = (f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-g")
    program = judge(C_FOLDER / "lamp.c", "judge-sanitized", *options)
    difference = first_difference(program, SEED + 1_000_000, 5_000)
    assert difference is None, difference


def test_the_bitwise_crc_is_the_same() -> None:
    program = judge(C_FOLDER / "lamp.c", "judge-bitwise", "-DLAMP_CRC_BITWISE=1")
    assert first_difference(program, SEED + 2_000_000, 2_000) is None


def test_c_agrees_with_every_vector() -> None:
    program = judge(C_FOLDER / "lamp.c", "judge")
    chance = random.Random(0)
    for vector in FRAMES:
        case = Case("r", 246, vector.wire)
        said = ask(program, [case])
        assert said == python_answer(case, chance), vector.name
        assert said[0] == ["nothing", "oversize", "cobs", "short", "crc", "version", "frame"].index(
            vector.verdict
        )
        if vector.verdict == "frame":
            word = vector.type | vector.seq << 8
            made = Case("e", len(vector.wire), vector.payload, word, split=len(vector.payload) // 2)
            assert ask(program, [made])[4:] == vector.wire
    assert len(DESCRIPTOR) == 159


@pytest.mark.parametrize("seed", range(SEED, SEED + 200))
def test_the_c_board_answers_as_the_python_board(seed: int) -> None:
    assert parts(seed, 60) is None


def test_the_boards_agree_where_ids_begin_again() -> None:
    assert parts_at_the_turn() is None
