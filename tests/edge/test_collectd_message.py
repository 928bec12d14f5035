"""collectd's mqtt plugin: lists of values, nulls, the NUL byte, and the trap of its rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_point_value import Reason, Taken
from edge.collectd_message import BELIEVED_AGAIN, CollectdReader
from edge.source_configuration import MetricPath, Source

NOW_MS = 1_800_000_000_000
OCTETS = "c/ap-one/interface-wlan0/if_octets"
NOISE = "c/ap-one/wireless-wlan0/signal_noise"
AT = b"1800000000.000:"


def reader() -> CollectdReader:
    rows = (
        MetricPath("wifi/rx_bytes", "interface-wlan0/if_octets", value=0),
        MetricPath("wifi/tx_bytes", "interface-wlan0/if_octets", value=1),
        MetricPath("wifi/noise_dbm", "wireless-wlan0/signal_noise"),
    )
    return CollectdReader(Source("ap-one", "c/ap-one", rows, "collectd"))


def read(one: CollectdReader, payload: bytes, topic: str = OCTETS) -> Taken:
    (taken,) = one.read_all(topic, payload, NOW_MS)
    return taken


def test_topics_and_names_follow_the_configuration() -> None:
    one = reader()
    assert list(one.filters) == [OCTETS, NOISE]
    assert list(one.metric_names) == ["wifi/rx_bytes", "wifi/tx_bytes", "wifi/noise_dbm"]


@pytest.mark.parametrize("tail", [b"\0", b"", b"\0\0", b"\n"])
def test_a_list_of_values_with_its_time(tail: bytes) -> None:
    taken = read(reader(), AT + b"5:8" + tail)
    assert taken == Taken((("wifi/rx_bytes", 5), ("wifi/tx_bytes", 8)), NOW_MS, ())


def test_n_is_now() -> None:
    assert read(reader(), b"N:5:8\0").ts_ms is None
    assert read(reader(), b"N:5:8\0").values


@pytest.mark.parametrize("null", [b"U", b"nan", b"-nan", b"NaN"])
def test_null_is_no_value(null: bytes) -> None:
    taken = read(reader(), AT + null + b"\0", NOISE)
    assert taken == Taken((), NOW_MS, (Reason.NULL,))


def test_a_gauge_may_have_a_fraction() -> None:
    assert read(reader(), AT + b"-91.5", NOISE).values == (("wifi/noise_dbm", -91.5),)


def test_a_time_far_off_is_ours_instead() -> None:
    taken = read(reader(), b"1000000000.000:5:8\0")
    assert (taken.ts_ms, taken.refused) == (None, (Reason.SOURCE_TIME_OFF,))
    assert len(taken.values) == 2


def test_a_missing_value_costs_no_neighbour() -> None:
    taken = read(reader(), AT + b"5\0")
    assert taken == Taken((("wifi/rx_bytes", 5),), NOW_MS, (Reason.NO_SUCH_PATH,))


@pytest.mark.parametrize(
    "payload",
    [b"", b"\0", b"5", b":5", b"x:5", b"1:2 3", b"N", AT, b"1800000000:" + b"1:" * 65, b"{}"],
)
def test_what_is_no_list_is_counted(payload: bytes) -> None:
    taken = read(reader(), payload)
    assert taken.values == ()
    assert taken.refused


def test_too_long() -> None:
    assert read(reader(), b"1" * 65_537).refused == (Reason.TOO_LONG,)


def test_rates_are_never_taken_for_counters() -> None:
    """StoreRates true: nan first, then fractions, and now and then a whole number or a zero."""
    one = reader()
    assert read(one, AT + b"nan:nan\0").refused == (Reason.NULL, Reason.NULL)
    for text in (b"0:0", b"12.5:13.5", b"7:7", b"0:0", b"267576.822619127:1e3"):
        taken = read(one, AT + text + b"\0")
        assert taken.values == ()
        assert taken.refused == (Reason.RATE, Reason.RATE)


def test_mended_it_is_believed_after_a_while() -> None:
    one = reader()
    read(one, AT + b"1.5:1.5\0")
    for _ in range(BELIEVED_AGAIN - 1):
        assert read(one, AT + b"818087412:818087412\0").refused == (Reason.RATE, Reason.RATE)
    assert len(read(one, AT + b"818087412:818087412\0").values) == 2


@given(
    st.binary(max_size=60) | st.from_regex(rb"[0-9N.]{0,5}:[0-9nUa:.e-]{0,30}\x00?", fullmatch=True)
)
def test_no_bytes_hurt(payload: bytes) -> None:
    taken = read(reader(), payload)
    assert taken.values or taken.refused
