"""The real servers that tests of interoperation share."""

from tests.servers import influx

__all__ = ["influx"]
