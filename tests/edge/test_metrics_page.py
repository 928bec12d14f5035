"""What Prometheus and the doctor are told."""

import http.client

import pytest

from edge.configuration import MetricsPage
from edge.doctor_cli import serial_of_page
from edge.metrics_page import STALE_NS, Page, Snapshot, snapshot
from edge.serial_port import PortCounters
from simulators.servers import LOOPBACK, free_port
from tests.edge.one_gateway import AP_TOPIC, OneGateway
from tests.firmware_bridge.vectors import SDS011
from vocabulary.delivery import RecordClass, TimeQuality


def fetched(port: int) -> str:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == http.HTTPStatus.OK
        return answer.read().decode()
    finally:
        connection.close()


def test_a_snapshot_tells_every_refusal_by_reason() -> None:
    gateway = OneGateway()
    gateway.connect()
    gateway.agent.local_message(AP_TOPIC, b"nonsense", gateway.now, retained=False)
    gateway.hear(b"\xff", "spBv1.0/north/NCMD/gw-one")
    collector = gateway.agent._collector
    collector.add("", [("gateway/cpu_pct", 101.0)], gateway.now, klass=RecordClass.CHECK)
    made = snapshot(gateway.agent, gateway.now, connects=1, attempts=2)
    assert made.refused["ap_message_not_json"] == 1
    assert made.refused["command_not_protobuf"] == 1
    assert made.refused["value_out_of_range"] == 1
    assert made.gauges["uplink_up"] == 1
    assert (made.counters["mqtt_connects"], made.counters["mqtt_attempts"]) == (1, 2)


def test_a_snapshot_follows_the_spool() -> None:
    gateway = OneGateway()
    gateway.read(1)
    later = gateway.now.later(30)._replace(quality=TimeQuality.UNSYNCED)
    made = snapshot(gateway.agent, later, connects=0, attempts=0)
    assert made.gauges["spool_records"] == 1
    assert made.gauges["spool_bytes"] > 0
    assert made.gauges["spool_oldest_age_seconds"] == 30
    assert not made.gauges["clock_synced"]
    assert not made.gauges["uplink_up"]
    assert made.counters["readings"] == 4


def test_the_page_shows_the_latest_snapshot() -> None:
    page = Page(MetricsPage(port=free_port()))
    page.start()
    try:
        page.latest = Snapshot({"uplink_up": 1.0}, {"readings": 7.0}, {"ap_message_not_json": 2})
        text = fetched(page._settings.port)
        assert "lamplighter_uplink_up 1.0" in text
        assert "lamplighter_readings_total 7.0" in text
        assert 'lamplighter_refused_total{reason="ap_message_not_json"} 2.0' in text
        page.latest = Snapshot({}, {"readings": 8.0}, {})
        assert "lamplighter_readings_total 8.0" in fetched(page._settings.port)
    finally:
        page.stop()
    with pytest.raises(ConnectionRefusedError):
        fetched(page._settings.port)


def test_each_sensors_line_is_on_the_page_and_in_full_beside_it() -> None:
    gateway = OneGateway()
    gateway.agent.serial.opened("/dev/air-one", gateway.now.mono_ns)
    wire = b"junk" + SDS011["reading"].wire
    gateway.agent.serial_bytes("air-one", wire, gateway.now.mono_ns, gateway.now)
    page = Page(MetricsPage(port=free_port()))
    counters = {"/dev/air-one": PortCounters(attempts=2, bytes_read=14)}
    now = gateway.now.later(2)
    page.latest = snapshot(gateway.agent, now, connects=0, attempts=0, ports=counters)
    page.start()
    try:
        text = fetched(page._settings.port)
        shown = serial_of_page(page._settings)
    finally:
        page.stop()
    where = 'port="/dev/air-one",sensor="air-one"'
    for kind, count in (("frames", 1), ("resyncs", 1), ("bytes_skipped", 4), ("reopens", 0)):
        label = f'kind="{kind}",{where}'
        assert f"lamplighter_serial_events_total{{{label}}} {count}.0" in text, kind
    assert f"lamplighter_serial_silence_seconds{{{where}}} 2.0" in text
    assert f"lamplighter_serial_open{{{where}}} 1.0" in text
    assert 'lamplighter_serial_port_events_total{kind="bytes_read",port="/dev/air-one"} 14' in text
    (one,) = shown
    assert (one.values[0].name, one.values[0].value) == ("air/pm2_5_ugm3", 123.6)
    assert one.pieces[0].hex == b"junk".hex()


def test_port_zero_is_no_page() -> None:
    page = Page(MetricsPage(port=0))
    page.start()
    page.stop()


def test_a_port_in_use_is_said() -> None:
    port = free_port()
    first, second = Page(MetricsPage(port=port)), Page(MetricsPage(port=port))
    first.start()
    try:
        with pytest.raises(OSError, match="in use"):
            second.start()
        second.stop()
    finally:
        first.stop()


def test_alive_and_ready_are_two_questions() -> None:
    now_ns = [0]
    page = Page(MetricsPage(port=0), lambda: now_ns[0])
    assert (page.healthy(), page.ready()) == (False, False), "nothing was shown yet"
    page.latest = Snapshot({"spool_in_memory": 0.0}, {}, {})
    assert (page.healthy(), page.ready()) == (True, True)
    page.latest = Snapshot({"spool_in_memory": 1.0}, {}, {})
    assert (page.healthy(), page.ready()) == (True, False), "the card takes nothing"
    now_ns[0] = STALE_NS
    assert (page.healthy(), page.ready()) == (False, False), "the loop does not turn"


def test_both_are_asked_over_http() -> None:
    page = Page(MetricsPage(port=free_port()))
    page.start()
    try:
        for shown, status in ((None, 503), (Snapshot({"spool_in_memory": 0.0}, {}, {}), 200)):
            if shown is not None:
                page.latest = shown
            for path in ("/healthz", "/readyz"):
                connection = http.client.HTTPConnection(LOOPBACK, page._settings.port, timeout=10)
                connection.request("GET", path)
                assert connection.getresponse().status == status
                connection.close()
    finally:
        page.stop()
