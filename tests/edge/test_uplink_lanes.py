"""What goes when: live at once, replay when the host is there, resends, losses, plain mode."""

from itertools import pairwise

import pytest

from edge.spool import SpoolLimits
from tests.edge.one_gateway import OneGateway, born, settings, state
from vocabulary import delivery
from vocabulary.delivery import LostReason


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
    heard = gateway.host.heard
    for _second in range(500):
        before = len(heard)
        gateway.wait(1)
        if any(one.historical and one.offset == first for one in heard[before:] if one.readings):
            times.append((gateway.now.mono_ns - began_ns) // 10**9)
    assert times[0] <= 1
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[0] in range(29, 33)
    assert gaps[1] in range(60, 63)
    assert gaps[2] in range(120, 123)
    assert len(gaps) == 4


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
