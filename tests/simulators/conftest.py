"""The real servers that tests of this room share."""

from tests.servers import broker, influx

__all__ = ["broker", "influx"]
