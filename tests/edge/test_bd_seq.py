"""The session number: durable before use, round and round, never stuck."""

from edge.bd_seq import BdSeq
from simulators.disk import PowerCut, SimulatedDisk


def test_it_begins_at_zero_and_wraps() -> None:
    numbers = BdSeq(SimulatedDisk(seed=0))
    assert [numbers.take() for _turn in range(258)] == [
        (number % 256, True) for number in range(258)
    ]


def test_bdseq_survives() -> None:
    for seed in range(30):
        disk = SimulatedDisk(seed=seed)
        last, cuts = -1, 0
        for call in range(1, 12):
            disk.cut_call = disk.calls + call % 4 + 1
            try:
                number, durable = BdSeq(disk).take()
                assert durable
                assert last < number <= last + 1 + cuts  # a cut may have used one up
                last, cuts = number, 0
            except PowerCut:
                disk.crash()
                cuts += 1
            disk.cut_call = None


def test_a_dead_card_does_not_stop_sessions() -> None:
    disk = SimulatedDisk(seed=0)
    numbers = BdSeq(disk)
    assert numbers.take() == (0, True)
    disk.read_only = True
    assert numbers.take() == (1, False)
    disk.gone = True
    assert numbers.take() == (2, False)
    disk.gone = disk.read_only = False
    assert numbers.take() == (3, True)
    assert BdSeq(disk).take() == (4, True)


def test_a_card_that_was_away_at_start_is_read_when_it_comes() -> None:
    disk = SimulatedDisk(seed=0)
    BdSeq(disk).take()
    disk.gone = True
    numbers = BdSeq(disk)
    assert numbers.take() == (0, False)
    disk.gone = False
    assert numbers.take() == (1, True)
