"""Planted faults of the C library, kept for ever: each is a change of a few words in ``lamp.c``."""

import ctypes
from pathlib import Path
from typing import NamedTuple

from simulators.c_build import build
from simulators.c_core import SOURCES, load
from simulators.street_box import C_FOLDER
from tests.firmware_bridge.board_differential import parts, parts_at_the_turn
from tests.firmware_bridge.differential import first_difference, judge

EXAMPLES_MAX = 1_500
STEPS = 30
"""Requests to one board, each an example."""


class Mutant(NamedTuple):
    """What is replaced by what."""

    name: str
    old: str
    new: str


_OPENING = """            if (ix >= capacity) {
                return LAMP_COBS_BAD;
            }
            code_ix = ix++;
            code = 1;
        }
        if (ix >= capacity) {"""
_UNCHECKED = """            code_ix = ix++;
            code = 1;
        }
        if (ix > capacity) {"""
_FULL = "if (rx->left != 0u) {\n        return LAMP_COBS;\n    }"
_WHOLE_BODY = "lamp_crc(LAMP_CRC_START, body, (size_t)(end - body))"
_KNOWN_ID = "} else if (id == board->last_id && id != 0u) {"
_FORGET = "        board->last_id = 0;\n    }\n    say_hello"

FRAME = [
    Mutant("full_block_adds_a_zero", "code != 0xFFu && size != 0u", "size != 0u"),
    Mutant("capacity_off_by_one", "tail_size + 9u) {", "tail_size + 8u) {"),
    Mutant("reader_off_by_one", "rx->encoded > rx->capacity", "rx->encoded >= rx->capacity"),
    Mutant("truncated_block_accepted", _FULL, ""),
    Mutant(
        "bad_flag_survives_the_delimiter", "rx->left = 0;\n        rx->deaf = 0;", "rx->left = 0;"
    ),
    Mutant("short_limit_too_low", "if (rx->size < 6u)", "if (rx->size < 5u)"),
    Mutant("block_split_one_early", "if (code == 0xFFu) {", "if (code == 0xFEu) {"),
    Mutant("no_overflow_check_on_opening_a_block", _OPENING, _UNCHECKED),
    Mutant("crc_skips_the_second_part", _WHOLE_BODY, f"{_WHOLE_BODY[:-1]} - tail_size)"),
    Mutant("one_wrong_table_entry", "0x6B6B51F4u", "0x6B6B51F5u"),
]
SESSION = [
    Mutant(
        "retry_applied_twice",
        "} else if (id == follows) {",
        "} else if (id == follows || (id == board->last_id && id != 0u)) {",
    ),
    Mutant("session_0_accepted", "session == 0u || session != board", "session != board"),
    Mutant(
        "id_65535_to_0",
        "board->last_id == 0xFFFFu ? 1u : board->last_id + 1u",
        "board->last_id + 1u",
    ),
    Mutant(
        "a_dropped_frame_uses_no_number",
        "tx_dropped++;\n",
        "tx_dropped++;\n        board->seq--;\n",
    ),
    Mutant("a_new_session_keeps_the_memory", _FORGET, "    }\n    say_hello"),
    Mutant("id_0_is_remembered", _KNOWN_ID, "} else if (id == board->last_id) {"),
    Mutant("past_the_end", "offset < config->descriptor_size", "offset <= config->descriptor_size"),
]


def source(mutant: Mutant, folder: Path) -> Path:
    """The library with the fault in it."""
    text = (C_FOLDER / "lamp.c").read_text(encoding="ascii")
    assert text.count(mutant.old) == 1, mutant
    made = folder / f"{mutant.name}.c"
    made.write_text(text.replace(mutant.old, mutant.new), encoding="ascii")
    return made


def frames_differ(mutant: Mutant, folder: Path, seed: int) -> str | None:
    """The first difference within the examples allowed."""
    program = judge(source(mutant, folder), mutant.name, "-Wno-error")
    try:
        return first_difference(program, seed, EXAMPLES_MAX)
    except AssertionError as error:  # it wrote where it must not, or said nothing sensible
        return str(error)


def boards_differ(mutant: Mutant, folder: Path, seed: int) -> str | None:
    """The first difference within the examples allowed."""
    sources = [source(mutant, folder), *SOURCES[1:]]
    words = ("-I", str(C_FOLDER), "-O1", "-shared", "-fPIC")
    compiled: ctypes.CDLL = load(build("gcc", sources, *words, name=f"{mutant.name}.so"))
    for ix in range(EXAMPLES_MAX // STEPS):
        if (found := parts(seed + ix, STEPS, compiled)) is not None:
            return found
    return parts_at_the_turn(compiled)
