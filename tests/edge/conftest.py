"""The real servers that tests of this room share."""

from tests.servers import broker

__all__ = ["broker"]
