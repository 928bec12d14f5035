"""Every fault of a file at once, each with its line, key, what was found and what belongs there."""

from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary.configuration import (
    FINDINGS_MAX,
    FOUND_CHARS_MAX,
    Path,
    key_of,
    line_of,
    parse,
    shown,
)
from vocabulary.errors import ConfigurationInvalid, Finding


class Port(msgspec.Struct, frozen=True):
    path: str
    baud: Annotated[int, msgspec.Meta(ge=1_200)] = 9_600


class Broker(msgspec.Struct, frozen=True):
    host: str
    port: int = 1_883

    def __post_init__(self) -> None:
        if self.host == "nowhere":
            msg = "a host that exists"
            raise ValueError(msg)


class House(msgspec.Struct, frozen=True):
    name: str
    broker: Broker
    spare: Broker | None = None
    port: tuple[Port, ...] = ()
    labels: list[str] = []
    rates: dict[str, float] = {}


GOOD = """\
name = "town"
labels = ["a", "b"]

[broker]
host = "localhost"

[[port]]
path = "/dev/ttyUSB0"

[[port]]
path = "/dev/ttyUSB1"
baud = 115200

[rates]
slow = 0.5
"""

BAD = """\
name = 7            # line 1
labels = ["a", 1]

[broker]            # line 4: host is absent
prot = 1883

[spare]
host = "nowhere"

[[port]]
path = "/dev/ttyUSB0"
baud = 300          # line 12

[[port]]            # line 14: path is absent
speed = 1
"""


def findings(text: str) -> list[Finding]:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse(text, House, file="house.toml")
    return caught.value.findings


def test_a_good_file_becomes_a_struct() -> None:
    made = parse(GOOD, House, file="house.toml")
    assert made == House(
        name="town",
        broker=Broker("localhost"),
        port=(Port("/dev/ttyUSB0"), Port("/dev/ttyUSB1", 115_200)),
        labels=["a", "b"],
        rates={"slow": 0.5},
    )


def test_every_fault_is_named_at_once_in_the_order_of_the_file() -> None:
    found = [(finding.line, finding.key) for finding in findings(BAD)]
    assert found == [
        (1, "name"),
        (2, "labels"),
        (4, "broker.host"),
        (5, "broker.prot"),
        (7, "spare"),
        (12, "port[0].baud"),
        (14, "port[1].path"),
        (15, "port[1].speed"),
    ]


def test_a_finding_says_what_was_found_and_what_belongs_there() -> None:
    by_key = {finding.key: finding for finding in findings(BAD)}
    assert by_key["name"].found == "7"
    assert "str" in by_key["name"].expected
    assert by_key["broker.prot"].expected == "the key `port`"
    assert by_key["broker.host"].found == "nothing"
    assert by_key["spare"].expected == "a host that exists"
    assert "1200" in by_key["port[0].baud"].expected


def test_what_is_no_toml_is_one_finding_with_its_line() -> None:
    (finding,) = findings('name = "town"\n[broker\n')
    assert finding.line == 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("broker = 1\nname = 'x'", "broker"),
        ("name = 'x'\nport = [1]\n[broker]\nhost='h'", "port[0]"),
    ],
)
def test_a_value_where_a_table_belongs(text: str, key: str) -> None:
    (finding,) = findings(text)
    assert (finding.key, finding.expected) == (key, "a table")


def test_findings_are_bounded() -> None:
    text = 'name = "x"\n[broker]\nhost = "h"\n' + "[[port]]\nx = 1\n" * 500
    assert len(findings(text)) == FINDINGS_MAX


def test_a_value_is_shown_short() -> None:
    assert len(shown("x" * 10_000)) == FOUND_CHARS_MAX
    assert shown(7) == "7"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", 2, "b"), "a[2].b"),
        (("a", "b", 0, 1, "c"), "a.b[0][1].c"),
    ],
)
def test_a_path_as_a_person_writes_it(path: Path, key: str) -> None:
    assert key_of(path) == key


NESTED = """\
top = 1
[a]
x = 1
  [a.b]   # indented, with a comment
  "y" = 1
[[c]]
z.w = 1
[[c.d]]
e = 1
[[c.d]]
e = 2
[[c]]
z = 2
[[c.d]]
e = 3
inline = [{f = 1}]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("absent",), 0),
        (("a",), 2),
        (("a", "x"), 3),
        (("a", "absent"), 2),
        (("a", "b"), 4),
        (("a", "b", "y"), 5),
        (("c", 0, "z", "w"), 7),
        (("c", 0, "d", 1, "e"), 11),
        (("c", 1), 12),
        (("c", 1, "z"), 13),
        (("c", 1, "d", 0, "e"), 15),
        (("c", 1, "d", 0, "inline", 0, "f"), 16),
        (("c", 1, "d", 0, "absent"), 14),
    ],
)
def test_where_a_path_stands(path: Path, line: int) -> None:
    assert line_of(NESTED, path) == line


@given(st.text(max_size=200))
def test_no_text_hurts(text: str) -> None:
    assert findings(text)  # no random text has the tables that a house needs


@given(st.text(max_size=100), st.lists(st.text(max_size=3) | st.integers(0, 3), max_size=4))
def test_a_line_is_within_the_text(text: str, path: list[str | int]) -> None:
    assert 0 <= line_of(text, tuple(path)) <= len(text.splitlines())
