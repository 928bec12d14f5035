"""What the host counted, as Prometheus reads it."""

import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingest.configuration import MetricsPage
from ingest.metrics_page import Page, Snapshot
from simulators.servers import free_port, listens


def scrape(port: int) -> dict[tuple[str, str, str], float]:
    """(name, gateway, reason) -> value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        (one.name, one.labels.get("gateway", ""), one.labels.get("reason", "")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_numbers_and_refusals_by_reason() -> None:
    page = Page(MetricsPage(port=free_port()))
    page.start()
    try:
        assert scrape(page._settings.port) == {}
        page.latest = Snapshot(
            {"pending_bytes": 7, "broker_up": True},
            {"readings": 5},
            {("gw-1", "from_the_future"): 2, ("", "gateway_unknown"): 1},
        )
        assert scrape(page._settings.port) == {
            ("lamplighter_host_pending_bytes", "", ""): 7,
            ("lamplighter_host_broker_up", "", ""): 1,
            ("lamplighter_host_readings_total", "", ""): 5,
            ("lamplighter_host_refused_total", "gw-1", "from_the_future"): 2,
            ("lamplighter_host_refused_total", "", "gateway_unknown"): 1,
        }
    finally:
        page.stop()
    assert not listens(page._settings.port)


def test_port_0_opens_nothing() -> None:
    page = Page(MetricsPage(port=0))
    page.start()
    assert page._server is None
    page.stop()


def test_a_port_in_use_is_an_os_error() -> None:
    first = Page(MetricsPage(port=free_port()))
    first.start()
    try:
        with pytest.raises(OSError, match="in use"):
            Page(first._settings).start()
    finally:
        first.stop()
