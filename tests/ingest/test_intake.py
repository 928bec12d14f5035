"""Every message is taken, refused under a reason, or left with its gateway; none is a surprise."""

import msgspec
import pytest

from ingest.commands import commit
from ingest.intake import Intake, Message
from ingest.line_points import merged
from processing.city import City
from processing.columns import MONO_MS_UNKNOWN, CueKind, Readings
from tests.ingest.node_messages import (
    EPOCH,
    KEY,
    START_NS,
    TOWN,
    Node,
    at_ms,
    at_ns,
    born,
    commits_in,
    fresh,
    held,
    read_command,
    rebirths_in,
    take,
)
from vocabulary import delivery
from vocabulary.inventory import Gateway
from vocabulary.payload import PAYLOAD_BYTES_MAX, Datatype, Metric, Payload, Value, encode
from vocabulary.topics import Verb

YEAR_2106_MS = 4_294_967_295_000


def cues_of(intake: Intake) -> list[tuple[int, int]]:
    cues = intake.rows.take()[1]
    return list(zip(cues.kind.tolist(), cues.gateway_ix.tolist(), strict=True))


def rows_of(intake: Intake) -> Readings:
    return intake.rows.take()[0]


def test_a_record_becomes_points_rows_and_an_offset() -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.data({"wifi/clients": 3, "wifi/rx_bytes": 2**62}, 0, 5.0, "ap-1"))
    assert held(intake) == [(0, 1)]
    assert intake.touched == {KEY}
    ((key, fields),) = merged(intake.lines).items()
    assert (key.measurement, dict(key.tags)["ap"], key.ts_ms) == ("wifi_usage", "ap-1", at_ms(5))
    assert fields == {"clients": 3, "rx_bytes": 2**62}
    rows = rows_of(intake)
    assert rows.exact.tolist() == [3, 2**62]
    assert rows.node_ix.tolist() == [0, 0]
    assert rows.boot.tolist() == [1, 1]
    assert rows.mono_ms.tolist() == [at_ms(5)] * 2
    assert intake.readings == 2
    (row,) = intake.completeness_rows()
    assert (row.expected, row.received, row.late) == (1, 1, 0)
    assert not intake.all_counts()


def test_the_gateways_own_values_and_its_cues() -> None:
    node = Node("gw-2")
    intake = born(node)
    intake.receive(node.data({"gateway/cpu_pct": 3.0}, 0, 5.0))
    city = City.of(TOWN)
    readings, cues = intake.rows.take()
    assert readings.node_ix.tolist() == [city.gateway_node_ix(1)]
    assert CueKind.BORN in cues.kind.tolist()
    assert set(cues.gateway_ix.tolist()) == {1}
    assert "gateway,area=north,gateway=gw-2,site=library cpu_pct=3.0" in intake.lines[0]


def test_a_historical_record_is_counted_late() -> None:
    node = Node()
    intake = born(node)
    intake.receive(
        node.data({"wifi/clients": 3}, 0, 500.0, "ap-1", ts_ms=at_ms(5), historical=True)
    )
    assert rows_of(intake).historical.tolist() == [True]
    (row,) = intake.completeness_rows()
    assert (row.received, row.late) == (1, 1)


def test_without_a_monotonic_time_spacing_is_not_judged() -> None:
    metric = Metric("wifi/ok", None, at_ms(1), Datatype.BOOLEAN, True)
    node = Node()
    intake = born(node)
    body = encode(Payload((metric,), at_ms(1), 4), announce=True)
    intake.receive(node.message(Verb.DDATA, body, 1.0, "ap-1"))
    assert rows_of(intake).mono_ms.tolist() == [MONO_MS_UNKNOWN]


