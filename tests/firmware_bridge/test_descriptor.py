"""Descriptors: the example read whole, every kind of lie refused, and no bytes that raise."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.descriptor import (
    CODES,
    DESCRIPTOR_BYTES_MAX,
    Channel,
    Descriptor,
    Fault,
    encode,
    hash_of,
    parse,
)
from tests.firmware_bridge.vectors import DESCRIPTOR

GOOD = {0: "box", 1: {1: ["env", 100, [["env/temperature_c", "h", -2]]]}, 2: {1: ["ping", "", ""]}}


def changed(path: list[Any], value: Any) -> dict[int, Any]:
    """The good tree with one thing else in it."""
    tree: Any = cbor2.loads(cbor2.dumps(GOOD))
    at = tree
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return dict(tree)


def test_the_example_means_what_it_says() -> None:
    read = parse(DESCRIPTOR)
    assert isinstance(read, Descriptor)
    assert hash_of(DESCRIPTOR) == 0xFEAC11C5
    assert read.board == "demo-env"
    (stream,) = read.streams.values()
    assert (stream.name, stream.interval_ms, stream.form.size) == ("env", 100, 14)
    raws = stream.form.unpack(bytes.fromhex("40E2010098093012818D0100AC0C"))
    values = [one.value(raw) for one, raw in zip(stream.channels, raws, strict=True)]
    assert values == [123_456, 24.56, 46.56, 1017.61, 3.244]
    assert [op.name for op in read.ops.values()] == ["ping", "set_interval_ms", "add"]
    assert read.ops[3].arguments.size == 4
    assert read.metric_names == (
        "env/temperature_c",
        "env/humidity_pct",
        "env/pressure_hpa",
        "power/voltage_v",
    )


LIES: list[tuple[list[Any], Any, str]] = [
    ([0], 5, "board"),
    ([0], "é", "board"),
    ([0], "x" * 49, "board"),
    ([1], {}, "streams"),
    ([1], dict.fromkeys(range(33), GOOD[1][1]), "streams"),  # type: ignore[index]
    ([1], {256: GOOD[1][1]}, "streams"),  # type: ignore[index]
    ([1, 1], ["env", 100], "stream 1"),
    ([1, 1, 1], -1, "interval"),
    ([1, 1, 1], True, "interval"),
    ([1, 1, 2], [], "channels"),
    ([1, 1, 2], [["_x", "B", 0]] * 33, "channels"),
    ([1, 1, 2, 0, 0], "env/no_such_thing", "metric"),
    ([1, 1, 2, 0, 0], "gateway/cpu_pct", "metric"),
    ([1, 1, 2, 0, 0], "wifi/rx_bytes", "metric"),
    ([1, 1, 2, 0, 1], "s", "code"),
    ([1, 1, 2, 0, 1], "hh", "code"),
    ([1, 1, 2, 0, 2], 10, "exponent"),
    ([1, 1, 2, 0], ["gnss/fix", "f", 0], "whole numbers"),
    ([1, 1, 2], [["env/humidity_pct", "H", 0]] * 2, "each metric once"),
    ([1, 1, 2], [["_x", "Q", 0]] * 30, "bytes"),
    ([2], {1: ["ping", "s", ""]}, "arguments"),
    ([2], {1: ["ping", "", "QQQ"]}, "result"),
    ([2], {70_000: ["ping", "", ""]}, "ops"),
    ([3], "more", "top"),
]


@pytest.mark.parametrize(("path", "value", "words"), LIES, ids=lambda one: repr(one)[:30])
def test_a_lie_is_refused_by_name(path: list[Any], value: Any, words: str) -> None:
    refused = parse(encode(changed(path, value)))
    assert isinstance(refused, Fault)
    assert words in str(refused)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        bytes(DESCRIPTOR_BYTES_MAX + 1),
        b"\xff",
        b"\x9f" * 300,
        b"\x81" * 100,
        DESCRIPTOR + b"\0",
        DESCRIPTOR[:-1],
        cbor2.dumps(GOOD | {0: cbor2.CBORTag(35, "(")}),
        cbor2.dumps(dict(reversed(GOOD.items()))),
        b"\xbf" + cbor2.dumps(GOOD)[1:] + b"\xff",
        b"\xa2\x00\x61a\x00\x61b",
    ],
    ids=lambda encoded: encoded[:4].hex(),
)
def test_what_is_not_deterministic_cbor_of_ours_is_refused(encoded: bytes) -> None:
    assert isinstance(parse(encoded), Fault)


def test_wifi_devices_may_be_counted_and_nothing_else() -> None:
    counted = changed([1, 1, 2, 0], ["wifi/clients", "H", 0])
    read = parse(encode(counted))
    assert isinstance(read, Descriptor)
    assert read.metric_names == ("wifi/clients",)


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_a_value_that_means_none(code: str) -> None:
    channel = Channel("env/temperature_c", code, 0, is_integer=False)
    bits = {"b": 8, "h": 16, "i": 32, "q": 64, "f": 0}[code.lower()]
    missing: float = float("nan") if code == "f" else 2**bits - 1
    if code in "bhiq":
        missing = -(2 ** (bits - 1))
    assert channel.value(missing) is None
    assert channel.value(7) == 7


def test_exponents_are_exact() -> None:
    channel = Channel("env/temperature_c", "h", -2, is_integer=False)
    assert [channel.value(raw) for raw in (2_456, -1, 7)] == [24.56, -0.01, 0.07]
    assert channel._replace(exponent=3).value(2) == 2_000.0
    whole = Channel("gnss/satellites", "B", 0, is_integer=True).value(9)
    assert (whole, type(whole)) == (9, int)


@given(st.binary(max_size=200))
def test_no_bytes_raise(encoded: bytes) -> None:
    parse(encoded)


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 3) | st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(trees)
def test_no_tree_raises(tree: Any) -> None:
    parse(cbor2.dumps(tree, canonical=True))
