"""One event is one line; the same one again is counted and said later with its count."""

import json

from hypothesis import given
from hypothesis import strategies as st

from vocabulary.event_log import (
    COLLAPSE_NS,
    REMEMBERED_MAX,
    EventLog,
    Level,
    Risen,
    logfmt,
    rfc3339,
)

NOON_NS = 1_700_000_000_000_000_000


class Page:
    """Collects what was said."""

    def __init__(self, *, as_json: bool) -> None:
        self.lines: list[str] = []
        self.log = EventLog("edge", as_json=as_json, write=self.lines.append)

    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines]


def test_a_line_for_a_terminal() -> None:
    page = Page(as_json=False)
    page.log.say("port_lost", wall_ns=NOON_NS, level=Level.WARNING, port="/dev/ttyUSB0", tries=3)
    assert page.lines == [
        "ts=2023-11-14T22:13:20.000Z level=warning event=port_lost component=edge "
        "port=/dev/ttyUSB0 tries=3\n"
    ]


def test_a_line_for_a_program() -> None:
    page = Page(as_json=True)
    page.log.say("port_lost", wall_ns=NOON_NS, open=False)
    assert page.rows() == [
        {
            "ts": "2023-11-14T22:13:20.000Z",
            "level": "info",
            "event": "port_lost",
            "component": "edge",
            "open": False,
        }
    ]


def test_the_same_again_is_counted_and_said_once_with_its_count() -> None:
    page = Page(as_json=True)
    for second in range(5):
        page.log.say("port_lost", wall_ns=NOON_NS + second, key="a")
    page.log.say("port_lost", wall_ns=NOON_NS, key="b")
    page.log.say("port_lost", wall_ns=NOON_NS + COLLAPSE_NS, key="a")
    assert [row.get("repeated") for row in page.rows()] == [None, None, 4]


def test_a_clock_that_steps_back_silences_nobody() -> None:
    page = Page(as_json=True)
    page.log.say("started", wall_ns=NOON_NS)
    page.log.say("started", wall_ns=0)
    assert len(page.lines) == 2


def test_memory_is_bounded() -> None:
    page = Page(as_json=False)
    for number in range(REMEMBERED_MAX + 10):
        page.log.say("gateway_born", wall_ns=NOON_NS, key=str(number))
    assert len(page.log._said) == REMEMBERED_MAX


@given(st.text(max_size=300))
def test_a_value_never_breaks_the_line(text: str) -> None:
    for as_json in (True, False):
        page = Page(as_json=as_json)
        page.log.say("refused", wall_ns=NOON_NS, found=text)
        (line,) = page.lines
        assert line.endswith("\n")
        assert line.count("\n") == 1
        assert len(line) < 1_200


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=20), min_size=1))
def test_logfmt_can_be_told_apart_again(row: dict[str, str]) -> None:
    line = logfmt(dict(row))
    for key, text in row.items():
        assert f"{key}={text}" in line or f"{key}={json.dumps(text)}" in line


@given(st.integers(-(2**70), 2**70))
def test_no_time_is_too_absurd_to_be_said(wall_ns: int) -> None:
    assert rfc3339(wall_ns).endswith("Z")


def test_only_counts_that_rose_are_worth_a_line() -> None:
    risen: Risen[str] = Risen()
    assert risen.look({"not_json": 2, "too_long": 0}) == {"not_json": 2}
    assert risen.look({"not_json": 2, "too_long": 0}) == {}
    assert risen.look({"not_json": 5, "too_long": 1}) == {"not_json": 5, "too_long": 1}