# --- what is not even looked at --------------------------------------------------------------


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "spBv1.0",
        "spBv1.0/district-1/NDATA/gw-1/ap-1",
        "spBv1.0/district-1/DDATA/gw-1",
        "spBv1.0/district-1/NSING/gw-1",
        "spBv1.0/STATE/host1",
        "spBv1.0/district-1/NCMD/gw-1",
        "spBv1.0/district-1/DCMD/gw-1/ap-1",
        "ap/ap-1/status",
        "x" * 70_000,
    ],
)
def test_a_topic_that_is_none_of_ours(topic: str) -> None:
    intake = fresh(Message(topic, b"", START_NS))
    assert intake.counts == {("", "topic_unknown"): 1}
    assert not len(intake.rows)


@pytest.mark.parametrize("node", [Node("gw-9"), Node("gw-1", district="district-2"), Node("ap-1")])
def test_a_gateway_that_is_not_in_the_inventory_keeps_its_readings(node: Node) -> None:
    intake = fresh(*node.births("ap-1"), node.data({"wifi/clients": 3}, 0, 1.0, "ap-1"))
    assert intake.counts == {("", "gateway_unknown"): 3}
    assert (intake.lines, intake.received, intake.born, intake.sessions) == ([], {}, [], {})
    assert not len(intake.rows)


def test_what_is_retained_is_stale() -> None:
    node = Node()
    intake = fresh(*(one._replace(retain=True) for one in node.births("ap-1")))
    assert intake.counts == {("gw-1", "retained"): 2}
    assert not intake.sessions
    assert not len(intake.rows)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"\xff\xff", "not_protobuf"), (b"\0" * (PAYLOAD_BYTES_MAX + 1), "too_long")],
)
def test_garbage_is_quarantined_without_its_bytes(body: bytes, reason: str) -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.message(Verb.NDATA, body, 1.0))
    assert intake.counts == {("gw-1", reason): 1}
    (row,) = intake.quarantine
    assert (row.gateway, row.reason, row.size_bytes) == ("gw-1", reason, len(body))


def test_a_flood_of_garbage_fills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.intake.QUARANTINE_PER_BATCH_MAX", 20)
    node = Node()
    intake = fresh()
    for _ in range(1_000):
        intake.receive(node.message(Verb.NDATA, b"\xff", 1.0))
    assert len(intake.quarantine) == 20
    refused, unread = intake.counts["gw-1", "not_protobuf"], intake.counts["gw-1", "in_quarantine"]
    assert 20 < refused < 60  # then nobody reads what it sends
    assert refused + unread == 1_000
    assert intake.counts["gw-1", "quarantine_begun"] == 1


# --- values that cannot be -------------------------------------------------------------------


@pytest.mark.parametrize("device", ["ap-3", "ap-9", "gw-1"])
def test_a_device_of_another_gateway_is_quarantined_and_committed(device: str) -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.device_birth(device))
    intake.receive(node.data({"wifi/clients": 3}, 0, 1.0, device))
    assert held(intake) == [(0, 1)]
    assert intake.lines == []
    (row,) = intake.quarantine
    assert (row.reason, row.epoch, row.offset) == ("device_unknown", EPOCH, 0)
    (account,) = intake.completeness_rows()
    assert (account.received, account.quarantined) == (1, 1)


def test_a_reading_from_2106_is_quarantined_and_its_neighbours_kept() -> None:
    node = Node()
    intake = born(node)
    wrong = node.data({"wifi/clients": 3}, 0, 1.0, "ap-1", ts_ms=YEAR_2106_MS)
    take(intake, [wrong, node.data({"wifi/clients": 4}, 1, 1.0, "ap-1")])
    assert list(merged(intake.lines).values()) == [{"clients": 4}]
    assert [row.reason for row in intake.quarantine] == ["from_the_future"]
    assert held(intake) == [(0, 2)]


@pytest.mark.parametrize(
    ("ahead_ms", "stored"), [(300_000, True), (300_001, False), (2**64 - 1 - at_ms(1), False)]
)
def test_five_minutes_ahead_is_the_limit(ahead_ms: int, stored: bool) -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.data({"wifi/clients": 3}, 0, 1.0, "ap-1", ts_ms=at_ms(1) + ahead_ms))
    assert bool(intake.lines) == stored
    assert intake.readings == stored


