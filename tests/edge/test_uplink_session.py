"""The gateway's half of the conversation: births, lanes, commits, commands."""

import pytest

from edge.spool import SpoolLimits
from edge.uplink_session import Phase
from tests.edge.one_gateway import AP, STATE_TOPIC, OneGateway, settings, state
from tests.edge.reference_host import command, commit, rebirth
from vocabulary import delivery
from vocabulary.delivery import LostReason
from vocabulary.payload import Datatype, Metric, Payload, decode, encode
from vocabulary.topics import Verb


def born(gateway: OneGateway) -> OneGateway:
    """Connected and answered for the first time."""
    gateway.connect()
    assert gateway.host_commits(0)
    return gateway


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
    assert gateway.will is not None
    assert farewell == gateway.will
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


# STATE and the lanes


def backlog(gateway: OneGateway, records: int) -> OneGateway:
    """So many records from before the connection."""
    for number in range(records):
        gateway.now = gateway.now.later(10)
        gateway.read(number % 40)
    return gateway


def acknowledged(gateway: OneGateway) -> OneGateway:
    """A gateway that has met an acknowledging host before."""
    born(gateway)
    gateway.wait(1)
    gateway.host_commits()
    gateway.cut()
    return gateway


def test_replay_waits_for_the_first_commit_after_the_births() -> None:
    gateway = backlog(acknowledged(OneGateway()), 10)
    gateway.connect()
    gateway.wait(60)
    assert gateway.host.data(historical=True) == []
    gateway.host_commits()
    gateway.wait(5)
    assert len(gateway.host.data(historical=True)) >= 10


def test_replay_begins_after_ten_seconds_if_the_host_says_it_is_there() -> None:
    gateway = backlog(acknowledged(OneGateway()), 10)
    gateway.connect()
    gateway.host_state(online=True)
    gateway.wait(9)
    assert gateway.host.data(historical=True) == []
    gateway.wait(2)
    assert gateway.host.data(historical=True)


def test_replay_pauses_while_the_host_is_away_and_goes_on_after() -> None:
    gateway = backlog(acknowledged(OneGateway()), 100)
    gateway.connect()
    gateway.host_commits()
    gateway.host_state(online=False, timestamp_ms=5)
    gateway.wait(20)
    before = gateway.host.data(historical=True)
    gateway.host_state(online=True, timestamp_ms=4)  # older than the last one: not believed
    gateway.wait(5)
    assert gateway.host.data(historical=True) == before
    assert gateway.agent.uplink.counts["state_stale"] == 1
    gateway.host_state(online=True, timestamp_ms=6)
    gateway.wait(5)
    assert len(gateway.host.data(historical=True)) > len(before)


def test_the_state_of_another_host_paces_nobody() -> None:
    gateway = backlog(acknowledged(OneGateway()), 10)
    gateway.connect()
    gateway.hear(state(online=True), "spBv1.0/STATE/stranger")
    gateway.wait(15)
    assert gateway.host.data(historical=True) == []


def test_all_replayed_metrics_are_historical_and_no_live_one_is() -> None:
    gateway = backlog(acknowledged(OneGateway()), 30)
    gateway.connect()
    gateway.host_commits()
    gateway.wait(25)
    live, replayed = (gateway.host.data(historical=flag) for flag in (False, True))
    assert replayed
    assert live
    assert not set(live) & set(replayed)
    assert replayed == sorted(replayed)
    assert live == sorted(live)


def test_live_before_replay() -> None:
    """While a day drains the current values come first, at once."""
    gateway = backlog(acknowledged(OneGateway()), 200)
    gateway.connect()
    gateway.host_commits()
    for clients in range(1, 20):
        gateway.now = gateway.now.later(0.5)
        gateway.read(clients)
        newest = gateway.spool.next_offset - 1
        heard = gateway.say()
        assert heard[0].offset == newest
        assert not heard[0].historical


def test_queue_10000() -> None:
    """The window is small, the rate is kept, the order too."""
    gateway = backlog(acknowledged(OneGateway()), 600)
    gateway.connect()
    gateway.host_commits()
    begun = gateway.now.mono_ns
    gateway.wait(20, step_s=0.05)
    sent = len(gateway.host.data(historical=True))
    assert sent == 256  # nothing was committed: no more than the window
    gateway.host_commits()
    gateway.wait(10, step_s=0.05)
    elapsed_s = (gateway.now.mono_ns - begun) / 1e9
    sent = len(gateway.host.data(historical=True))
    assert 256 < sent <= 20 * (elapsed_s + 1) + 2
    gateway.drain(commit_s=5.0)


def test_bytes_bound_the_replay_too() -> None:
    gateway = backlog(acknowledged(OneGateway(settings("replay_bytes_per_s = 1024"))), 100)
    gateway.connect()
    gateway.host_commits()
    gateway.wait(10, step_s=0.1)
    assert 30 <= len(gateway.host.data(historical=True)) <= 90


