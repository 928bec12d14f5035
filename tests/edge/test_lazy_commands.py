"""What the table names exists, says what it is for, and is not imported for the help."""

import subprocess
import sys

import click
import pytest

from edge.cli import gateway
from edge.lazy_commands import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_row_is_a_command(name: str) -> None:
    command = gateway.get_command(click.Context(gateway), name)
    assert command is not None
    assert command.name == name
    assert command.help is not None
    assert "Example: " in command.help


def test_help_lists_all_and_imports_none() -> None:
    code = (
        "import sys\n"
        "from lamplighter.cli import run\n"
        "assert run(['gateway', '--help']) == 0\n"
        "assert not {'cryptography', 'edge.doctor_cli', 'edge.provision_cli'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for name in (*COMMANDS, "run", "spool", "config"):
        assert f"  {name} " in done.stdout
    assert gateway.get_command(click.Context(gateway), "fly") is None
