"""The gateway's half of the conversation: births, deaths, commands, commits."""

import pytest

from edge.uplink_session import Phase
from tests.edge.one_gateway import AP, STATE_TOPIC, OneGateway, born, settings
from tests.edge.reference_host import command, commit, rebirth
from vocabulary import delivery
from vocabulary.payload import Datatype, Metric, Payload, decode, encode
from vocabulary.topics import Verb

# Births


def test_births_come_first_and_in_order() -> None:
    gateway = OneGateway()
    heard = gateway.connect()
    assert [(one.verb, one.device) for one in heard[:3]] == [
        (Verb.NBIRTH, ""),
        (Verb.DBIRTH, "air-one"),
        (Verb.DBIRTH, AP),
    ]
    assert [one.payload.seq for one in heard[:3]] == [0, 1, 2]
    node = heard[0]
    assert node.values[delivery.REBIRTH] is False
    assert node.number(delivery.SPOOL_EPOCH) == gateway.spool.epoch
    assert node.number(delivery.SPOOL_COMMITTED) == 0
    for birth in heard[:3]:
        assert birth.number(delivery.SPOOL_OFFSET) == gateway.spool.next_offset
        assert birth.number(delivery.TIME_SENT) == gateway.now.mono_ms


def test_filters_are_the_own_command_topic_and_the_hosts_state() -> None:
    filters = OneGateway().agent.uplink.filters
    assert filters == [("spBv1.0/north/NCMD/gw-one", 1), (STATE_TOPIC, 1)]


def test_a_new_metric_in_mid_session_is_announced_before_it_is_used() -> None:
    gateway = OneGateway()
    gateway.connect()
    values: list[tuple[str, int]] = [("wifi/tx_bytes", 7)]
    collector = gateway.agent._collector
    collector.add(AP, values, gateway.now, klass=delivery.RecordClass.CHECK)
    heard = gateway.say()
    assert [one.verb for one in heard] == [Verb.NBIRTH, Verb.DBIRTH, Verb.DBIRTH, Verb.DDATA]
    assert heard[0].payload.seq == 0
    assert "wifi/tx_bytes" in heard[2].values


def test_every_birth_still_names_what_the_configuration_has_forgotten() -> None:
    gateway = OneGateway()
    gateway.read(3)
    without = settings(rest="[beat]\ngateway_s = 6.0")
    gateway.configuration = type(without)(
        without.gateway_id, without.district, without.uplink, serial=without.serial
    )
    gateway.restart()
    gateway.connect()
    assert gateway.host.received[gateway.spool.epoch][0][1]["wifi/clients"][0] == 3


def test_births_stand_in_the_order_of_time() -> None:
    gateway = OneGateway()
    gateway.read(3)
    gateway.now = gateway.now.later(5)
    for birth in gateway.connect()[:3]:
        times = [metric.timestamp_ms or 0 for metric in birth.payload.metrics]
        assert times == sorted(times)


# The number of the session


def test_the_will_and_the_birth_carry_one_number_and_each_connect_takes_the_next() -> None:
    gateway = OneGateway()
    numbers = []
    for _round in range(300):
        birth = gateway.connect()[0]
        assert gateway.will is not None
        will = decode(gateway.will.payload)
        assert will.seq is None
        assert [one.name for one in will.metrics] == [delivery.BD_SEQ]
        assert will.metrics[0].value == birth.number(delivery.BD_SEQ)
        numbers.append(birth.number(delivery.BD_SEQ))
        gateway.cut()
    assert numbers == [number % 256 for number in range(300)]
    assert gateway.will is not None
    assert (gateway.will.qos, gateway.will.retain) == (1, False)


def test_bdseq_survives() -> None:
    """The power goes between CONNECT and birth: the number is not used twice."""
    gateway = OneGateway()
    first = decode(gateway.agent.uplink.will(gateway.now).payload).metrics[0].value
    gateway.power_cut()
    second = decode(gateway.agent.uplink.will(gateway.now).payload).metrics[0].value
    assert (first, second) == (0, 1)


def test_an_attempt_that_no_broker_saw_uses_its_number_again() -> None:
    uplink = (gateway := OneGateway()).agent.uplink
    seen = []
    for opened in (False, False, True, True, False, True):
        seen.append(decode(uplink.will(gateway.now).payload).metrics[0].value)
        uplink.attempt_failed(socket_opened=opened)
    assert seen == [0, 0, 0, 1, 2, 2]


def test_the_farewell_is_the_will_of_this_session() -> None:
    gateway = OneGateway()
    gateway.connect()
    farewell = gateway.agent.uplink.farewell(gateway.now)
    assert farewell is not None
    assert gateway.will is not None
    assert farewell == gateway.will
    assert decode(farewell.payload).metrics[0].datatype == Datatype.INT64
    assert farewell.topic == "spBv1.0/north/NDEATH/gw-one"


# Rebirth


def test_a_rebirth_stops_data_and_keeps_the_number() -> None:
    gateway = born(OneGateway())
    first = gateway.host.heard[0].number(delivery.BD_SEQ)
    gateway.read(1)
    gateway.hear(rebirth())
    heard = gateway.say()
    assert [one.verb for one in heard] == [Verb.NBIRTH, Verb.DBIRTH, Verb.DBIRTH, Verb.DDATA]
    assert heard[0].number(delivery.BD_SEQ) == first
    assert heard[0].payload.seq == 0


