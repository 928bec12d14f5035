"""Binding against its slow twin, and the table of series."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing import bind_kernel as kernel
from processing.bind import (
    NUMBERS,
    RANGES,
    REASONS,
    Bound,
    Part,
    Series,
    SeriesTable,
    bind,
    senders_of,
)
from processing.bind_kernel import Senders
from processing.columns import Readings
from processing.decode import decode, join
from tests.processing.naive_bind import MessageFound, ReadingFound, Sent, bind_one
from tests.processing.payload_cases import LENGTH, Cases, held, tag, varint
from vocabulary.metrics import CATALOGUE
from vocabulary.units import INT64_MAX

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
NOW_MS = 1_800_000_000_000
FUTURE_MS = 300_000
NAMES = (*CATALOGUE, *NUMBERS * 3, *("stranger/one", "bdSeq") * 6)
TIMES = (0, 1, NOW_MS, NOW_MS - 9, NOW_MS + FUTURE_MS, NOW_MS + FUTURE_MS + 1, 2**63, 2**64 - 1)
NUMBERS_TRIED = (
    0,
    1,
    2,
    7,
    100,
    251,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53,
    2**63 - 1,
    2**63,
    2**64 - 5,
)


class Street:
    """A few nodes with tables, and payloads in which their aliases come up often."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.tables = {f"n{ix}": self._table() for ix in range(3)}
        self._cases = Cases(seed)

    def _table(self) -> dict[int, Series]:
        rng = self.rng
        base = rng.choice((1, 1, 5, 2**63))
        aliases = [base + ix for ix in range(rng.randrange(14))]
        if rng.random() < 0.4:  # not dense
            aliases += [0, 3, 2**40, 2**64 - 1]
        return {alias: self._series(alias) for alias in aliases}

    def _series(self, alias: int) -> Series:
        name = self.rng.choice(NAMES)
        usual = CATALOGUE[name].datatype if name in CATALOGUE else 4
        datatype = usual if self.rng.random() < 0.6 else self.rng.randrange(17)
        return Series(alias, self.rng.choice((0,) * 9 + (1,)), name, int(datatype))

    def _value(self) -> bytes:
        rng = self.rng
        field = rng.choice((10, 11, 11, 12, 13, 13, 14, 15, 16, 0))
        if field == 0:
            return b""
        if field in (12, 13):
            made = np.float64(rng.choice((0.0, 1.0, 0.5, -1.0, 99.5, 1e6, 2.0**63, float("nan"))))
            body = made.astype(np.float32).tobytes() if field == 12 else made.tobytes()
            return tag(field, 5 if field == 12 else 1) + body
        if field in (15, 16):
            return held(field, rng.choice((b"x", b"\xff")))
        return tag(field, 0) + varint(rng.choice(NUMBERS_TRIED))

    def _metric(self, table: Mapping[int, Series]) -> bytes:
        rng = self.rng
        alias = rng.choice(list(table)) if table and rng.random() < 0.9 else rng.choice((0, 9, 50))
        made = b"" if rng.random() < 0.03 else tag(2, 0) + varint(alias)
        if rng.random() < 0.8:
            made += tag(3, 0) + varint(rng.choice(TIMES))
        for field in (5, 7):
            if rng.random() < 0.1:
                made += tag(field, 0) + b"\x01"
        return made + self._value()

    def sent(self) -> Sent:
        rng = self.rng
        node = rng.choice(list(self.tables))
        if rng.random() < 0.1:
            (wire,) = self._cases.take(1)
        else:
            metrics = (self._metric(self.tables[node]) for _ in range(rng.randrange(9)))
            wire = b"".join(tag(2, LENGTH) + varint(len(one)) + one for one in metrics)
            if rng.random() < 0.5:
                wire += tag(1, 0) + varint(rng.choice(TIMES))
            if rng.random() < 0.03:
                wire += held(4, rng.choice((b"", b"SPBV1.0_COMPRESSED")))
        arrival_ns = NOW_MS * 10**6 + rng.randrange(10**6)
        return Sent(wire, node, rng.choice((0,) * 9 + (1, -1)), rng.randrange(50), arrival_ns)

    def table(self) -> SeriesTable:
        made = SeriesTable()
        for node, rows in self.tables.items():
            made.put(node, rows.values())
        return made


def bound(sent: list[Sent], table: SeriesTable) -> Bound:
    senders = senders_of(
        (table.part(one.node), one.device_ix, one.node_ix, one.arrival_ns) for one in sent
    )
    decoded = decode(join([one.wire for one in sent]))
    return bind(decoded, table, senders, future_ms=FUTURE_MS)


def reading_rows(readings: Readings, first: int, count: int) -> list[ReadingFound]:
    columns = (column[first : first + count].tolist() for column in readings)
    return [ReadingFound(*row) for row in zip(*columns, strict=True)]


