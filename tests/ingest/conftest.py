"""The real servers that tests of this room share."""

from tests.servers import broker, influx, victoria

__all__ = ["broker", "influx", "victoria"]
