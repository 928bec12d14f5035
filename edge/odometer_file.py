"""The odometer's file, and the kernel's count of what a card was written."""

import os
from pathlib import Path
from typing import Final

import msgspec

from edge import odometer
from edge.odometer import Odometer

FILE: Final = "odometer.json"
FILE_BYTES_MAX: Final = 64 * 1024
_SECTORS: Final = 6
_BLOCK: Final = Path("/sys/dev/block")


def load(directory: Path) -> Odometer:
    """What was kept; nothing if there is nothing, or nothing that can be read."""
    try:
        raw = (directory / FILE).read_bytes()[:FILE_BYTES_MAX]
        return msgspec.json.decode(raw, type=Odometer)
    except (OSError, msgspec.DecodeError):
        return Odometer()


def keep(directory: Path, made: Odometer) -> None:
    """Replace the file as a whole. Raises ``OSError``."""
    fresh = directory / (FILE + ".tmp")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(made))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / FILE)


def device_of(directory: Path, block: Path = _BLOCK) -> Path | None:
    """The whole block device under a directory, not its partition; None if there is none."""
    try:
        number = directory.stat().st_dev
        found = (block / f"{os.major(number)}:{os.minor(number)}").resolve(strict=True)
    except OSError:
        return None
    return found.parent if (found / "partition").exists() else found


def look(directory: Path, device: Path, *, boot_id: str, now_s: int) -> Odometer:
    """Count on from what was kept. Raises ``OSError``, ``ValueError`` for an odd kernel."""
    sectors = int((device / "stat").read_text("ascii").split()[_SECTORS])
    size_bytes = int((device / "size").read_text("ascii")) * odometer.SECTOR_BYTES
    try:
        card_id = (device / "device" / "serial").read_text("ascii").strip()
    except OSError:
        card_id = device.name
    return odometer.moved(
        load(directory),
        card_id,
        sectors=sectors,
        size_bytes=size_bytes,
        boot_id=boot_id,
        now_s=now_s,
    )


def read_share(directory: Path) -> float | None:
    """How much of the latest card's budget is gone; None where nobody can say."""
    cards = load(directory).cards
    if not cards:
        return None
    return odometer.share(max(cards.values(), key=lambda card: card.last_s))
