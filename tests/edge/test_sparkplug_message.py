"""An access point that is an edge node: births explain, data are ours, death is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_point_value import Reason, Taken
from edge.source_configuration import MetricPath, Source
from edge.sparkplug_message import ASK_NS, SparkplugReader
from vocabulary import delivery
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, decode

NOW_MS = 1_800_000_000_000
NOW = Moment(10**9, NOW_MS * 10**6)
BASE = "spBv1.0/home"


def reader() -> SparkplugReader:
    rows = (
        MetricPath("wifi/clients", "Clients", device="radio"),
        MetricPath("wifi/uptime_s", "Uptime", unit="min"),
    )
    return SparkplugReader(Source("ap-one", f"{BASE}/+/ap7/#", rows, "sparkplug"))


def message(*metrics: pb.Payload.Metric, seq: int = 0) -> bytes:
    return pb.Payload(timestamp=NOW_MS, seq=seq, metrics=metrics).SerializeToString()


CLIENTS = pb.Payload.Metric(
    name="Clients", alias=7, datatype=Datatype.INT8, int_value=4, timestamp=NOW_MS
)
OTHER = pb.Payload.Metric(name="Serial", alias=8, datatype=Datatype.STRING, string_value="secret")


def born(one: SparkplugReader) -> SparkplugReader:
    one.read_all(f"{BASE}/NBIRTH/ap7", message(), NOW_MS)
    one.read_all(f"{BASE}/DBIRTH/ap7/radio", message(CLIENTS, OTHER), NOW_MS)
    return one


def data(one: SparkplugReader, *metrics: pb.Payload.Metric) -> list[Taken]:
    return one.read_all(f"{BASE}/DDATA/ap7/radio", message(*metrics, seq=2), NOW_MS)


def test_a_birth_gives_values_and_meaning() -> None:
    one = reader()
    one.read_all(f"{BASE}/NBIRTH/ap7", message(), NOW_MS)
    (taken,) = one.read_all(f"{BASE}/DBIRTH/ap7/radio", message(CLIENTS, OTHER), NOW_MS)
    assert taken == Taken((("wifi/clients", 4),), NOW_MS, ())
    (taken,) = data(one, pb.Payload.Metric(alias=7, int_value=5, timestamp=NOW_MS + 1))
    assert taken == Taken((("wifi/clients", 5),), NOW_MS + 1, ())


def test_by_name_with_or_without_type() -> None:
    one = born(reader())
    for datatype in (None, Datatype.INT32):
        (taken,) = data(one, pb.Payload.Metric(name="Clients", int_value=9, datatype=datatype))
        assert taken.values == (("wifi/clients", 9),)


def test_units_and_node_metrics() -> None:
    one = born(reader())
    uptime = pb.Payload.Metric(name="Uptime", datatype=Datatype.UINT32, long_value=3)
    (taken,) = one.read_all(f"{BASE}/NDATA/ap7", message(uptime), NOW_MS)
    assert taken.values == (("wifi/uptime_s", 180),)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (pb.Payload.Metric(alias=7, is_null=True), Reason.NULL),
        (pb.Payload.Metric(alias=7, int_value=5, is_historical=True), Reason.HISTORICAL),
        (pb.Payload.Metric(alias=7, string_value="5"), Reason.NOT_A_NUMBER),
        (pb.Payload.Metric(alias=7), Reason.NOT_A_NUMBER),
        (pb.Payload.Metric(alias=7, int_value=251), Reason.OUT_OF_RANGE),  # Int8: -5
        (pb.Payload.Metric(alias=99, int_value=1), Reason.UNKNOWN_ALIAS),
    ],
)
def test_why_a_metric_was_not_taken(metric: pb.Payload.Metric, reason: Reason) -> None:
    assert data(born(reader()), metric) == [Taken((), None, (reason,))]


def test_a_time_far_off_is_ours_instead() -> None:
    taken, why = data(born(reader()), pb.Payload.Metric(alias=7, int_value=5, timestamp=1))
    assert (taken.values, taken.ts_ms) == ((("wifi/clients", 5),), None)
    assert why.refused == (Reason.SOURCE_TIME_OFF,)


def test_it_is_asked_for_a_rebirth_at_start_and_not_too_often() -> None:
    one = reader()
    command = one.command(NOW)
    assert command is not None
    assert (command.topic, command.retain) == (f"{BASE}/NCMD/ap7", False)
    (metric,) = decode(command.payload).metrics
    assert (metric.name, metric.value) == (delivery.REBIRTH, True)
    assert one.command(NOW) is None
    assert one.command(NOW._replace(mono_ns=NOW.mono_ns + ASK_NS)) is not None
    born(one)
    assert one.command(NOW._replace(mono_ns=NOW.mono_ns + 3 * ASK_NS)) is None
    one.connected()
    assert one.command(NOW) is not None


def test_an_unknown_alias_asks_again() -> None:
    one = born(reader())
    assert one.command(NOW) is None
    data(one, pb.Payload.Metric(alias=99, int_value=1))
    assert one.command(NOW) is not None


def test_a_new_birth_forgets_old_aliases() -> None:
    one = born(reader())
    one.read_all(f"{BASE}/NBIRTH/ap7", message(), NOW_MS)
    (taken,) = data(one, pb.Payload.Metric(alias=7, int_value=5))
    assert taken.refused == (Reason.UNKNOWN_ALIAS,)


def test_death_is_told_and_life_again() -> None:
    one = born(reader())
    said = [one.died]
    assert one.read_all(f"{BASE}/NDEATH/ap7", message(), NOW_MS) == []
    said.append(one.died)
    said.append(born(one).died)
    assert said == [False, True, False]


def test_our_own_command_comes_back_and_is_nothing() -> None:
    assert reader().read_all(f"{BASE}/NCMD/ap7", b"\xff", NOW_MS) == []
    assert reader().read_all("elsewhere", b"\xff", NOW_MS) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b"\xff", Reason.NOT_SPARKPLUG), (b"x" * 65_537, Reason.TOO_LONG)],
)
def test_what_is_no_payload(payload: bytes, reason: Reason) -> None:
    (taken,) = reader().read_all(f"{BASE}/NDATA/ap7", payload, NOW_MS)
    assert taken == Taken((), None, (reason,))


@given(st.binary(max_size=200), st.sampled_from(["NBIRTH", "NDATA", "NDEATH"]))
def test_no_bytes_hurt(payload: bytes, verb: str) -> None:
    reader().read_all(f"{BASE}/{verb}/ap7", payload, NOW_MS)