def test_one_bad_value_does_not_cost_its_neighbours() -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.device_birth("ap-1", names=("wifi/clients", "wifi/noise_dbm", "no/such")))
    values: dict[str, Value | None] = {
        "wifi/clients": -1,
        "wifi/noise_dbm": -90.0,
        "no/such": 1,
    }
    intake.receive(node.data(values, 0, 1.0, "ap-1"))
    assert list(merged(intake.lines).values()) == [{"noise_dbm": -90.0}]
    reasons = sorted(row.reason for row in intake.quarantine)
    assert reasons == ["metric_unknown", "value_out_of_range"]
    (account,) = intake.completeness_rows()
    assert account.quarantined == 1  # one record, however many of its values


@pytest.mark.parametrize(
    ("name", "declared", "value", "stored"),
    [
        ("wifi/ok", Datatype.INT32, 1, "ok=true"),
        ("wifi/clients", Datatype.DOUBLE, 3.0, "clients=3i"),
        ("wifi/clients", Datatype.BOOLEAN, True, "clients=1i"),
        ("wifi/noise_dbm", Datatype.INT32, -90, "noise_dbm=-90.0"),
        ("wifi/clients", Datatype.DOUBLE, 3.5, None),
        ("wifi/clients", Datatype.STRING, "3", None),
        ("wifi/noise_dbm", Datatype.DOUBLE, float("nan"), None),
        ("wifi/rx_bytes", Datatype.DOUBLE, 2.0**63, None),
        ("wifi/rx_bytes", Datatype.DOUBLE, float("inf"), None),
    ],
)
def test_a_stranger_may_declare_another_type(
    name: str, declared: Datatype, value: Value, stored: str | None
) -> None:
    node = Node()
    intake = born(node)
    metric = Metric(name, None, at_ms(1), declared, value)
    body = encode(Payload((metric,), at_ms(1), 4), announce=True)
    intake.receive(node.message(Verb.DDATA, body, 1.0, "ap-1"))
    assert [stored in line for line in intake.lines if stored] == [True] * (stored is not None)
    assert len(intake.quarantine) == (stored is None)


# --- births and deaths -----------------------------------------------------------------------


def test_a_birth_asks_for_the_first_commit() -> None:
    assert born(Node()).born == [KEY]


def test_what_a_gateway_freed_earlier_will_not_come_again() -> None:
    node = Node()
    intake = fresh(*node.births("ap-1", committed=40))
    assert held(intake) == [(0, 40)]
    assert intake.counts["gw-1", "freed_earlier"] == 40
    assert intake.touched == {KEY}
    take(intake, node.births("ap-1", committed=30))  # an older word changes nothing
    assert held(intake) == [(0, 40)]


def test_an_impossible_committed_is_refused() -> None:
    intake = fresh(*Node().births("ap-1", committed=2**63 - 1))
    assert intake.counts == {("gw-1", "offset_impossible"): 1}
    assert (intake.born, intake.received) == ([], {})


def test_a_will_counts_only_for_its_own_session() -> None:
    node = Node()
    intake = fresh(node.birth(bd_seq=5), node.birth(1.0, bd_seq=6), node.death(1.1, bd_seq=5))
    assert (int(CueKind.WILL), 0) not in cues_of(intake)
    intake.receive(node.death(2.0, bd_seq=6))
    assert cues_of(intake) == [(int(CueKind.WILL), 0)]
    assert intake.all_counts()["gw-1", "death_of_another_session"] == 1


def test_a_message_with_an_unexplained_alias_is_not_taken_and_comes_again() -> None:
    node = Node()
    births = node.births("ap-1")
    message = node.data({"wifi/clients": 3}, 0, 1.0, "ap-1")
    intake = fresh(births[0], message)  # the DBIRTH was lost; of the record only NBIRTH's is known
    assert intake.lines == []
    assert held(intake) == []
    assert rebirths_in(intake.rebirths(at_ns(1))) == ["gw-1"]
    take(intake, [births[1], message])
    assert len(intake.lines) == 1
    assert held(intake) == [(0, 1)]


