"""The real servers that stories share; a story that kills starts its own."""

from tests.servers import broker, influx

__all__ = ["broker", "influx"]
