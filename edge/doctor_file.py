"""What the doctor found last, for the light and the metrics page, which do not ask themselves."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from edge.doctor import Report
from edge.doctor_finding import Severity

FILE: Final = "doctor.json"
FILE_BYTES_MAX: Final = 64 * 1024


def keep(directory: Path, report: Report) -> None:
    """Leave the worst of each code; a card that takes nothing keeps nobody from being told."""
    worst: dict[str, Severity] = {}
    for one in report.findings:
        before = worst.get(one.code, Severity.FINE)
        worst[one.code] = max(one.severity, before, key=list(Severity).index)
    fresh = directory / (FILE + ".tmp")
    with suppress(OSError):
        fresh.write_bytes(msgspec.json.encode(worst))
        fresh.replace(directory / FILE)


def load(directory: Path) -> Mapping[str, Severity]:
    """The worst of each code; nothing if nobody has looked yet."""
    try:
        raw = (directory / FILE).read_bytes()[:FILE_BYTES_MAX]
        return msgspec.json.decode(raw, type=dict[str, Severity])
    except (OSError, msgspec.DecodeError):
        return {}
