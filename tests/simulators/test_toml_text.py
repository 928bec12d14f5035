"""A configuration written as TOML reads back as what it was."""

import tomllib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge import configuration as gateway_words
from ingest import configuration as host_words
from simulators import toml_text
from simulators.installation import Rhythm, gateway_configuration, host_configuration, town
from vocabulary import inventory

TOWN = town(gateways=2, aps_each=3, sensors_each=1)


class Anything(msgspec.Struct):
    """One of each kind of value."""

    text: str = ""
    number: float = 0.0
    whole: int = 0
    yes: bool = False
    absent: int | None = None
    rows: tuple[dict[str, int], ...] = ()


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
)
def test_values_come_back(text: str, number: float, whole: int, yes: bool) -> None:
    made = Anything(text, number, whole, yes, rows=({}, {"a": whole}))
    told = tomllib.loads(toml_text.render(made))
    assert "absent" not in told
    assert msgspec.convert(told, Anything) == made


def test_a_host_comes_back() -> None:
    made = host_configuration("mqtt://127.0.0.1:1883", "http://127.0.0.1:8086", Rhythm())
    assert host_words.parse(toml_text.render(made), file="host.toml") == made


def test_a_gateway_comes_back() -> None:
    made = gateway_configuration(
        TOWN,
        "gw-2",
        broker="mqtt://127.0.0.1:1883",
        local="mqtt://127.0.0.1:1884",
        ports={"air-2-1": '/dev/serial/by-id/a "quoted" name'},
        rhythm=Rhythm(),
    )
    assert gateway_words.parse(toml_text.render(made), file="gateway.toml") == made


def test_an_inventory_comes_back() -> None:
    assert inventory.parse(toml_text.render(TOWN), file="inventory.toml") == TOWN


def test_rows_of_a_table_come_back() -> None:
    rows: list[dict[str, object]] = [{"a": 1, "b": None}, {"a": "two"}]
    assert tomllib.loads(toml_text.rows_text("thing", rows)) == {"thing": [{"a": 1}, {"a": "two"}]}
