"""What a gateway says of its own numbers: believed where possible, counted where not."""

import pytest

from ingest.intake import EPOCHS_PER_GATEWAY_MAX, Intake
from processing.city import City
from processing.columns import MONO_MS_UNKNOWN, Readings
from processing.offsets import RANGES_MAX
from tests.ingest.node_messages import (
    EPOCH,
    KEY,
    TOWN,
    Node,
    at_ns,
    born,
    held,
    take,
)
from vocabulary import delivery


def rows_of(intake: Intake) -> Readings:
    return intake.rows.take()[0]


def test_a_duplicate_is_dropped_and_counted() -> None:
    node = Node()
    intake = born(node)
    one = node.data({"wifi/clients": 3}, 0, 1.0, "ap-1")
    take(intake, [one, one, one])
    assert len(intake.lines) == 1
    assert intake.counts["gw-1", "duplicate"] == 2
    (row,) = intake.completeness_rows()
    assert (row.received, row.duplicate) == (1, 2)


def test_a_hole_of_256_is_invisible_to_seq_but_not_to_the_prefix() -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.data({"wifi/clients": 3}, 0, 1.0, "ap-1"))
    intake.receive(node.data({"wifi/clients": 3}, 257, 1.0, "ap-1"))
    assert intake.rebirths(at_ns(60)) == []
    assert intake.received[KEY].prefix_end == 1
    assert held(intake) == [(0, 1), (257, 258)]


@pytest.mark.parametrize("offset", [-1, -(2**63), delivery.EPOCH_MAX, 2**63 - 1])
def test_an_impossible_offset_is_refused(offset: int) -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.data({"wifi/clients": 3}, offset, 1.0, "ap-1"))
    assert intake.counts["gw-1", "offset_impossible"] == 1
    assert intake.lines == []
    assert held(intake) == []
    assert [row.offset for row in intake.quarantine] == [offset]


@pytest.mark.parametrize("epoch", [0, -5, 2**53, 2**63 - 1])
def test_an_impossible_epoch_is_refused(epoch: int) -> None:
    node = Node(epoch=epoch)
    intake = born(node)
    intake.receive(node.data({"wifi/clients": 3}, 0, 1.0, "ap-1"))
    assert intake.counts["gw-1", "offset_impossible"] == 2
    assert (intake.born, intake.received, intake.lines) == ([], {}, [])


@pytest.mark.parametrize("boot", [-1, 2**31, 2**63 - 1])
def test_an_impossible_boot_or_clock_is_left_out(boot: int) -> None:
    node = Node()
    intake = born(node)
    told = {delivery.TIME_BOOT: boot, delivery.TIME_MONOTONIC: -7}
    intake.receive(node.data({"wifi/clients": 3}, 0, 1.0, "ap-1", numbers=told))
    rows = rows_of(intake)
    assert (rows.boot.tolist(), rows.mono_ms.tolist()) == ([0], [MONO_MS_UNKNOWN])


def test_a_loss_that_was_declared_closes_the_hole() -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.data({"wifi/clients": 3}, 12, 1.0, "ap-1"))
    intake.receive(node.lost(0, 10, 2.0))
    intake.receive(node.lost(8, 4, 2.0, reason=int(delivery.LostReason.SKIPPED)))
    assert held(intake) == [(0, 13)]
    (row,) = intake.completeness_rows()
    assert (row.expected, row.received, row.lost, row.skipped) == (11, 1, 10, 2)
    assert intake.counts == {("gw-1", "declared_lost"): 10}
    assert intake.declared_lost == 10


def test_a_loss_declared_twice_counts_once() -> None:
    node = Node()
    intake = born(node)
    take(intake, [node.lost(0, 10, 2.0), node.lost(5, 10, 3.0)])
    assert intake.declared_lost == 15


@pytest.mark.parametrize(
    ("offset", "count"), [(0, 0), (0, -4), (5, delivery.EPOCH_MAX), (0, 2**63 - 1)]
)
def test_an_impossible_loss_is_refused(offset: int, count: int) -> None:
    node = Node()
    intake = born(node)
    intake.receive(node.lost(offset, count, 1.0))
    assert intake.counts == {("gw-1", "lost_impossible"): 1}
    assert held(intake) == []


def test_too_scattered_offsets_are_shed_and_come_again() -> None:
    node = Node()
    intake = born(node)
    for ix in range(RANGES_MAX):
        intake.receive(node.data({"wifi/clients": 1}, 2 * ix, 1.0, "ap-1"))
    beyond = node.data({"wifi/clients": 1}, 2 * RANGES_MAX, 1.0, "ap-1")
    take(intake, [beyond, node.lost(2 * RANGES_MAX + 5, 2, 1.0)])
    assert len(intake.lines) == RANGES_MAX
    assert intake.counts == {("gw-1", "shed_too_scattered"): 2}
    (row,) = intake.completeness_rows()
    assert (row.received, row.shed) == (RANGES_MAX, 2)
    take(intake, [node.data({"wifi/clients": 1}, 1, 1.0, "ap-1"), beyond])
    assert held(intake)[-1] == (2 * RANGES_MAX, 2 * RANGES_MAX + 1)


def test_only_so_many_epochs_however_they_come() -> None:
    node = Node()
    intake = born(node)
    for epoch in range(1, 3 * EPOCHS_PER_GATEWAY_MAX):
        node.epoch = epoch
        take(intake, [node.data({"wifi/clients": 1}, 0, 1.0, "ap-1"), node.lost(1, 4, 1.0)])
        take(intake, node.births("ap-1", committed=9))
    assert len(intake.received) == EPOCHS_PER_GATEWAY_MAX
    assert intake.counts["gw-1", "too_many_epochs"] == 3 * (2 * EPOCHS_PER_GATEWAY_MAX - 1)
    other = Node("gw-2")
    take(intake, [*other.births("ap-3"), other.data({"wifi/clients": 1}, 0, 1.0, "ap-3")])
    assert held(intake, ("gw-2", EPOCH)) == [(0, 1)]


def test_the_epochs_of_an_earlier_life_count_too() -> None:
    node = Node()
    before = born(node)
    for epoch in range(1, EPOCHS_PER_GATEWAY_MAX + 1):
        node.epoch = epoch
        before.receive(node.data({"wifi/clients": 1}, 0, 1.0, "ap-1"))
    node.epoch = 500
    after = Intake(TOWN, City.of(TOWN), before.received)
    take(after, [*node.births("ap-1"), node.data({"wifi/clients": 1}, 0, 1.0, "ap-1")])
    # a card that failed often must not bar the next one: the oldest epoch makes room, and is said
    assert after.counts == {("gw-1", "epoch_retired"): 1}
    assert len(after.received) == EPOCHS_PER_GATEWAY_MAX
    assert after.retired == [("gw-1", 1)]
    assert held(after, ("gw-1", 500)) == [(0, 1)]
