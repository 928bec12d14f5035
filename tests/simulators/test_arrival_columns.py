"""Records become the readings that the host would have made of them."""

import numpy as np

from simulators.arrival_columns import readings_of_messages, wall_clocks
from simulators.beat_records import (
    ALIVE,
    BATTERY,
    FAIL,
    HEARTBEAT,
    MAINS,
    MESSAGE_DTYPE,
    STATUS,
    Records,
)
from simulators.effects import Step
from simulators.fleet import Clock
from vocabulary.metrics import CATALOGUE
from vocabulary.units import NS_PER_MS, NS_PER_S

NAMES = list(CATALOGUE)
CLOCKS = wall_clocks(("g", "h"), {"h": Clock(-5 * NS_PER_S, 100.0)}, {}, 0)


def messages(*kinds: int, rtt_ms: float = 0.0) -> Records:
    made = np.zeros(len(kinds), dtype=MESSAGE_DTYPE)
    made["kind"] = kinds
    made["arrival_ns"] = np.arange(len(kinds)) * NS_PER_S
    made["t_ns"] = made["arrival_ns"]
    made["clients"], made["rx_bytes"], made["tx_bytes"], made["uptime_s"] = 3, 100, 200, 60
    made["rtt_ms"], made["boot"] = rtt_ms, 2
    return made


def told(made: Records, *, usage: bool = True) -> list[list[tuple[str, float, int]]]:
    order = np.arange(made.size, dtype=np.int32)
    readings = readings_of_messages(made, order, CLOCKS, usage=usage)
    rows: list[list[tuple[str, float, int]]] = [[] for _ in range(made.size)]
    for ix in range(readings.ts_ns.size):
        message = int(readings.arrival_ns[ix] // NS_PER_S)
        name = NAMES[readings.metric[ix]]
        rows[message].append((name, float(readings.value[ix]), int(readings.exact[ix])))
    return rows


USAGE = [
    ("wifi/clients", 3.0, 3),
    ("wifi/rx_bytes", 100.0, 100),
    ("wifi/tx_bytes", 200.0, 200),
    ("wifi/uptime_s", 60.0, 60),
]


def test_each_kind_of_record() -> None:
    alive, fail, status, heart, mains, battery = told(
        messages(ALIVE, FAIL, STATUS, HEARTBEAT, MAINS, BATTERY)
    )
    assert alive == [("wifi/ok", 1.0, 1), *USAGE]
    assert fail == [("wifi/ok", 0.0, 0)]
    assert status == USAGE
    assert heart == [("gateway/uplink_ok", 1.0, 1)]
    assert mains == [("gateway/uplink_ok", 1.0, 1), ("gateway/on_battery", 0.0, 0)]
    assert battery == [("gateway/uplink_ok", 1.0, 1), ("gateway/on_battery", 1.0, 1)]


def test_signs_of_life_alone() -> None:
    assert told(messages(ALIVE, STATUS), usage=False) == [[("wifi/ok", 1.0, 1)], []]


def test_a_round_trip_is_no_integer() -> None:
    (rows,) = told(messages(ALIVE, rtt_ms=12.5), usage=False)
    assert rows == [("wifi/ok", 1.0, 1), ("check/rtt_ms", 12.5, 0)]


def test_wall_clocks_are_wrong_and_monotonic_ones_are_not() -> None:
    made = messages(FAIL)
    made["t_ns"], made["gateway_ix"] = 1_000 * NS_PER_S, 1
    order = np.zeros(1, dtype=np.int32)
    stepping = wall_clocks(
        ("g", "h"),
        {"h": Clock(-5 * NS_PER_S, 100.0)},
        {"h": [Step(0, 2_000 * NS_PER_S, 7 * NS_PER_S)]},
        0,
    )
    plain = readings_of_messages(made, order, CLOCKS, usage=True)
    stepped = readings_of_messages(made, order, stepping, usage=True)
    assert abs(plain.ts_ns[0] - 995 * NS_PER_S - 100 * NS_PER_MS) <= NS_PER_MS
    assert stepped.ts_ns[0] - plain.ts_ns[0] == 7 * NS_PER_S
    assert plain.mono_ms[0] == 1_000_000


def test_the_order_given_is_the_order_made() -> None:
    made = messages(FAIL, ALIVE)
    readings = readings_of_messages(made, np.array([1, 0], dtype=np.int32), CLOCKS, usage=False)
    assert readings.value.tolist() == [1.0, 0.0]