def test_resend_after_thirty_seconds_then_ever_later() -> None:
    gateway = backlog(acknowledged(OneGateway()), 5)
    gateway.connect()
    gateway.host_commits()
    first = gateway.spool.committed
    began_ns = gateway.now.mono_ns
    times = []
    for _second in range(3_000):
        before = len(gateway.host.data(historical=True))
        gateway.wait(1)
        if first in gateway.host.data(historical=True)[before:]:
            times.append((gateway.now.mono_ns - began_ns) // 10**9)
    assert times[0] <= 1
    gaps = [after - before for before, after in zip(times[1:], times[2:], strict=False)]
    assert times[1] in range(30, 33)
    assert gaps[0] in range(60, 63)
    assert gaps[1] in range(120, 123)
    assert max(gaps) <= 902


def test_a_host_that_keeps_up_is_sent_nothing_twice() -> None:
    """A commit that always lags a little is progress all the same."""
    gateway = born(OneGateway())
    lagging: list[int] = []
    for _second in range(300):
        gateway.wait(1)
        gateway.read(1)
        lagging.append(gateway.host.prefix(gateway.spool.epoch))
        if len(lagging) > 7:
            gateway.host_commits(lagging[-7])
    assert gateway.host.duplicates == 0
    assert gateway.host.data(historical=True) == []


def test_a_hole_costs_a_few_messages_not_a_second_run() -> None:
    gateway = acknowledged(OneGateway())
    gateway.connect()
    gateway.host_commits()
    gateway.loss = 1.0
    gateway.wait(5)
    gateway.loss = 0.0
    hole = gateway.host.prefix(gateway.spool.epoch)
    gateway.wait(20)
    gateway.host_commits()
    assert gateway.spool.committed == hole
    gateway.drain()
    assert gateway.host.duplicates <= 40


# Without an acknowledging host


def test_a_plain_node_replays_at_once_and_only_what_it_could_not_send() -> None:
    gateway = backlog(OneGateway(), 10)
    gateway.connect()
    gateway.wait(20)
    assert gateway.host.data(historical=True) == list(range(10))
    gateway.cut()
    sent = gateway.spool.next_offset
    backlog(gateway, 5)
    gateway.connect()
    gateway.wait(20)
    assert gateway.host.duplicates == 0
    assert sent in gateway.host.data(historical=True)


def test_a_plain_node_that_stalls_sends_only_what_waited() -> None:
    gateway = OneGateway()
    gateway.connect()
    gateway.wait(60)
    gateway.read(1)
    gateway.now = gateway.now.later(25)
    gateway.wait(30)
    assert len(gateway.host.data(historical=True)) == 1
    assert gateway.host.duplicates == 0


def test_a_plain_node_has_no_window_and_never_resends() -> None:
    gateway = backlog(OneGateway(settings('commit = "none"')), 600)
    gateway.connect()
    gateway.wait(60)
    assert len(gateway.host.data(historical=True)) == 600
    gateway.wait(120)
    assert gateway.host.duplicates == 0
    assert not gateway.host_commits()
    assert gateway.spool.backlog_records > 600


@pytest.mark.parametrize("below", [0, 3])
def test_the_first_commit_switches_over_and_all_still_held_is_sent(below: int) -> None:
    gateway = backlog(OneGateway(), 10)
    gateway.connect()
    gateway.wait(30)
    assert gateway.host.duplicates == 0
    sent = gateway.spool.next_offset
    assert gateway.host_commits(below)
    gateway.wait(10)
    assert gateway.host.duplicates == sent - below
    assert gateway.spool.host_acknowledges


def test_that_a_host_acknowledges_is_remembered_over_a_power_cut() -> None:
    gateway = born(OneGateway())
    gateway.power_cut()
    assert gateway.spool.host_acknowledges


def test_required_waits_even_before_the_first_commit() -> None:
    gateway = backlog(OneGateway(settings('commit = "required"')), 10)
    gateway.connect()
    gateway.wait(60)
    assert gateway.host.data(historical=True) == []
    assert gateway.host.data(historical=False)


# Losses


def test_what_was_given_up_is_declared_with_its_reason() -> None:
    limits = SpoolLimits(
        segment_bytes=2048,
        bytes_max=12 * 2048,
        share_pct_max=100,
        free_bytes_min=0,
        free_pct_min=0,
        reserve_bytes=4 * 2048,
    )
    gateway = acknowledged(OneGateway(limits=limits))
    for number in range(600):
        gateway.now = gateway.now.later(10)
        gateway.read(number % 40)
        gateway.agent.spool.tick(gateway.now)
    gateway.connect()
    gateway.host_commits()
    gateway.drain()
    epoch = gateway.spool.epoch
    lost = gateway.host.lost[epoch]
    assert set(lost.values()) == {LostReason.OVERFLOW}
    received = gateway.host.received[epoch]
    assert lost.keys() | received.keys() == set(range(gateway.spool.next_offset))
    assert not lost.keys() & received.keys()


def test_offsets_skipped_after_a_power_cut_are_declared_in_one_message() -> None:
    gateway = acknowledged(OneGateway())
    gateway.read(1)
    gateway.power_cut()
    gateway.connect()
    gateway.host_commits()
    gateway.drain()
    declared = [one for one in gateway.host.heard if one.is_loss]
    assert len(declared) == 1
    assert declared[0].number(delivery.SPOOL_LOST_REASON) == LostReason.SKIPPED
    assert declared[0].historical


def test_down_says_nothing() -> None:
    gateway = OneGateway()
    assert gateway.agent.uplink.phase is Phase.DOWN
    assert gateway.agent.uplink.next(gateway.now) is None
    assert gateway.agent.uplink.wake_ns(gateway.now) is None
    gateway.connect()
    gateway.cut()
    assert gateway.agent.uplink.next(gateway.now) is None
