"""One message as it came from the broker: the only thing that passes from there to the rest."""

from typing import NamedTuple


class Message(NamedTuple):
    """A topic and its bytes; ``arrival_ns`` is on the host's clock."""

    topic: str
    payload: bytes
    arrival_ns: int
    retain: bool = False
