"""The demo on a terminal and where there is none."""

import io

from rich.console import Console

from simulators.demo_screen import DemoScreen, change_lines, print_summary, table
from simulators.demo_summary import OutageLine
from tests.simulators.demo_examples import row, summary, view


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_what_is_dark_stands_first_and_what_does_not_fit_is_counted() -> None:
    rows = [row(f"ap-{ix}", "up") for ix in range(20)]
    rows.append(row("ap-dark", "down", "access point"))
    console = Console(file=io.StringIO(), width=100)
    console.print(table(view(*rows), height=15))
    lines = shown(console).splitlines()
    assert "ap-dark" in lines[3]
    assert "DOWN" in lines[3]
    assert "01:05" in lines[3]
    assert "and 15 more, all up" in shown(console)


def test_states_are_told_apart_without_colour() -> None:
    console = Console(file=io.StringIO(), width=100, no_color=True)
    console.print(table(view(row("a", "up"), row("b", "down"), row("c", "unobserved")), height=20))
    for word in ("● up", "✕ DOWN", "? unobserved"):
        assert word in shown(console)


def test_without_a_terminal_each_change_is_a_line() -> None:
    console = Console(file=io.StringIO(), width=100)
    with DemoScreen(console, head="the head") as screen:
        screen.show(view(row("ap-1", "up")))
        screen.show(view(row("ap-1", "suspect")))
        screen.show(view(row("ap-1", "down", "feeder")))
        screen.show(view(row("ap-1", "down", "feeder")))
    assert shown(console).splitlines() == [
        "the head",
        "01:10  ap-1 (North Library): down, feeder, since 01:05",
    ]


def test_on_a_terminal_the_table_lives() -> None:
    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=True)
    with DemoScreen(console, head="the head") as screen:
        screen.show(view(row("ap-1", "down", "feeder")))
    assert "17 waiting on gateways" in shown(console)


def test_the_first_sight_of_a_node_is_no_change() -> None:
    before: dict[str, str] = {}
    assert change_lines(before, view(row("ap-1", "up"))) == []
    assert before == {"ap-1": "up"}


def test_the_summary_says_what_was_lost_and_what_was_missed() -> None:
    found = OutageLine("ap", "ap-1", 60, 120, 61.5, 121, "access_point", 1)
    missed = OutageLine("feeder", "f-1", 200, 260, None, None, "", 3)
    said: list[str] = []
    console = Console(file=io.StringIO(), width=120)
    print_summary(console, summary(outages=(found, missed), readings_missing=2), said.append)
    assert "01:01 to 02:01" in shown(console)
    assert "not found" in shown(console)
    assert "2 lost" in said[0]
