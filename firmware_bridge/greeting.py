"""Whether we can talk with a board that says HELLO: the first thing against it, with numbers."""

from typing import Final

from firmware_bridge.descriptor import DESCRIPTOR_BYTES_MAX
from firmware_bridge.frame import PAYLOAD_BYTES_MAX, VERSION
from firmware_bridge.messages import REVISION_MAX, REVISION_MIN, Hello

BOARD_PAYLOAD_BYTES_MIN: Final = 16
HEARTBEAT_S_MAX: Final = 60


def objection(hello: Hello, *, expected_uid: int = 0) -> str | None:
    """Why it is unusable; None if it is not."""
    bounds = (
        ("revision_min", hello.revision_min, 0, hello.revision_max),
        ("max_payload", hello.max_payload, BOARD_PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX),
        ("heartbeat_s", hello.heartbeat_s, 1, HEARTBEAT_S_MAX),
        ("desc_length", hello.desc_length, 1, DESCRIPTOR_BYTES_MAX),
    )
    for field, value, low, high in bounds:
        if not low <= value <= high:
            return f"HELLO says {field} {value}, which is not within {low} and {high}"
    if min(hello.revision_max, REVISION_MAX) < max(hello.revision_min, REVISION_MIN):
        return (
            f"the board speaks revisions {hello.revision_min} to {hello.revision_max}, "
            f"we {REVISION_MIN} to {REVISION_MAX}"
        )
    if expected_uid and hello.uid != expected_uid:
        return f"board {hello.uid:016X} is here, {expected_uid:016X} was expected"
    return None


def other_version(body_first: int) -> str:
    """What to say of a frame whose check is right and whose version is not."""
    return f"the board speaks version {body_first >> 5} of the protocol, we {VERSION}"