def test_requests_during_a_birth_sequence_merge_into_one() -> None:
    gateway = OneGateway()
    uplink = gateway.agent.uplink
    uplink.will(gateway.now)
    uplink.connected(gateway.now)
    host = gateway.host
    for _half_way in range(2):
        outgoing = uplink.next(gateway.now)
        assert outgoing is not None
        host.hear(outgoing.topic, outgoing.payload)
        uplink.sent(outgoing)
        gateway.hear(rebirth(), "spBv1.0/north/NCMD/gw-one")
    gateway.connected = True
    gateway.say()
    assert [one.verb for one in host.heard].count(Verb.NBIRTH) == 1
    assert uplink.counts["rebirth_merged"] == 2


def test_a_rebirth_by_alias_is_obeyed_too_and_false_is_no_request() -> None:
    gateway = born(OneGateway())
    gateway.hear(command((delivery.REBIRTH, Datatype.BOOLEAN, False)))
    assert gateway.say() == []
    assert gateway.agent.uplink.counts["command_unknown"] == 1


def test_seq_wraps() -> None:
    gateway = born(OneGateway())
    for number in range(600):
        gateway.now = gateway.now.later(0.01)
        gateway.read(number % 40)
        gateway.say()
    assert len(gateway.host.data(historical=False)) >= 600  # the host checked every seq


# Commits


def test_only_a_commit_frees() -> None:
    gateway = born(OneGateway())
    gateway.read(1)
    gateway.wait(60)
    held = gateway.spool.backlog_records
    assert held == gateway.spool.next_offset
    assert gateway.host_commits()
    assert gateway.spool.backlog_records == 0
    assert gateway.spool.committed == gateway.spool.next_offset


@pytest.mark.parametrize(
    ("epoch_step", "below_step", "reason"),
    [(1, 0, "commit_foreign_epoch"), (0, 1, "commit_beyond_end")],
)
def test_a_commit_we_cannot_owe_is_refused_and_counted(
    epoch_step: int, below_step: int, reason: str
) -> None:
    gateway = born(OneGateway())
    gateway.wait(30)
    spool = gateway.spool
    foreign = commit(spool.epoch + epoch_step, spool.next_offset + below_step)
    assert not gateway.hear(foreign)
    assert spool.committed == 0
    assert gateway.agent.uplink.counts[reason] == 1


def test_a_lower_commit_changes_nothing() -> None:
    gateway = born(OneGateway())
    gateway.wait(30)
    gateway.host_commits()
    at = gateway.spool.committed
    gateway.host_commits(1)
    assert gateway.spool.committed == at > 1


def test_a_commit_has_exactly_two_metrics() -> None:
    gateway = born(OneGateway())
    gateway.wait(30)
    spool = gateway.spool
    epoch = (delivery.SPOOL_EPOCH, Datatype.INT64, spool.epoch)
    below = (delivery.SPOOL_COMMITTED, Datatype.INT64, spool.next_offset)
    for torn in ((epoch,), (below,), (epoch, below, below), (epoch, epoch)):
        assert not gateway.hear(command(*torn))
    assert spool.committed == 0
    assert gateway.agent.uplink.counts["command_unknown"] == 4
    assert gateway.hear(command(below, epoch))
    assert spool.committed == spool.next_offset


def test_a_commit_by_alias_is_as_good() -> None:
    gateway = born(OneGateway())
    gateway.wait(30)
    by_name = {meaning[1]: alias for alias, meaning in gateway.host.meanings.items()}
    payload = decode(commit(gateway.spool.epoch, 3))
    bare = tuple(
        Metric(alias=by_name[one.name or ""], datatype=Datatype.INT64, value=one.value)
        for one in payload.metrics
    )
    assert not gateway.hear(encode(Payload(bare)))  # the aliases are the last device's, not ours
    node = {
        meaning[1]: alias for alias, meaning in gateway.host.meanings.items() if meaning[0] == ""
    }
    ours = tuple(
        Metric(alias=node[one.name or ""], datatype=Datatype.INT64, value=one.value)
        for one in payload.metrics
    )
    assert gateway.hear(encode(Payload(ours)))
    assert gateway.spool.committed == 3


@pytest.mark.parametrize("wire", [b"", b"\xff\xff", b"not protobuf at all", bytes(2_000_000)])
def test_nothing_a_host_sends_stops_the_session(wire: bytes) -> None:
    gateway = born(OneGateway())
    assert not gateway.hear(wire)
    assert not gateway.hear(wire, STATE_TOPIC)
    assert not gateway.hear(wire, "spBv1.0/north/NCMD/gw-other")
    assert not gateway.hear(wire, "any/thing")
    gateway.read(1)
    assert gateway.say()


@pytest.mark.parametrize(
    "wire",
    [
        b"[]",
        b"{}",
        b'{"online":1,"timestamp":1}',
        b'{"online":true,"timestamp":"now"}',
        b'{"online":true,"timestamp":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\x00",
    ],
)
def test_a_state_that_is_none_is_counted(wire: bytes) -> None:
    gateway = born(OneGateway())
    gateway.hear(wire, STATE_TOPIC)
    assert gateway.agent.uplink.counts["state_not_json"] == 1


def test_down_says_nothing() -> None:
    gateway = OneGateway()
    assert gateway.agent.uplink.phase is Phase.DOWN
    assert gateway.agent.uplink.next(gateway.now) is None
    assert gateway.agent.uplink.wake_ns(gateway.now) is None
    gateway.connect()
    gateway.cut()
    assert gateway.agent.uplink.next(gateway.now) is None
