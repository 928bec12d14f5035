"""Payload bytes to columns: our kernel beside ``google.protobuf``, three sizes, one run.

Protobuf is measured twice: parsing alone, which leaves one object per payload and no number
anywhere a column could use it, and parsing plus the three columns that are the least a processor
needs (alias, timestamp, value). Ours counts everything from a list of ``bytes`` on: joining,
checking, decoding into all columns. The payloads are those of our gateways, no two alike.
"""

from collections.abc import Callable
from random import Random
from time import perf_counter_ns
from typing import Final

import numpy as np
from google.protobuf.internal import api_implementation

from bench.figure import Figure
from processing.decode import decode, join
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.payload import Datatype, Metric, Payload, encode
from vocabulary.units import NS_PER_S

FAMILY: Final = "decode"
SIZES: Final = (5, 50, 200)
METRICS_PER_RUN: Final = 20_000
ROUNDS: Final = 9
NOW_MS: Final = 1_800_000_000_000
TYPES: Final = (Datatype.INT32, Datatype.INT64, Datatype.DOUBLE, Datatype.BOOLEAN)
WAYS: Final = ("kernel", "protobuf_numpy", "protobuf_parse")


def _metric(chance: Random, alias: int, ts_ms: int) -> Metric:
    """An alias keeps its type; values, and so their lengths, are never alike."""
    datatype = TYPES[alias * alias % 7 % len(TYPES)]
    value: bool | int | float = chance.random() < 0.9
    if datatype is Datatype.DOUBLE:
        value = round(chance.uniform(-100, 100), 2)
    elif datatype is not Datatype.BOOLEAN:
        value = chance.getrandbits(chance.randint(1, 31 if datatype is Datatype.INT32 else 48))
    return Metric(alias=alias, timestamp_ms=ts_ms, datatype=datatype, value=value)


def payloads_of(size: int) -> list[bytes]:
    """Data messages of ``size`` metrics, METRICS_PER_RUN metrics in all."""
    chance = Random(size)
    return [
        encode(
            Payload(
                tuple(_metric(chance, ix + 1, NOW_MS + turn) for ix in range(size)),
                timestamp_ms=NOW_MS + turn,
                seq=turn % 256,
            )
        )
        for turn in range(METRICS_PER_RUN // size)
    ]


def kernel(payloads: list[bytes]) -> int:
    """Ours, from a list of bytes."""
    return decode(join(payloads)).metrics.alias.size


def protobuf_parse(payloads: list[bytes]) -> int:
    """Objects that know everything and hold no column."""
    return sum(len(pb.Payload.FromString(wire).metrics) for wire in payloads)


def protobuf_numpy(payloads: list[bytes]) -> int:
    """The least a processor needs."""
    made = 0
    for wire in payloads:
        metrics = pb.Payload.FromString(wire).metrics
        alias = np.array([one.alias for one in metrics], dtype=np.uint64)
        np.array([one.timestamp for one in metrics], dtype=np.uint64)
        np.array([getattr(one, one.WhichOneof("value")) for one in metrics], dtype=np.float64)
        made += alias.size
    return made


def _metrics_per_s(way: Callable[[list[bytes]], int], payloads: list[bytes]) -> float:
    """The best of some rounds: what disturbs a run only ever slows it."""
    taken_ns = []
    for _ in range(ROUNDS):
        begun_ns = perf_counter_ns()
        made = way(payloads)
        taken_ns.append(perf_counter_ns() - begun_ns)
        assert made == METRICS_PER_RUN
    return METRICS_PER_RUN * NS_PER_S / min(taken_ns)


def run() -> list[Figure]:
    """Three ways, three sizes. A ratio's value is its worst size."""
    assert api_implementation.Type() == "upb", "no peer: protobuf runs in Python"
    rates: dict[str, dict[int, float]] = {way: {} for way in WAYS}
    for size in SIZES:
        payloads = payloads_of(size)
        for name, way in zip(WAYS, (kernel, protobuf_numpy, protobuf_parse), strict=True):
            way(payloads)
            rates[name][size] = _metrics_per_s(way, payloads)
    figures = [
        Figure(
            name="decode.metrics_per_s",
            value=rates["kernel"][SIZES[-1]],
            unit="metrics/s",
            better="higher",
            beside={f"{way}_{size}": rates[way][size] for way in WAYS for size in SIZES},
        )
    ]
    for peer, target in (("protobuf_numpy", 30.0), ("protobuf_parse", 1.0)):
        ratios = {size: rates["kernel"][size] / rates[peer][size] for size in SIZES}
        figures.append(
            Figure(
                name=f"decode.ratio_vs_{peer}",
                value=min(ratios.values()),
                unit="times as fast",
                better="higher",
                beside={
                    "target": target,
                    **{f"metrics_{size}": ratio for size, ratio in ratios.items()},
                },
            )
        )
    return figures
