"""Telegraf's messages: many lines, many times, one bad line among good ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_point_value import Reason, Taken
from edge.influx_line import LINES_MAX
from edge.influx_message import InfluxReader
from edge.source_configuration import MetricPath, Source, TimePath

NOW_MS = 1_800_000_000_000
NOW_NS = NOW_MS * 1_000_000


def reader(time: TimePath | None = None) -> InfluxReader:
    rows = (
        MetricPath("wifi/rx_bytes", "net,interface=wlan0 bytes_recv"),
        MetricPath("wifi/noise_dbm", "wireless,interface=wlan0 noise"),
    )
    return InfluxReader(Source("ap-one", "telegraf/ap-one/#", rows, "influx", time))


def read(text: str, one: InfluxReader | None = None) -> list[Taken]:
    return (one or reader()).read_all("telegraf/ap-one/net", text.encode(), NOW_MS)


def test_a_batch_as_telegraf_writes_it() -> None:
    """Lines of one time are one reading; the bad line costs itself; strangers are passed over."""
    text = (
        f"net,host=ap\\ one,interface=wlan0 bytes_recv=5000000000i,bytes_sent=7i {NOW_NS}\n"
        f"net,host=ap\\ one,interface=eth0 bytes_recv=1i {NOW_NS}\n"
        f'system,host=x uptime_format="1 day, 2:03",load=1 {NOW_NS}\n'
        f"net,interface=wlan0 bytes_recv=broken {NOW_NS}\n"
        f"wireless,interface=wlan0 noise=-91 {NOW_NS}\n"
        f"net,interface=wlan0 bytes_recv=5000000100u {NOW_NS + 10**10}\n"
    )
    assert read(text) == [
        Taken((("wifi/rx_bytes", 5_000_000_000), ("wifi/noise_dbm", -91.0)), NOW_MS, ()),
        Taken((("wifi/rx_bytes", 5_000_000_100),), NOW_MS + 10_000, ()),
        Taken((), None, (Reason.BAD_LINE,)),
    ]


def test_without_a_time_it_is_now() -> None:
    (taken,) = read("wireless,interface=wlan0 noise=-91")
    assert taken.ts_ms is None


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_another_precision_is_told_by_the_configuration(unit: str) -> None:
    per_s = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    one = reader(TimePath("", unit))  # type: ignore[arg-type]
    (taken,) = read(f"wireless,interface=wlan0 noise=-91 {NOW_MS // 1_000 * per_s}", one)
    assert taken.ts_ms == NOW_MS


def test_a_time_far_off_is_ours_instead_and_counted() -> None:
    taken, why = read("wireless,interface=wlan0 noise=-91 1000000000000000000")
    assert (taken.ts_ms, taken.values) == (None, (("wifi/noise_dbm", -91.0),))
    assert why.refused == (Reason.SOURCE_TIME_OFF,)


def test_what_cannot_be_true_is_refused() -> None:
    (taken,) = read("wireless,interface=wlan0 noise=91")
    assert taken == Taken((), None, (Reason.OUT_OF_RANGE,))


def test_a_message_about_other_things_is_said_to_be_so() -> None:
    (taken,) = read("cpu usage=1")
    assert taken.refused == (Reason.NOTHING_FOR_US,)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment"])
def test_a_message_without_a_line(text: str) -> None:
    assert read(text)[0].refused == (Reason.BAD_LINE,)


def test_limits() -> None:
    assert read("x" * 65_537)[0].refused == (Reason.TOO_LONG,)
    (taken,) = read("m a=1\n" * (LINES_MAX + 1))
    assert taken.refused == (Reason.TOO_MANY_LINES,)


def test_names_and_filters() -> None:
    assert list(reader().metric_names) == ["wifi/rx_bytes", "wifi/noise_dbm"]
    assert list(reader().filters) == ["telegraf/ap-one/#"]


@given(st.binary(max_size=200))
def test_no_bytes_hurt(payload: bytes) -> None:
    assert reader().read_all("t", payload, NOW_MS)
