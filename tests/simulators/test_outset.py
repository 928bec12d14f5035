"""The start of a run: everybody somewhere in the own rhythm, each from the own stream."""

import numpy as np

from processing.settings import Settings
from simulators.beat_records import NEVER_NS
from simulators.outset import begin, settings_of
from simulators.scenario import Fleet, Kind, Scenario, Sender
from tests.simulators.town_worlds import SEED, at, once, run_of
from vocabulary.units import NS_PER_S


def outset(scene: Scenario, aps: int = 40):  # type: ignore[no-untyped-def]
    run = run_of(scene, aps=aps)
    return begin(run.town, scene, SEED, run.city, run.effects, run.fleet, run.nature)


def test_phases_are_spread_over_a_beat() -> None:
    phases = (outset(Scenario(), 400).aps["next_ns"] - at(0)) / NS_PER_S
    assert phases.min() >= 0
    assert phases.max() < 10
    assert abs(phases.mean() - 5.0) < 4 * 10 / np.sqrt(12 * 400), f"seed {SEED}"


def test_a_larger_town_starts_its_first_nodes_alike() -> None:
    small, large = outset(Scenario(), 60).aps, outset(Scenario(), 120).aps
    for name in ("key", "next_ns", "clients", "rx_bytes", "level"):
        assert np.array_equal(small[name], large[name][:60]), name


def test_first_spans_are_known() -> None:
    made = outset(Scenario(trouble=(once(Kind.AP_CRASH, "ap-00000-003", 60, 60),))).aps
    assert made["off_ns"][3] == at(60)
    assert set(made["off_ns"][:3]) == {NEVER_NS}


def test_narrow_counters_stand_below_the_wrap() -> None:
    made = outset(Scenario(fleet=Fleet(narrow_counter_share=1.0))).aps
    assert np.all(made["rx_bytes"] < 2**32)
    assert np.all(made["rx_bytes"] > 2**32 - 2**29)


def test_settings_follow_the_beat_of_the_town() -> None:
    assert settings_of(Scenario(fleet=Fleet(beat_s=60.0))).beat_ms == 60_000
    own = Settings(misses_down=2)
    assert settings_of(Scenario(), own) is own


def test_nothing_happens_on_the_way_in_a_plain_scenario() -> None:
    assert run_of(Scenario()).nature.delays.plain
    assert not run_of(Scenario(sender=Sender(jitter_ms=1.0))).nature.delays.plain
    doubled = Scenario(sender=Sender(duplicate_share=0.5))
    assert run_of(doubled).nature.delays.plain, "ingest takes duplicates out"
