"""Which serial ports this machine has, each under the path that stays.

``/dev/ttyUSB0`` is whoever came first. ``by-id`` names the adapter itself, but adapters without a
serial number of their own (CH340, copies of the CP2102) all have the same name there: udev keeps
one link, and which adapter it means is chance. Such ones are named by the socket they sit in.
"""

from pathlib import Path
from typing import Final

from edge.serial_status import Adapter

DEV: Final = Path("/dev")
BY_ID: Final = "serial/by-id"
BY_PATH: Final = "serial/by-path"
BARE: Final = ("ttyUSB*", "ttyACM*", "ttyAMA*")


def _links(folder: Path) -> dict[str, str]:
    """Device -> the link to it that comes first by name."""
    try:
        links = sorted(folder.iterdir(), reverse=True)
    except OSError:
        return {}
    return {str(link.resolve()): str(link) for link in links if link.exists()}


def adapters(dev: Path = DEV) -> list[Adapter]:
    """All of them, sorted by path."""
    by_id, by_path = _links(dev / BY_ID), _links(dev / BY_PATH)
    bare = {str(port.resolve()) for pattern in BARE for port in dev.glob(pattern)}
    found = []
    nameless = set(by_path) - set(by_id)
    for device in sorted({*by_id, *by_path, *bare}):
        if device in by_id and not nameless:
            found.append(Adapter(by_id[device], device))
        elif device in by_id and device in by_path:
            remark = "another adapter may have the same id: named by its socket"
            found.append(Adapter(by_path[device], device, remark))
        elif device in by_id:
            found.append(Adapter(by_id[device], device))
        elif device in by_path:
            remark = "it has no id of its own, or shares one: named by its socket"
            found.append(Adapter(by_path[device], device, remark))
        else:
            found.append(Adapter(device, device, "no stable name: it may change when replugged"))
    return sorted(found)
