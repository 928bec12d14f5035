"""What the host believes of an edge node, whatever order its messages come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.node_session import (
    DEVICES_MAX,
    NODE,
    REORDER_NS,
    SERIES_MAX,
    Arrival,
    NodeSession,
    TypedValue,
)
from vocabulary import delivery
from vocabulary.payload import NAME_CHARS_MAX, Datatype, Metric, Payload, Value

NOW_NS = 1_800_000_000_000_000_000
NOW_MS = NOW_NS // 1_000_000


def announced(name: str | None, alias: int | None, datatype: int | None = 4) -> Metric:
    return Metric(name=name, alias=alias, datatype=datatype, is_null=True)


def number(name: str, value: int) -> Metric:
    return Metric(name=name, datatype=Datatype.INT64, value=value, field="long_value")


def by_alias(alias: int, value: Value, *, ts_ms: int | None = None, old: bool = False) -> Metric:
    kind = "double_value" if isinstance(value, float) else "long_value"
    return Metric(None, alias, ts_ms, None, value, is_historical=old, field=kind)


def born(bd_seq: int = 3, *metrics: Metric, at_ns: int = NOW_NS) -> NodeSession:
    session = NodeSession()
    birth(session, bd_seq, *metrics, at_ns=at_ns)
    return session


def birth(session: NodeSession, bd_seq: int, *metrics: Metric, at_ns: int = NOW_NS) -> None:
    own = (number(delivery.BD_SEQ, bd_seq), announced("gateway/uptime_s", 1), *metrics)
    session.node_birth(Payload(own, NOW_MS, 0), at_ns)


def death(bd_seq: int | None) -> Payload:
    return Payload(() if bd_seq is None else (number(delivery.BD_SEQ, bd_seq),), NOW_MS)


def data(
    session: NodeSession, seq: int | None, *metrics: Metric, at_ns: int = NOW_NS, device: str = NODE
) -> Arrival:
    return session.data(device, Payload(metrics, NOW_MS, seq), at_ns)


def test_values_get_name_type_and_time() -> None:
    session = born(3, announced("gateway/cpu_pct", 2, Datatype.DOUBLE))
    arrival = data(session, 1, by_alias(1, 5, ts_ms=7), by_alias(2, 0.5), at_ns=NOW_NS)
    assert arrival.values == (
        TypedValue("gateway/uptime_s", 5, 7, historical=False),
        TypedValue("gateway/cpu_pct", 0.5, NOW_MS, historical=False),
    )
    assert not arrival.unexplained
    assert not arrival.unreadable
    assert not session.wants_rebirth


def test_without_any_time_the_arrival_is_the_time() -> None:
    session = born()
    arrival = session.data(NODE, Payload((by_alias(1, 5),), None, 1), NOW_NS)
    assert arrival.values[0].ts_ms == NOW_MS


def test_the_birth_gives_its_delivery_numbers() -> None:
    session = NodeSession()
    metrics = (number(delivery.BD_SEQ, 9), number(delivery.SPOOL_EPOCH, 5))
    assert session.node_birth(Payload(metrics, NOW_MS, 0), NOW_NS) == {delivery.SPOOL_EPOCH: 5}
    assert (session.bd_seq, session.epoch, session.alive) == (9, 5, True)


def test_data_before_birth_is_applied_as_far_as_known_and_asks() -> None:
    session = NodeSession()
    named = Metric("gateway/uptime_s", None, NOW_MS, None, 5, field="long_value")
    arrival = data(session, 8, named, by_alias(44, 1))
    assert [one.value for one in arrival.values] == [5]
    assert arrival.unexplained
    assert session.wants_rebirth
    assert session.counts["data_before_birth"] == session.counts["unknown_alias"] == 1


def test_a_device_birth_before_the_nodes_asks() -> None:
    session = NodeSession()
    session.device_birth("ap-1", Payload((announced("wifi/ok", 2),), NOW_MS, 5), NOW_NS)
    assert session.wants_rebirth
    assert session.counts["birth_before_node"] == 1
    assert not session.devices


def test_an_alias_of_another_device_is_left_out_and_no_rebirth_would_help() -> None:
    session = born()
    session.device_birth("ap-1", Payload((announced("wifi/clients", 2),), NOW_MS, 1), NOW_NS)
    arrival = data(session, 2, by_alias(1, 5), device="ap-1")
    assert arrival.values == ()
    assert arrival.unreadable
    assert not arrival.unexplained
    assert session.counts["alias_of_another_device"] == 1


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (Metric(datatype=4, value=1, field="long_value"), "metric_without_name"),
        (Metric(name="of/strangers", value=1, field="long_value"), "metric_without_type"),
        (Metric(alias=1, is_null=True), "null_value"),
        (Metric(alias=1), "null_value"),
    ],
)
def test_what_says_nothing_is_counted(metric: Metric, reason: str) -> None:
    session = born()
    arrival = data(session, 1, metric, by_alias(1, 6))
    assert [one.value for one in arrival.values] == [6]
    assert session.counts[reason] == 1


def test_a_name_known_to_the_catalogue_needs_no_type() -> None:
    named = Metric("wifi/clients", None, NOW_MS, None, 4_294_967_291, field="long_value")
    arrival = data(born(), 1, named)
    assert arrival.values[0].value == -5  # an Int32, masked and sign-extended


def test_delivery_numbers_are_whole_numbers_whatever_a_birth_calls_them() -> None:
    session = born(
        3,
        announced(delivery.SPOOL_OFFSET, 2, Datatype.UINT64),
        announced(delivery.TIME_BOOT, 3, Datatype.STRING),
    )
    arrival = data(session, 1, by_alias(2, 2**64 - 1), by_alias(3, 7))
    assert arrival.delivery == {delivery.SPOOL_OFFSET: -1, delivery.TIME_BOOT: 7}


# --- order ---------------------------------------------------------------------------------


def test_in_order_nothing_is_asked_over_many_wraps() -> None:
    session = born()
    for ix in range(1, 1_000):
        data(session, ix % 256)
    session.tick(NOW_NS + 3_600 * 10**9)
    assert not session.wants_rebirth
    assert not session.counts


def test_a_gap_asks_only_after_the_window() -> None:
    session = born()
    data(session, 2)
    asked = []
    for at_ns in (NOW_NS + REORDER_NS - 1, NOW_NS + REORDER_NS, NOW_NS + 2 * REORDER_NS):
        session.tick(at_ns)
        asked.append(session.wants_rebirth)
        session.wants_rebirth = False
    assert asked == [False, True, False]  # and the same gap is one request
    assert session.counts["seq_gap_unfilled"] == 1


@given(st.permutations(range(1, 9)), st.integers(0, 255))
def test_what_is_only_overtaken_asks_nothing(order: list[int], first: int) -> None:
    session = born()
    for seq in range(1, first + 1):
        data(session, seq)
    for seq in order:
        data(session, (first + seq) % 256)
    session.tick(NOW_NS + REORDER_NS)
    assert not session.wants_rebirth
    assert session.counts["seq_reordered"] <= 7
    data(session, (first + 9) % 256)
    session.tick(NOW_NS + 2 * REORDER_NS)
    assert not session.wants_rebirth


@given(st.integers(2, 255), st.integers(0, 40))
def test_every_gap_that_seq_can_show_is_seen(missing_seq: int, later: int) -> None:
    session = born()
    for ix in range(later + 1):
        data(session, (missing_seq + ix) % 256)
    session.tick(NOW_NS + REORDER_NS)
    assert session.wants_rebirth


def test_a_hole_of_256_is_invisible_to_seq() -> None:
    session = born()
    data(session, 1)
    data(session, 2)  # 256 messages between the two were lost; only the offsets can tell
    session.tick(NOW_NS + REORDER_NS)
    assert not session.wants_rebirth


def test_a_rebirth_forgets_the_gap() -> None:
    session = born()
    data(session, 9)
    birth(session, 3, at_ns=NOW_NS + 1)
    session.tick(NOW_NS + 2 * REORDER_NS)
    assert not session.wants_rebirth


@pytest.mark.parametrize("seq", [None, -1, 256, 2**64 - 1])
def test_a_seq_that_is_none_is_counted(seq: int | None) -> None:
    session = born()
    assert data(session, seq, by_alias(1, 5)).values
    assert session.counts["seq_absent"] == 1


def test_any_first_seq_of_a_birth_is_taken() -> None:
    session = NodeSession()
    session.node_birth(Payload((), NOW_MS, 200), NOW_NS)
    data(session, 201)
    session.tick(NOW_NS + REORDER_NS)
    assert not session.counts


# --- deaths --------------------------------------------------------------------------------


def test_only_the_matching_death_ends_a_session() -> None:
    session = born(8)
    ended = [(session.node_death(death(number)), session.alive) for number in (7, 9, None, 8, 8)]
    assert ended == [(False, True)] * 3 + [(True, False), (False, False)]
    assert session.counts["death_of_another_session"] == 4


def test_on_a_take_over_the_old_will_trails_the_new_birth() -> None:
    session = born(255)
    birth(session, 0)
    assert not session.node_death(death(255))
    assert session.alive
    assert session.node_death(death(0))


def test_a_birth_without_bd_seq_matches_no_death() -> None:
    session = NodeSession()
    session.node_birth(Payload((), NOW_MS, 0), NOW_NS)
    assert not session.node_death(death(None))
    assert not session.node_death(death(0))


def test_bd_seq_may_come_in_any_whole_field() -> None:
    session = NodeSession()
    small = Metric(delivery.BD_SEQ, None, None, Datatype.UINT64, 4, field="int_value")
    session.node_birth(Payload((small,), NOW_MS, 0), NOW_NS)
    assert session.node_death(death(4))


def test_after_a_death_data_asks_for_a_birth() -> None:
    session = born(1)
    session.node_death(death(1))
    data(session, 1)
    assert session.wants_rebirth


# --- limits --------------------------------------------------------------------------------


def test_too_many_series_are_counted_and_the_first_ones_kept() -> None:
    session = born(0, *(announced(f"x/{ix}", ix + 2) for ix in range(SERIES_MAX + 9)))
    assert session.counts["too_many_series"] == 10
    assert len(session._series) == SERIES_MAX
    assert data(session, 1, by_alias(1, 5)).values
    beyond = data(session, 2, by_alias(SERIES_MAX + 10, 5))
    assert beyond.unreadable
    assert not beyond.unexplained  # else its records would come again for ever
    assert not session.wants_rebirth
    assert session.counts["alias_beyond_limit"] == 1


def test_a_series_announced_again_needs_no_room() -> None:
    session = born(0, *(announced(f"x/{ix}", ix + 2) for ix in range(SERIES_MAX - 1)))
    session.device_birth("ap-1", Payload((announced("wifi/ok", 2, 11),), NOW_MS, 1), NOW_NS)
    assert session._series[2].device == "ap-1"
    assert not session.counts


def test_too_many_devices_are_counted() -> None:
    session = born()
    for ix in range(DEVICES_MAX + 3):
        body = Payload((announced("wifi/ok", ix + 2, 11),), NOW_MS, (ix + 1) % 256)
        session.device_birth(f"ap-{ix}", body, NOW_NS)
    assert len(session.devices) == DEVICES_MAX
    assert session.counts["too_many_devices"] == 4  # the node itself is one
    assert not session.wants_rebirth


def test_an_endless_name_is_not_kept() -> None:
    session = born(0, announced("x" * (NAME_CHARS_MAX + 1), 2))
    assert session.counts["name_too_long"] == 1
    assert 2 not in session._series


@pytest.mark.parametrize("metric", [announced(None, 2), announced("x", 2, None)])
def test_half_an_announcement_is_counted(metric: Metric) -> None:
    session = born(0, metric)
    assert session.counts["birth_metric_incomplete"] == 1
    assert not data(session, 1, by_alias(2, 5)).unexplained


def test_a_birth_voids_everything_before() -> None:
    session = born(0, announced("x" * 2_000, 2), announced("env/x", 3))
    birth(session, 1)
    assert data(session, 1, by_alias(3, 5)).unexplained
    assert session.wants_rebirth


@pytest.mark.parametrize(
    ("field", "datatype", "reason"),
    [
        ("dataset_value", 16, "datatype_dataset"),
        ("bytes_value", 17, "datatype_bytes"),
        ("bytes_value", 18, "datatype_file"),
        ("template_value", 19, "datatype_template"),
        ("string_value", 15, "datatype_uuid"),
        ("bytes_value", 22, "datatype_array"),
        ("bytes_value", 34, "datatype_array"),
        ("extension_value", 77, "datatype_unknown"),
        ("string_value", Datatype.INT32, "value_of_another_field"),
        ("bytes_value", Datatype.DOUBLE, "value_of_another_field"),
    ],
)
def test_a_value_in_a_form_that_is_not_kept_is_refused_under_its_name(
    field: str, datatype: int, reason: str
) -> None:
    session = born(3, announced("wifi/odd", 2, datatype))
    value = "x" if field == "string_value" else None
    arrival = data(session, 1, Metric(alias=2, value=value, field=field), by_alias(1, 5))
    assert arrival.refused == (reason,)
    assert [one.value for one in arrival.values] == [5]  # and its neighbour is kept


def test_how_long_a_gap_may_stay_open_can_be_told() -> None:
    session = NodeSession(reorder_ns=7)
    session.node_birth(Payload((), seq=0), NOW_NS)
    session.data(NODE, Payload((), seq=2), NOW_NS)
    session.tick(NOW_NS + 6)
    assert not session.wants_rebirth
    session.tick(NOW_NS + 7)
    assert session.wants_rebirth