def message_at(made: Bound, ix: int) -> MessageFound:
    messages = made.messages
    flags = int(messages.flags[ix])
    first, count = int(messages.reading_first[ix]), int(messages.reading_count[ix])
    numbers, present = messages.numbers[ix].tolist(), messages.present[ix].tolist()
    counts = dict(zip(REASONS, messages.counts[ix].tolist(), strict=True))
    return MessageFound(
        bool(flags & kernel.ODD),
        reading_rows(made.readings, first, count),
        {name: one for name, one, is_in in zip(NUMBERS, numbers, present, strict=True) if is_in},
        Counter({reason: count for reason, count in counts.items() if count}),
        bool(flags & kernel.HISTORICAL),
        bool(flags & kernel.UNEXPLAINED),
    )


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_it_says_what_the_slow_twin_says(seed: int, count: int) -> None:
    street = Street(seed)
    sent = [street.sent() for _ in range(count)]
    made = bound(sent, street.table())
    in_messages = 0
    for ix, one in enumerate(sent):
        ours = message_at(made, ix)
        assert made.messages.reading_first[ix] == in_messages
        in_messages += len(ours.readings)
        theirs = bind_one(one, street.tables, future_ms=FUTURE_MS)
        if theirs is None:
            assert ours == MessageFound(False, [], {}, Counter(), False, False)
        elif theirs.odd or ours.odd:
            assert (ours.odd, theirs.odd) == (True, True), one.wire.hex()
        else:
            assert ours == theirs, (one, street.tables[one.node])
    assert in_messages == made.readings.ts_ns.size


def test_every_outcome_comes_up() -> None:
    counts, present, odd, readings = np.zeros(7), np.zeros(9), 0, 0
    for seed in range(60):
        street = Street(seed)
        made = bound([street.sent() for _ in range(200)], street.table())
        counts += made.messages.counts.sum(axis=0)
        present += made.messages.present.sum(axis=0)
        odd += int(np.count_nonzero(made.messages.flags & kernel.ODD))
        readings += made.readings.ts_ns.size
    assert counts.min() > 10
    assert present.min() > 10
    assert 600 < odd < 6_000
    assert readings > 500


def test_nothing_at_all() -> None:
    made = bound([], SeriesTable())
    assert made.readings.ts_ns.size == made.messages.flags.size == 0


def test_ranges_are_those_of_the_catalogue() -> None:
    for code, row in enumerate(CATALOGUE.values()):
        assert row.low <= float(RANGES.low[code]) <= row.low + abs(row.low) * 1e-15
        assert float(RANGES.high[code]) <= row.high
        assert row.low <= int(RANGES.low_whole[code])
        assert int(RANGES.high_whole[code]) <= row.high
    assert max(int(high) for high in RANGES.high_whole) == INT64_MAX
    assert float(RANGES.high.max()) < 2**63


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400)), max_size=30))
def test_a_node_has_its_latest_series(births: list[tuple[int, int]]) -> None:
    table = SeriesTable()
    latest: dict[str, list[int]] = {}
    for turn, (node, count) in enumerate(births):
        rows = [Series(turn * 1_000 + ix, ix % 7, "wifi/ok", 11) for ix in range(count)]
        table.put(f"n{node}", reversed(rows))
        latest[f"n{node}"] = [row.alias for row in rows]
    parts = {node: table.part(node) for node in latest}
    for owner, (start, size) in parts.items():
        assert table.columns.alias[start : start + size].tolist() == latest[owner]
    held_parts = sorted(part for part in parts.values() if part.size)
    assert all(one.start + one.size <= other.start for one, other in pairwise(held_parts))
    assert table.part("stranger") == Part(0, 0)


def test_births_without_end_cost_no_memory() -> None:
    table = SeriesTable()
    for birth in range(2_000):
        table.put(f"n{birth % 3}", [Series(ix, 0, "wifi/ok", 11) for ix in range(200)])
    assert len(table) <= table.columns.alias.size <= 3_000


def test_the_last_meaning_of_an_alias_counts() -> None:
    table = SeriesTable()
    table.put("n", [Series(1, 0, "wifi/ok", 11), Series(1, 0, "wifi/clients", 3)])
    wire = held(2, tag(2, 0) + varint(1) + tag(10, 0) + varint(5))
    made = bound([Sent(wire, "n", 0, 4, NOW_MS * 10**6)], table)
    assert made.readings.exact.tolist() == [5]


@pytest.mark.parametrize(
    "wrong",
    [
        {"table_start": np.array([-1])},
        {"table_size": np.array([257])},
        {"arrival_ns": np.array([2**62])},
        {"device": np.zeros(2, np.int32)},
    ],
)
def test_what_the_kernel_trusts_is_looked_at_first(wrong: dict[str, Any]) -> None:
    senders: Senders = senders_of([(Part(0, 0), 0, 0, 0)])._replace(**wrong)
    with pytest.raises(AssertionError):
        bind(decode(join([b""])), SeriesTable(), senders, future_ms=FUTURE_MS)
