"""The map of a board's clock: drift found, bias taken off, ticks unwrapped, lies refused."""

import random

import pytest

from firmware_bridge.time_map import ADAPTER_NS, TimeMap
from vocabulary.units import NS_PER_MS, NS_PER_S


def probed(
    drift_ppm: float, *, baud: int = 115_200, subtract: bool = True, seed: int = 1
) -> tuple[TimeMap, float]:
    """A map after ten minutes of probes with queueing delays; and its error now, in ms."""
    chance = random.Random(seed)
    byte_ns = 10 * NS_PER_S / baud
    made = TimeMap(floor_ns=0, wire_ns=round(50 * byte_ns))
    rate = (1 + drift_ppm / 1e6) / 1_000
    now_ns = 0.0
    for ix in range(60):
        now_ns += (0.5 if ix < 8 else 10) * NS_PER_S
        waits = [chance.expovariate(1 / (0.3 * NS_PER_MS)) for _ in range(2)]
        rx_ns = now_ns + 17 * byte_ns + waits[0]
        tx_ns = rx_ns + 100_000
        read_ns = tx_ns + 33 * byte_ns + waits[1]
        sent, read = (17 * byte_ns, 33 * byte_ns) if subtract else (0.0, 0.0)
        made.add(
            sent_ns=round(now_ns + sent),
            read_ns=round(read_ns - read),
            rx_us=round(rx_ns * rate),
            tx_us=round(tx_ns * rate),
        )
    return made, (made.mono_ns(now_ns * rate) - now_ns) / NS_PER_MS


@pytest.mark.parametrize("drift_ppm", [-200.0, 0.0, 200.0])
def test_drift_is_found_within_ten_ppm(drift_ppm: float) -> None:
    for seed in range(20):
        made, error_ms = probed(drift_ppm, seed=seed)
        assert abs(made.drift_ppm - drift_ppm) < 10
        assert abs(error_ms) < 0.3


def test_the_wires_own_time_would_be_a_bias() -> None:
    _made, without_ms = probed(0, baud=9_600, subtract=False)
    _made, with_ms = probed(0, baud=9_600)
    assert abs(without_ms) == pytest.approx(8.3, abs=0.5)
    assert abs(with_ms) < 0.3


def test_a_slope_is_not_believed_too_soon_or_too_steep() -> None:
    made = TimeMap()
    for ms in (0, 500, 1_000):
        made.add(sent_ns=ms * NS_PER_MS, read_ns=ms * NS_PER_MS, rx_us=ms * 1_010, tx_us=ms * 1_010)
    assert made.drift_ppm == 0
    for ms in range(1_500, 6_000, 500):
        made.add(sent_ns=ms * NS_PER_MS, read_ns=ms * NS_PER_MS, rx_us=ms * 1_010, tx_us=ms * 1_010)
    assert made.drift_ppm == pytest.approx(10_000, rel=0.01)
    steep = TimeMap()
    for ms in range(0, 6_000, 500):
        now_ns, board_us = ms * NS_PER_MS, ms * 1_100
        steep.add(sent_ns=now_ns, read_ns=now_ns, rx_us=board_us, tx_us=board_us)
    assert steep.drift_ppm == 0


def test_answers_that_contradict_themselves_are_refused() -> None:
    made = TimeMap()
    assert not made.add(sent_ns=0, read_ns=NS_PER_MS, rx_us=2_000, tx_us=1_000)
    assert not made.add(sent_ns=0, read_ns=NS_PER_MS, rx_us=0, tx_us=9_000)
    assert not made.known
    assert made.uncertainty_ns == ADAPTER_NS


def running(offset_ms: int) -> TimeMap:
    """The board's clock is so far ahead of ours."""
    made = TimeMap(floor_ns=0)
    made.add(sent_ns=0, read_ns=0, rx_us=offset_ms * 1_000, tx_us=offset_ms * 1_000)
    return made


@pytest.mark.parametrize("offset_ms", [0, 2**32 - 1_500, 2**33 + 77])
def test_a_tick_is_unwrapped_to_the_turn_that_the_clock_must_show(offset_ms: int) -> None:
    made = running(offset_ms)
    now_ns = 3 * NS_PER_S
    for ago_ms in (0, 1, 1_600, 2_999):
        tick_ms = (offset_ms + 3_000 - ago_ms) % 2**32
        assert made.tick_ns(tick_ms, now_ns) == now_ns - ago_ms * NS_PER_MS


def test_a_tick_of_another_hour_is_none_and_none_is_of_the_future() -> None:
    made = running(10_000_000)
    assert made.tick_ns(10_000_000 - 3_700_000, 0) is None
    assert made.tick_ns(10_000_000 + 3_700_000, 0) is None
    assert made.tick_ns(10_000_000 + 40, 0) == 0
    assert made.board_us(made.mono_ns(5_000.0)) == pytest.approx(5_000.0)
