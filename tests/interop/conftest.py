"""The real broker that these tests share."""

from tests.servers import broker

__all__ = ["broker"]
