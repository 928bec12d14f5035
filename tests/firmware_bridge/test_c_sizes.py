"""The C library stays within its budgets, builds without a warning, and keeps no state."""

import re
import subprocess
from pathlib import Path

import pytest

from simulators.c_build import build, missing
from simulators.street_box import C_FOLDER
from tests.firmware_bridge.c_sizes import OVER_PCT_MAX, PROGRAMS, TARGETS, Target, measure

README = C_FOLDER / "README.md"
SHOWN_PCT_MAX = 3
"""How far the README's numbers may be from this compiler's."""
SOURCES = [
    C_FOLDER / "lamp.c",
    C_FOLDER / "example" / "street_box.c",
    C_FOLDER / "example" / "hosted.c",
]
COMPILERS = ["gcc", "clang"]

needs_cross = pytest.mark.skipif(
    bool(missing(*PROGRAMS)), reason=f"not installed: {', '.join(missing(*PROGRAMS))}"
)


@needs_cross
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_each_part_is_within_its_budget_and_as_the_page_says(
    target: Target, tmp_path: Path
) -> None:
    sizes = measure(target, tmp_path)
    print(target.name, sizes)  # noqa: T201 - the figures, with -s
    for part, budget in target.budget.items():
        assert sizes[part] <= budget * (100 + OVER_PCT_MAX) / 100, (part, sizes)
    shown = re.search(rf"^\| {target.name} \|(.*)\|$", README.read_text("utf-8"), re.MULTILINE)
    assert shown is not None
    numbers = [int(cell.replace(",", "")) for cell in shown[1].split("|")]
    for part, number in zip(target.budget, numbers, strict=True):
        assert abs(number - sizes[part]) <= sizes[part] * SHOWN_PCT_MAX / 100, (part, sizes)


@pytest.mark.parametrize("compiler", [one for one in COMPILERS if not missing(one)])
def test_no_warning_of_any_compiler(compiler: str) -> None:
    for source in SOURCES:
        for payload_max in (36, 64, 240):
            options = ("-c", f"-DLAMP_PAYLOAD_MAX={payload_max}u", "-ffreestanding", "-Wshadow")
            build(compiler, [source], *options, name=f"{source.stem}-{compiler}.o")


def test_the_library_wants_two_headers_and_nothing_else() -> None:
    text = (C_FOLDER / "lamp.c").read_text("ascii") + (C_FOLDER / "lamp.h").read_text("ascii")
    assert set(re.findall(r"#include (\S+)", text)) == {"<stddef.h>", "<stdint.h>", '"lamp.h"'}
    assert not re.search(r"\b(malloc|calloc|realloc|free|memcpy|memset|printf)\s*\(", text)


def test_the_library_keeps_nothing_of_its_own() -> None:
    made = build("gcc", [C_FOLDER / "lamp.c"], "-c", "-O2", name="state.o")
    done = subprocess.run(["nm", str(made)], capture_output=True, text=True, check=True)  # noqa: S607
    kinds = {line.split()[-2] for line in done.stdout.splitlines()}
    assert kinds <= {"T", "t", "r", "R"}, done.stdout  # code and constants; no data, no bss
