"""Identities: who is meant, as types that cannot be mixed up.

Every id is a slug given by the inventory, never derived from a hardware address or a host name:
a slug is chosen by a person and carries nothing about the people nearby.
"""

import re
from typing import Annotated, Final, NewType

import msgspec

SLUG_PATTERN: Final = r"^[a-z0-9-]{1,48}$"
SLUG_EXPECTED: Final = "1 to 48 lower-case letters, digits or hyphens"
_SLUG = re.compile(r"[a-z0-9-]{1,48}")

AreaId = NewType("AreaId", str)
SiteId = NewType("SiteId", str)
GatewayId = NewType("GatewayId", str)
ApId = NewType("ApId", str)
SensorId = NewType("SensorId", str)
FeederId = NewType("FeederId", str)
BackhaulId = NewType("BackhaulId", str)
District = NewType("District", str)
HostId = NewType("HostId", str)

Slug = Annotated[str, msgspec.Meta(pattern=SLUG_PATTERN)]
"""Use in structs read from files or wires, where ``msgspec`` enforces the pattern."""


def is_slug(text: str) -> bool:
    """Whether ``text`` may stand as an id, a topic level and a tag value alike."""
    return _SLUG.fullmatch(text) is not None
