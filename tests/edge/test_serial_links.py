"""Every port's line without a port: what is read, what goes out, what is known."""

from edge.modbus_codec import PymodbusCodec
from edge.serial_configuration import SerialPort
from edge.serial_links import NOT_OPENED, SerialLinks
from edge.serial_status import SensorStatus
from firmware_bridge.events import Sample
from simulators.modbus_slave import framed
from tests.firmware_bridge.vectors import SDS011
from vocabulary.units import NS_PER_S

READING = SDS011["reading"].wire
ROWS = (
    SerialPort("air-1", "/dev/air"),
    SerialPort("meter-1", "/dev/bus", "sdm120", 9_600, address=1),
    SerialPort("meter-2", "/dev/bus", "sdm120", 9_600, address=2),
)


def made() -> SerialLinks:
    return SerialLinks(ROWS, 0, PymodbusCodec())


def of(links: SerialLinks, sensor_id: str, mono_ns: int = NS_PER_S) -> SensorStatus:
    (one,) = [one for one in links.status(mono_ns) if one.sensor_id == sensor_id]
    return one


def test_a_port_for_each_line_and_a_line_for_each_sensor() -> None:
    links = made()
    assert set(links.links) == {"/dev/air", "/dev/bus"}
    assert set(links.sensors) == {"air-1", "meter-1", "meter-2"}
    assert links.port_of("meter-2") == "/dev/bus"
    assert of(links, "air-1").port_state == NOT_OPENED


def test_what_goes_out_names_its_port() -> None:
    links = made()
    links.opened("/dev/bus", 0)
    links.tick(NS_PER_S)
    ((port, wire),) = links.take_output()
    assert port == "/dev/bus"
    assert wire == bytes.fromhex("010400000020F1D2")
    assert links.take_output() == []


def test_a_reading_is_remembered_with_its_age() -> None:
    links = made()
    links.opened("/dev/air", 0)
    said = links.receive("/dev/air", b"junk" + READING, NS_PER_S)
    (sample,) = [one.event for one in said if isinstance(one.event, Sample)]
    links.believed("air-1", dict(sample.values), NS_PER_S)
    shown = of(links, "air-1", 3 * NS_PER_S)
    newest = shown.values[0]
    assert (newest.name, newest.value, newest.age_s) == ("air/pm2_5_ugm3", 123.6, 2.0)
    assert (shown.port_state, shown.link, shown.silence_s) == ("open", "running", 2.0)
    assert shown.pieces[0].hex == b"junk".hex()
    assert shown.counters["frames"] == 1


def test_reopened_ports_are_counted_and_why_they_are_closed_is_kept() -> None:
    links = made()
    for _ in range(3):
        links.opened("/dev/air", 0)
        links.closed("/dev/air", "lost: pulled")
    assert of(links, "air-1").reopens == 2
    assert of(links, "air-1").port_state == "lost: pulled"


def test_an_order_is_given_once() -> None:
    links = made()
    links.opened("/dev/air", 0)
    links.tick(31 * NS_PER_S)
    ((port, order),) = links.take_orders()
    assert (port, order.why) == ("/dev/air", "mute")
    assert links.take_orders() == []


def test_a_refusal_explains_missing_readings() -> None:
    links = made()
    links.opened("/dev/bus", 0)
    links.tick(NS_PER_S)
    links.take_output()
    links.receive("/dev/bus", framed(b"\x01\x84\x02"), NS_PER_S)
    assert of(links, "meter-1").why == "illegal data address (2)"
    assert of(links, "meter-2").why == ""


def test_changes_are_told_once() -> None:
    links = made()
    links.opened("/dev/air", 0)
    links.receive("/dev/air", READING, NS_PER_S)
    links.tick(9 * NS_PER_S)
    told = [(one.port, one.sensor_id, one.event.reason) for one in links.take_changes()]
    assert ("/dev/air", "", "link_running") in told
    assert ("/dev/air", "air-1", "silent") in told
    assert ("/dev/air", "", "link_quiet") in told
    assert links.take_changes() == []
