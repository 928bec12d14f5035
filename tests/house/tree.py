"""What belongs to the repository: its rooms, its Python files, its texts."""

import subprocess
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = (
    "vocabulary",
    "firmware_bridge",
    "processing",
    "edge",
    "ingest",
    "dashboards",
    "simulators",
    "lamplighter",
)


def _kept() -> list[Path]:
    """Every file that is committed or about to be."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=HOUSE, check=True, capture_output=True)
    names = sorted({name for name in listed.stdout.decode().split("\0") if name})
    return [HOUSE / name for name in names if (HOUSE / name).is_file()]


def _is_generated(path: Path) -> bool:
    return path.name.endswith(("_pb2.py", "_pb2.pyi"))


KEPT: Final = _kept()
PYTHON: Final = [path for path in KEPT if path.suffix == ".py" and not _is_generated(path)]
ROOM_FILES: Final = [path for path in PYTHON if path.relative_to(HOUSE).parts[0] in ROOMS]
PAGES: Final = [path for path in KEPT if path.suffix == ".md"]


def name_of(path: Path) -> str:
    """A path as the repository names it."""
    return path.relative_to(HOUSE).as_posix()


def text_of(path: Path) -> str | None:
    """The file's text; None when it is not text."""
    raw = path.read_bytes()
    if b"\0" in raw:
        return None
    return raw.decode("utf-8", errors="replace")
