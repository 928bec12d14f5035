"""Lines from columns are the lines of ``points.lines_of``."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.node_session import TypedValue
from ingest.plain_lines import PlainLines
from ingest.points import Tags, lines_of
from ingest.rows import Rows
from processing.city import City
from processing.columns import NO_READINGS, UsageRows
from tests.ingest.node_messages import TOWN
from vocabulary.line_protocol import render
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype, Value
from vocabulary.units import INT64_MAX

CITY = City.of(TOWN)
FEW = ("wifi/clients", "wifi/ok", "air/pm2_5_ugm3")
"""So that a record says a thing twice now and then."""


@st.composite
def typed(draw: st.DrawFn) -> TypedValue:
    names = st.one_of(st.sampled_from(list(CATALOGUE)), st.sampled_from(FEW))
    row = CATALOGUE[draw(names)]
    value: Value
    if row.datatype is Datatype.BOOLEAN:
        value = draw(st.booleans())
    elif row.datatype is Datatype.DOUBLE:
        value = draw(st.floats(row.low, row.high))
    else:
        value = draw(st.integers(int(row.low), int(min(row.high, INT64_MAX))))
    return TypedValue(row.name, value, draw(st.integers(0, 2)), historical=False)


@given(st.lists(st.tuples(st.integers(0, CITY.node_count - 1), st.lists(typed(), min_size=1))))
def test_they_are_the_lines_of_the_other_way(records: list[tuple[int, list[TypedValue]]]) -> None:
    tags, rows = Tags(TOWN), Rows()
    for node_ix, values in records:
        rows.readings(node_ix, values, arrival_ns=0, boot=0, mono_ms=0)
    wanted, places, first = [], [], 0
    for node_ix, values in records:
        node = CITY.node_ids[node_ix]
        is_gateway = node in CITY.gateway_ix_of
        wanted += lines_of(tags.gateway(node) if is_gateway else tags.device(node), values)
        places.append((node_ix, first, first + len(values)))
        first += len(values)
    assert PlainLines(CITY, tags).lines(rows.take()[0], places) == wanted


def test_usage_is_rendered_as_declared() -> None:
    tags = Tags(TOWN)
    columns = ([0, 2], [5_000_000, 6_999_999], [1, 2], [3, 4], [5, 6], [7, INT64_MAX])
    usage = UsageRows(*(np.array(column) for column in columns))
    names = ("device_ms", "unobserved_ms", "rx_delta_bytes", "tx_delta_bytes")
    wanted = [
        render("wifi_usage", tags.device(ap), dict(zip(names, values, strict=True)), ts_ms)
        for ap, values, ts_ms in (
            ("ap-1", (1, 3, 5, 7), 5),
            ("ap-3", (2, 4, 6, INT64_MAX), 6),
        )
    ]
    assert PlainLines(CITY, tags).usage_lines(usage) == wanted


def test_nothing_has_no_lines() -> None:
    lines = PlainLines(CITY, Tags(TOWN))
    assert lines.lines(NO_READINGS, []) == []
    assert lines.lines(NO_READINGS, [(0, 0, 0)]) == []


def test_of_a_thing_said_twice_the_last_word_counts() -> None:
    values = [TypedValue("wifi/clients", count, 5, historical=False) for count in (1, 2)]
    rows = Rows()
    rows.readings(0, values, arrival_ns=0, boot=0, mono_ms=0)
    (line,) = PlainLines(CITY, Tags(TOWN)).lines(rows.take()[0], [(0, 0, 2)])
    assert line.endswith(" clients=2i 5")
