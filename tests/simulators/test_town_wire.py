"""The full path's wire draws what the fast path draws."""

import numpy as np

from simulators.chance import key_of
from simulators.delivery import delayed
from simulators.scenario import Scenario, Sender
from simulators.town_wire import town_wire
from tests.simulators.town_worlds import SEED, at, run_of
from vocabulary.units import NS_PER_S

TOPIC = "spBv1.0/town/DDATA/gw-00000/ap-00000-001"


def test_a_device_and_its_gateway_have_keys_of_their_own() -> None:
    run = run_of(Scenario(sender=Sender(jitter_ms=5.0)))
    wire = town_wire(run)
    key, stalls = (
        np.uint64(key_of(SEED, *words))
        for words in (("beats", "ap-00000-001"), ("stalls", "gw-00000"))
    )
    for second in range(50):
        arrival_ns, _late, _copy = delayed(run.nature.delays, key, stalls, at(second), at(second))
        assert wire(TOPIC, at(second)) == [arrival_ns]
    of_gateway = town_wire(run)("spBv1.0/town/NDATA/gw-00000", at(1))
    assert of_gateway != town_wire(run)(TOPIC, at(1))


def test_duplicates_come_twice_here() -> None:
    wire = town_wire(run_of(Scenario(sender=Sender(duplicate_share=0.3, reorder_s=10.0))))
    made = [wire(TOPIC, at(second)) for second in range(500)]
    assert 100 < sum(len(one) == 2 for one in made) < 200, f"seed {SEED}"
    assert all(one[-1] - one[0] <= 10 * NS_PER_S for one in made)


def test_late_records_are_for_gateways_to_mark() -> None:
    wire = town_wire(run_of(Scenario(sender=Sender(late_share=1.0))))
    assert wire(TOPIC, at(5)) == [at(5)]


def test_a_line_keeps_its_order() -> None:
    wire = town_wire(run_of(Scenario(sender=Sender(jitter_ms=50.0, tail_share=0.1, tail_ms=400.0))))
    topics = [f"spBv1.0/town/DDATA/gw-00000/ap-00000-{ix:03}" for ix in range(30)]
    made = [arrival for topic in topics for arrival in wire(topic, at(1))]
    assert made == sorted(made)
    assert len(set(made)) > 1
