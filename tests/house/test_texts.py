"""What must stand in no committed text: our machines' paths, package hosts, hardware addresses."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import KEPT, name_of, text_of

# Each is put together here, so that this file does not hold what it looks for.
FORBIDDEN: Final = {
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:work|root|home)" + "/"),
    "a file beside the repository": re.compile(r"\.\./" + "shared"),
    "a package host": re.compile(
        r"pypi\."
        + r"org|python"
        + r"hosted\.|registry\."
        + r"npmjs|crates\."
        + r"io|(?:ghcr|docker)\."
        r"io"
    ),
}
HARDWARE_ADDRESS: Final = re.compile(
    r"(?<![0-9A-Fa-f:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])"
)
TEXTS: Final = [path for path in KEPT if text_of(path) is not None]


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_a_text_holds_nothing_of_our_machines(path: Path) -> None:
    for number, line in enumerate((text_of(path) or "").splitlines(), start=1):
        for what, pattern in FORBIDDEN.items():
            found = pattern.search(line)
            assert found is None, f"{name_of(path)}:{number}: {what}: {line.strip()[:80]}"


@pytest.mark.parametrize(
    "path", [path for path in TEXTS if not name_of(path).startswith("tests/")], ids=name_of
)
def test_no_text_holds_a_hardware_address(path: Path) -> None:
    assert HARDWARE_ADDRESS.search(text_of(path) or "") is None, name_of(path)


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_a_text_is_utf8_with_unix_lines(path: Path) -> None:
    raw = path.read_bytes()
    raw.decode("utf-8")
    assert b"\r\n" not in raw
