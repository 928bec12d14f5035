"""The rooms are listed alike everywhere, pins are complete and bare, generated code is current."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pytest

from lamplighter import cli
from tests.house.tree import HOUSE, ROOMS, name_of

PROJECT: Final[dict[str, Any]] = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
PINS: Final = (HOUSE / "constraints.txt").read_text("utf-8").splitlines()
PROTO: Final = "vocabulary/sparkplug_b.proto"


def test_every_list_of_rooms_is_the_same_list() -> None:
    tool = PROJECT["tool"]
    layers = [
        room.strip()
        for layer in tool["importlinter"]["contracts"][0]["layers"]
        for room in layer.split("|")
    ]
    assert tool["uv"]["build-backend"]["module-name"] == list(ROOMS)
    assert tool["importlinter"]["root_packages"] == list(ROOMS)
    assert tool["importlinter"]["contracts"][-1]["ancestors"] == list(ROOMS)
    assert sorted(layers) == sorted(ROOMS)
    assert set(ROOMS) < set(tool["mypy"]["packages"])
    assert set(ROOMS) == cli.ROOMS
    assert f"ROOMS := {' '.join(ROOMS)}" in (HOUSE / "Makefile").read_text("utf-8")


def test_every_room_is_a_package() -> None:
    found = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    assert found == {*ROOMS, "tests", "bench"}


def test_a_pin_is_a_name_and_a_version() -> None:
    for line in PINS:
        requirement, _, marker = line.partition(" ; ")
        name, _, version = requirement.partition("==")
        assert name, line
        assert version, line
        assert "/" not in requirement + marker, line
        assert "@" not in requirement, line


def test_everything_we_ask_for_is_pinned() -> None:
    pinned = {line.partition("==")[0] for line in PINS}
    asked = [
        *PROJECT["project"]["dependencies"],
        *(one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra),
    ]
    names = {one.split("[")[0].split(">")[0].strip() for one in asked} - {"lamplighter"}
    assert names <= pinned


def test_the_base_and_the_gateway_ask_for_no_compiler() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    asked = " ".join([*PROJECT["project"]["dependencies"], *extras["gateway"]])
    assert "numpy" not in asked
    assert "numba" not in asked


def test_every_extra_that_the_door_names_exists() -> None:
    extras = {entry.extra for entry in cli.TABLE.values()} - {""}
    assert extras <= set(PROJECT["project"]["optional-dependencies"])


def test_the_installed_version_is_the_written_one() -> None:
    assert metadata.version("lamplighter") == PROJECT["project"]["version"]


def test_a_gateway_needs_no_compiler() -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        "sys.modules.update(numpy=None, numba=None)\n"
        "import lamplighter.cli, edge.cli, firmware_bridge, edge\n"
        "for room in (firmware_bridge, edge):\n"
        "    for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        if not found.name.endswith('__main__'):\n"
        "            importlib.import_module(found.name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOUSE)


def test_reading_the_help_opens_no_room() -> None:
    shells = set(ROOMS) - {"vocabulary", "lamplighter"}
    code = (
        "import sys\n"
        "from lamplighter.cli import run\n"
        "assert run(['--help']) == 0\n"
        f"opened = {shells!r} & set(sys.modules)\n"
        "assert not opened, opened\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOUSE, capture_output=True)


@pytest.mark.parametrize(
    "made", ["vocabulary/sparkplug_b_pb2.py", "vocabulary/sparkplug_b_pb2.pyi"]
)
def test_generated_code_is_current(made: str, tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "--proto_path=.",
        f"--python_out={tmp_path}",
        f"--pyi_out={tmp_path}",
        PROTO,
    ]
    subprocess.run(words, check=True, cwd=HOUSE, capture_output=True)
    assert (tmp_path / made).read_text("utf-8") == (HOUSE / made).read_text("utf-8"), (
        f"run `make proto`: {name_of(HOUSE / made)} is not what {PROTO} says"
    )
