"""What a person may ask of the demo."""

from pathlib import Path

import msgspec

from simulators.demo_cli import demo
from simulators.demo_options import DemoOptions


def test_every_option_of_the_command_has_its_field() -> None:
    fields = {field.name for field in msgspec.structs.fields(DemoOptions)}
    assert {option.name for option in demo.params} == fields


def test_the_commands_defaults_are_the_fields() -> None:
    assert msgspec.convert(demo.make_context("demo", []).params, DemoOptions) == DemoOptions()


def test_minutes_are_simulated_ones() -> None:
    assert DemoOptions(minutes=2.5).duration_s == 150


def test_the_command_line_becomes_options() -> None:
    words = ["--minutes", "7", "--speed", "2", "--seed", "9", "--virtual", "--json"]
    words += ["--out", "kept", "--influx", "http://127.0.0.1:1", "--port", "8"]
    chosen = msgspec.convert(demo.make_context("demo", words).params, DemoOptions)
    assert chosen == DemoOptions(
        minutes=7.0,
        speed=2.0,
        seed=9,
        virtual=True,
        as_json=True,
        out=Path("kept"),
        influx="http://127.0.0.1:1",
        port=8,
    )


def test_the_defaults_take_about_two_minutes() -> None:
    chosen = DemoOptions()
    assert 60 <= chosen.duration_s / chosen.speed <= 120
