"""What the C library weighs on each processor: linked alone, -Os, payload of 64 bytes."""

import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from simulators.c_build import WARNINGS
from simulators.street_box import C_FOLDER

OVER_PCT_MAX: Final = 10


class Target(NamedTuple):
    """A processor, and what the library may weigh there, in bytes, before the ten per cent."""

    name: str
    prefix: str
    flags: tuple[str, ...]
    budget: dict[str, int]


TARGETS: Final = (
    Target(
        "Cortex-M0",
        "arm-none-eabi",
        ("-mcpu=cortex-m0", "-mthumb"),
        {"encoder": 418, "decoder": 434, "both": 748, "board": 1_780, "RAM": 228},
    ),
    Target(
        "Cortex-M3",
        "arm-none-eabi",
        ("-mcpu=cortex-m3", "-mthumb"),
        {"encoder": 422, "decoder": 436, "both": 770, "board": 1_710, "RAM": 228},
    ),
    Target(
        "ATmega328P",
        "avr",
        ("-mmcu=atmega328p",),
        {"encoder": 672, "decoder": 636, "both": 1_312, "board": 3_430, "RAM": 262},
    ),
)
PARTS: Final = {
    "encoder": ("lamp_frame",),
    "decoder": ("lamp_rx_byte", "lamp_rx_init"),
    "both": ("lamp_frame", "lamp_rx_byte", "lamp_rx_init"),
    "board": ("lamp_start", "lamp_receive", "lamp_tick", "lamp_data"),
}
PROGRAMS: Final = ("arm-none-eabi-gcc", "avr-gcc")
_BARE: Final = (
    "-Os",
    "-ffreestanding",
    "-nostdlib",
    "-nostartfiles",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
)


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _flash_bytes(target: Target, roots: tuple[str, ...], folder: Path) -> int:
    """Code and constants that stay when nothing but ``roots`` is wanted."""
    elf = folder / f"{target.name}.elf"
    wanted = [f"-Wl,-u,{root}" for root in roots]
    words = [f"{target.prefix}-gcc", *WARNINGS, *target.flags, *_BARE, f"-Wl,-e,{roots[0]}"]
    _run(*words, *wanted, str(C_FOLDER / "lamp.c"), "-lgcc", "-o", str(elf))
    rows = _run(f"{target.prefix}-size", "-A", str(elf)).splitlines()
    sections = {row.split()[0]: int(row.split()[1]) for row in rows if row.startswith(".")}
    kept = (".text", ".rodata", ".data")
    return sum(size for name, size in sections.items() if name.startswith(kept))


def _ram_bytes(target: Target, folder: Path) -> int:
    """Of one ``struct lamp_board``, buffers included."""
    source, made = folder / "size.c", folder / "size.o"
    source.write_text('#include "lamp.h"\nchar lamp_size[sizeof(struct lamp_board)];\n')
    words = [f"{target.prefix}-gcc", *WARNINGS, *target.flags, "-ffreestanding"]
    words += ["-I", str(C_FOLDER), "-c"]
    _run(*words, str(source), "-o", str(made))
    (row,) = [
        row
        for row in _run(f"{target.prefix}-nm", "-S", str(made)).splitlines()
        if row.endswith("lamp_size")
    ]
    return int(row.split()[1], 16)


def measure(target: Target, folder: Path) -> dict[str, int]:
    """Part -> bytes."""
    sizes = {part: _flash_bytes(target, roots, folder) for part, roots in PARTS.items()}
    return sizes | {"RAM": _ram_bytes(target, folder)}


def row_of(target: Target, sizes: dict[str, int]) -> str:
    """As the README shows it."""
    return f"| {target.name} | " + " | ".join(f"{sizes[part]:,}" for part in target.budget) + " |"
