"""What an access point may say, and how little of it is kept."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_point_message import MESSAGE_BYTES_MAX, MessageReader, Reason, Taken
from edge.source_configuration import MetricPath, Source, TimePath
from vocabulary.metrics import CATALOGUE, in_range
from vocabulary.units import INT64_MAX

NOW_MS = 1_800_000_000_000
FIVE_MIN_MS = 300_000


def reader(
    *paths: tuple[str, str], scale: float = 1.0, kind: str = "json", time: TimePath | None = None
) -> MessageReader:
    metrics = tuple(MetricPath(name, path, scale) for name, path in paths)
    source = Source("ap-one", "ap/one", metrics, "plain" if kind == "plain" else "json", time)
    return MessageReader(source)


def rx(found: Any, scale: float = 1.0) -> Taken:
    """What is taken of one counter."""
    return reader(("wifi/rx_bytes", "x"), scale=scale).read(json.dumps({"x": found}).encode(), 0)


def test_configured_values_and_nothing_else() -> None:
    both = reader(("wifi/clients", "length(stations)"), ("wifi/rx_bytes", "radio.rx"))
    taken = both.read(b'{"stations":[{"mac":"02:00:5e:00:00:01"}],"radio":{"rx":7,"tx":8}}', NOW_MS)
    assert taken == Taken((("wifi/clients", 1), ("wifi/rx_bytes", 7)), None, ())
    assert list(both.metric_names) == ["wifi/clients", "wifi/rx_bytes"]


@pytest.mark.parametrize("number", [0, 1, 2**53 + 1, INT64_MAX])
def test_counters_are_exact_as_numbers_and_as_text(number: int) -> None:
    assert rx(number).values == (("wifi/rx_bytes", number),)
    assert rx(str(number)).values == (("wifi/rx_bytes", number),)


@pytest.mark.parametrize("text", [" 12 ", "+12", "12.0", "1.2e1", "12."])
def test_a_number_as_text_may_be_written_in_many_ways(text: str) -> None:
    assert rx(text).values == (("wifi/rx_bytes", 12),)


@pytest.mark.parametrize(
    "found",
    [
        "",
        "-",
        "1_000",
        "0x10",
        "nan",
        "inf",
        "-inf",
        "\uff11\uff12",
        "12 MB",
        "1" * 33,
        True,
        False,
        [1],
        {},
    ],
)
def test_what_is_no_number_is_not_made_one(found: object) -> None:
    assert rx(found).refused == (Reason.NOT_A_NUMBER,)


@pytest.mark.parametrize("found", [-1, INT64_MAX + 1, 10**400, 1e300, "1e999", -0.5])
def test_what_cannot_be_true_is_refused_not_clipped(found: object) -> None:
    assert rx(found).refused == (Reason.OUT_OF_RANGE,)
    assert rx(found, scale=2.0).refused == (Reason.OUT_OF_RANGE,)


def test_units_are_brought_to_ours() -> None:
    assert rx(3, scale=1_024.0).values == (("wifi/rx_bytes", 3_072),)
    noise = reader(("wifi/noise_dbm", "n"), scale=-1.0)
    assert noise.read(b'{"n":95}', 0).values == (("wifi/noise_dbm", -95.0),)


@pytest.mark.parametrize("found", [None, "absent"])
def test_a_missing_path_costs_no_neighbour(found: str | None) -> None:
    both = reader(("wifi/clients", "length(stations)"), ("wifi/rx_bytes", "radio.rx"))
    body = {"radio": {"rx": 7}} | ({} if found else {"stations": None})
    taken = both.read(json.dumps(body).encode(), 0)
    assert taken.values == (("wifi/rx_bytes", 7),)
    assert taken.refused == (Reason.NO_SUCH_PATH,)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"{",
        b"nonsense",
        b'{"x":1}\x00',
        b'{"x":"\xff"}',
        b"\xff\xfe",
        b'{"x":NaN}',
        b'{"x":1e999}',
        b"[" * 30_000 + b"]" * 30_000,
        b'{"x":1,"y":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_what_is_not_json_is_counted(payload: bytes) -> None:
    assert reader(("wifi/rx_bytes", "x")).read(payload, 0) == Taken((), None, (Reason.NOT_JSON,))


def test_a_message_may_be_so_long_and_no_longer() -> None:
    head = b'{"x":1,"y":"'
    fits = head + b"y" * (MESSAGE_BYTES_MAX - len(head) - 2) + b'"}'
    one = reader(("wifi/rx_bytes", "x"))
    assert len(fits) == MESSAGE_BYTES_MAX
    assert one.read(fits, 0).values
    assert one.read(fits + b" ", 0) == Taken((), None, (Reason.TOO_LONG,))


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("length(x)", b'{"x":5}'),
        ("length(x)", b'{"x":"some text"}'),
        ("sum(x)", b'{"x":[1,"a"]}'),
        ("sum(x)", b'{"x":[' + b"9" * 400 + b",1.5]}"),
        ("ceil(to_number(x))", b'{"x":"1e999"}'),
        ("floor(to_number(x))", b'{"x":"nan"}'),
        ("length(keys(x))", b'{"x":[]}'),
        ("x.y.z", b'{"x":1}'),
        ("x", b"[]"),
        ("x", b"null"),
    ],
)
def test_an_expression_that_fails_on_a_message_is_an_absent_path(path: str, payload: bytes) -> None:
    assert reader(("wifi/rx_bytes", path)).read(payload, 0).refused == (Reason.NO_SUCH_PATH,)


@pytest.mark.parametrize(("payload", "value"), [(b"7", 7), (b" 7\n", 7), (b"7.0", 7)])
def test_a_plain_topic_is_one_number(payload: bytes, value: int) -> None:
    plain = reader(("wifi/clients", "@"), kind="plain")
    assert plain.read(payload, 0).values == (("wifi/clients", value),)


@pytest.mark.parametrize("payload", [b"", b"on", b"7 8", b"\xff", b"1" * 33])
def test_a_plain_topic_with_something_else_is_refused(payload: bytes) -> None:
    plain = reader(("wifi/clients", "@"), kind="plain")
    assert plain.read(payload, 0) == Taken((), None, (Reason.NOT_A_NUMBER,))


@pytest.mark.parametrize(("unit", "written"), [("s", NOW_MS / 1_000), ("ms", NOW_MS)])
def test_its_own_time_is_taken(unit: str, written: float) -> None:
    timed = reader(("wifi/rx_bytes", "x"), time=TimePath("ts", "s" if unit == "s" else "ms"))
    body = json.dumps({"x": 1, "ts": written}).encode()
    assert timed.read(body, NOW_MS + 1_000).ts_ms == NOW_MS
    assert timed.read(body, NOW_MS + FIVE_MIN_MS).refused == ()
    late = timed.read(body, NOW_MS + FIVE_MIN_MS + 1)
    assert (late.ts_ms, late.refused) == (None, (Reason.SOURCE_TIME_OFF,))
    assert late.values


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.NO_SUCH_PATH),
        (None, Reason.NO_SUCH_PATH),
        (True, Reason.NO_SUCH_PATH),
        (0, Reason.SOURCE_TIME_OFF),
        (10**400, Reason.SOURCE_TIME_OFF),
        ("1e999", Reason.SOURCE_TIME_OFF),
        (-1, Reason.SOURCE_TIME_OFF),
    ],
)
def test_a_wrong_time_costs_only_itself(written: object, reason: Reason) -> None:
    timed = reader(("wifi/rx_bytes", "x"), time=TimePath("ts"))
    taken = timed.read(json.dumps({"x": 1, "ts": written}).encode(), NOW_MS)
    assert taken == Taken((("wifi/rx_bytes", 1),), None, (reason,))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)
PATHS = st.sampled_from(
    ["x", "x.y", "length(x)", "sum(x)", "sum(x[*].y)", "length(x[?y=='a'])", "to_number(x)", "@"]
)


@given(
    document=st.one_of(JSON, st.fixed_dictionaries({"x": JSON})),
    name=st.sampled_from([name for name, row in CATALOGUE.items() if row.family == "wifi"]),
    path=PATHS,
    scale=st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_document_gives_a_true_value_or_a_reason(
    document: Any, name: str, path: str, scale: float
) -> None:
    timed = reader((name, path), scale=scale, time=TimePath("x"))
    taken = timed.read(json.dumps(document).encode(), NOW_MS)
    assert all(in_range(CATALOGUE[name], value) for _, value in taken.values)  # type: ignore[arg-type]
    assert taken.values or taken.refused


@given(st.binary(max_size=200), st.sampled_from(["json", "plain"]))
def test_any_bytes_give_a_value_or_a_reason(payload: bytes, kind: str) -> None:
    taken = reader(("wifi/clients", "@"), kind=kind).read(payload, NOW_MS)
    assert taken.values or taken.refused
