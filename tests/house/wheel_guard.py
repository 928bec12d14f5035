"""The wheel, alone in a fresh environment: every room is in it, is ours, and the door opens.

Run by ``make wheel`` with that environment's Python and the repository as the argument; it
imports nothing of the repository, so what it sees is what a stranger gets.
"""

import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

ROOMS = (
    "vocabulary",
    "firmware_bridge",
    "processing",
    "edge",
    "ingest",
    "dashboards",
    "simulators",
    "lamplighter",
)
LEFT_OUT = {"__pycache__"}
EXIT_USAGE, EXIT_UNAVAILABLE = 64, 69


def rooms_are_ours() -> None:
    """A room left out of the build list vanishes without a word; a common name may be taken."""
    owners = packages_distributions()
    strangers = {room: owners.get(room) for room in ROOMS if owners.get(room) != ["lamplighter"]}
    assert not strangers, f"rooms missing from the wheel, or shared: {strangers}"


def nothing_is_left_behind(house: Path) -> None:
    """Every file of every room is in the wheel, and nothing but rooms is."""
    packed = {str(path) for path in distribution("lamplighter").files or ()}
    written = {
        path.relative_to(house).as_posix()
        for room in ROOMS
        for path in (house / room).rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts) and path.suffix != ".pyc"
    }
    assert not written - packed, f"not in the wheel: {sorted(written - packed)}"
    tops = {name.split("/")[0] for name in packed if name.endswith(".py")}
    assert tops == set(ROOMS), f"in the wheel by mistake: {sorted(tops - set(ROOMS))}"


def said(*words: str) -> tuple[int, str]:
    """Exit code and all output of the installed command."""
    door = Path(sys.executable).with_name("lamplighter")
    done = subprocess.run([door, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def the_door_opens() -> None:
    """Without any extra: the help lists all rooms, and each room says what to install."""
    code, text = said("--help")
    assert code == 0, text
    for name, extra in {
        "gateway": "gateway",
        "host": "host",
        "simulate": "simulators",
        "demo": "simulators",
        "dashboards": "dashboards",
    }.items():
        assert name in text, text
        code, answer = said(name, "--help")
        asked = f"lamplighter[{extra}]" in answer
        assert code == 0 or (code == EXIT_UNAVAILABLE and asked), f"{name}: {code}\n{answer}"
    code, text = said("inventory", "check", "--help")
    assert code == 0, text
    code, text = said("no-such-room")
    assert code == EXIT_USAGE, text


if __name__ == "__main__":
    rooms_are_ours()
    nothing_is_left_behind(Path(sys.argv[1]).resolve())
    the_door_opens()
    sys.stdout.write("the wheel holds every room, and its door opens\n")