def test_half_understood_is_not_taken_either() -> None:
    node = Node()
    intake = born(node)
    values: dict[str, Value | None] = {"wifi/clients": 3, "wifi/retries": 4}
    message = node.data(values, 0, 1.0, "ap-1")  # retries: an alias of a birth yet to come
    intake.receive(message)
    assert (intake.lines, held(intake)) == ([], [])
    assert intake.counts["gw-1", "resend_awaited"] == 1
    take(intake, [node.device_birth("ap-1", names=("wifi/clients", "wifi/retries")), message])
    assert len(merged(intake.lines)) == 1
    assert held(intake) == [(0, 1)]


def test_an_alias_of_another_device_does_not_stop_its_gateway_for_ever() -> None:
    node = Node()
    intake = born(node)
    node.aliases["ap-2", "wifi/noise_dbm"] = node.aliases["ap-1", "wifi/noise_dbm"] = 900
    take(intake, [node.device_birth("ap-1", names=("wifi/noise_dbm",))])
    values: dict[str, Value | None] = {"wifi/clients": 3, "wifi/noise_dbm": -90.0}
    intake.receive(node.data(values, 0, 1.0, "ap-2"))
    assert list(merged(intake.lines).values()) == [{"clients": 3}]
    assert [row.reason for row in intake.quarantine] == ["not_understood"]
    assert held(intake) == [(0, 1)]
    assert intake.all_counts()["gw-1", "alias_of_another_device"] == 1


def test_rebirths_are_asked_for_by_name_and_within_the_budget() -> None:
    intake = fresh(Node().data({"wifi/clients": 3}, 0, 1.0, "ap-1"))
    (asked,) = intake.rebirths(at_ns(1))
    assert asked.topic == "spBv1.0/district-1/NCMD/gw-1"
    assert read_command(asked) == ("gw-1", {delivery.REBIRTH: True})
    intake.receive(Node().data({"wifi/clients": 3}, 0, 1.0, "ap-1"))
    assert intake.rebirths(at_ns(2)) == []
    assert rebirths_in(intake.rebirths(at_ns(14))) == ["gw-1"]


def test_a_commit_is_exactly_epoch_and_committed() -> None:
    publication = commit(born(Node()).district("gw-1"), KEY, 412, at_ns(3))
    assert commits_in([publication]) == [("gw-1", EPOCH, 412)]
    assert len(read_command(publication)[1]) == 2
    assert (publication.qos, publication.retain) == (0, False)


def test_several_groups_are_served_and_a_gateway_only_in_its_own() -> None:
    town = msgspec.structs.replace(
        TOWN,
        gateway=(
            Gateway("gw-1", "library", "district-1"),
            Gateway("gw-2", "library", "district-2"),
        ),
    )
    intake = Intake(town, City.of(town), {})
    one, two = Node("gw-1"), Node("gw-2", district="district-2", epoch=5)
    stray = Node("gw-2", district="district-1", epoch=6)
    take(intake, [*one.births("ap-1"), *two.births("ap-3"), *stray.births("ap-3")])
    pairs = ((one, "ap-1"), (two, "ap-3"))
    take(intake, [node.data({"wifi/clients": 1}, 0, 1.0, ap) for node, ap in pairs])
    assert intake.readings == 2
    assert intake.counts["", "gateway_unknown"] == 2
    assert {session.epoch for session in intake.sessions.values()} == {EPOCH, 5}
    take(intake, [two.data({"gateway/cpu_pct": 1.0}, 1, 2.0, seq=99)])
    assert intake.rebirths(at_ns(2)) == []
    asked = [one.topic for one in intake.rebirths(at_ns(9))]
    assert asked == ["spBv1.0/district-2/NCMD/gw-2"]
