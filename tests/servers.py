"""Fixtures around real servers, for the conftest.py of the rooms that need them.

    from tests.servers import broker, influx  # noqa: F401

One server serves a whole worker, so a test takes a database or topics of its own. A test that
kills starts its own from `simulators.servers`.
"""

from collections.abc import Iterator

import pytest

from simulators.servers import InfluxDb, Mosquitto, VictoriaMetrics


@pytest.fixture(scope="session")
def broker() -> Iterator[Mosquitto]:
    """A Mosquitto that lives as long as the worker; not to be killed."""
    with Mosquitto() as server:
        yield server


@pytest.fixture(scope="session")
def influx() -> Iterator[InfluxDb]:
    """An InfluxDB 1.x that lives as long as the worker; not to be killed."""
    with InfluxDb() as server:
        yield server


@pytest.fixture(scope="session")
def victoria() -> Iterator[VictoriaMetrics]:
    """A VictoriaMetrics that lives as long as the worker; not to be killed."""
    with VictoriaMetrics() as server:
        yield server
